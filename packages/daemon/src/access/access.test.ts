import { apiRoot, createErrorAnswer, createKeys, isCodedError } from '@holdfast/contract';
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createStore } from '../etcd/store.ts';
import { startTestCluster, type TestCluster } from '../etcd/testing.ts';
import { createAccount, type AccessDeps } from './accounts.ts';
import { createAuditLog } from './audit.ts';
import { addGate, noteFailure, type Gate } from './gate.ts';
import { hashPassword, isPassword } from './password.ts';
import { addAccessRoutes } from './routes.ts';

let etcd: TestCluster;
let access: AccessDeps;
let api: FastifyInstance;
let clock = '2026-01-01T00:00:00.000Z';
let clusters = 0;

beforeAll(async () => {
  etcd = await startTestCluster(1);
});
afterAll(async () => etcd.close());

const password = 'correct horse battery';

beforeEach(async () => {
  const store = createStore(etcd.gateway({ callTimeoutMs: 2_000 }));
  clusters += 1;
  clock = '2026-01-01T00:00:00.000Z';
  access = { store, keys: createKeys(`test${clusters}`), wallTime: () => clock };
  api = openApi('port');
  await createAccount(access, { name: 'anna', role: 'administrator', password });
  await createAccount(access, { name: 'otto', role: 'operator', password });
  await createAccount(access, { name: 'gus', role: 'guest', password });
});

function openApi(entrance: Gate['entrance']): FastifyInstance {
  const { store, keys } = access;
  const audit = createAuditLog({ store, keys, lost: (record) => expect.fail(JSON.stringify(record)) });
  const made = Fastify();
  const gate: Gate = { entrance, server: 'server1', access, audit };
  addGate(made, gate);
  addAccessRoutes(made, gate);
  made.setErrorHandler((error, request, reply) => {
    if (!isCodedError(error)) throw error;
    noteFailure(request, error.code);
    const { status, body } = createErrorAnswer(error, 'en');
    return reply.code(status).send(body);
  });
  return made;
}

async function ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, more: InjectOptions = {}) {
  const answer = await api.inject({ method, url: `${apiRoot}${path}`, ...more });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>(), headers: answer.headers };
}

async function signIn(account: string): Promise<string> {
  const { body } = await ask('POST', '/login', { payload: { account, password } });
  return String(body['secret']);
}

function bearing(secret: string, payload?: object): InjectOptions {
  return { headers: { authorization: `Bearer ${secret}` }, ...(payload && { payload }) };
}

test('S-02 a password is kept as argon2id with a salt of its own, and only it opens the account', async () => {
  const [one, two] = await Promise.all([hashPassword(password), hashPassword(password)]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(one).not.toBe(two);
  expect(await isPassword(password, one)).toBe(true);
  expect(await isPassword(`${password}!`, one)).toBe(false);
  expect(await isPassword(password, 'nonsense')).toBe(false);
});

test('S-02 without signing in there is no answer, and an unknown account reads like a wrong password', async () => {
  expect(await ask('GET', '/me')).toMatchObject({ status: 401, body: { code: 'HF-AUTH-001' } });
  const wrong = await ask('POST', '/login', { payload: { account: 'anna', password: 'wrong password' } });
  const unknown = await ask('POST', '/login', { payload: { account: 'nobody', password } });
  expect(wrong.status).toBe(401);
  expect(unknown.body).toEqual(wrong.body);
});

test('S-02 a session says who asks and what they may do, until it is ended', async () => {
  const secret = await signIn('otto');
  expect(await ask('GET', '/me', bearing(secret))).toMatchObject({
    status: 200,
    body: { name: 'otto', role: 'operator', by: 'session' },
  });
  expect(await ask('GET', '/accounts', bearing(secret))).toMatchObject({
    status: 403,
    body: { code: 'HF-AUTH-003', facts: { held: 'operator', needed: 'administrator' } },
  });
  await ask('POST', '/logout', bearing(secret));
  expect((await ask('GET', '/me', bearing(secret))).status).toBe(401);
});

test('S-02 a session expires', async () => {
  const secret = await signIn('otto');
  clock = '2026-01-01T11:59:59.000Z';
  expect((await ask('GET', '/me', bearing(secret))).status).toBe(200);
  clock = '2026-01-01T12:00:00.000Z';
  expect((await ask('GET', '/me', bearing(secret))).status).toBe(401);
});

test('S-02 a new password, a lesser role and a deletion count at once', async () => {
  const admin = await signIn('anna');
  const secret = await signIn('otto');
  await ask('PATCH', '/accounts/otto', bearing(admin, { role: 'guest' }));
  expect((await ask('GET', '/me', bearing(secret))).body['role']).toBe('guest');
  await ask('PATCH', '/accounts/otto', bearing(admin, { password: 'another passphrase' }));
  expect((await ask('GET', '/me', bearing(secret))).status).toBe(401);
  const guest = await signIn('gus');
  await ask('DELETE', '/accounts/gus', bearing(admin));
  expect((await ask('GET', '/me', bearing(guest))).status).toBe(401);
});

test('S-02 whoever changes the own password proves the old one', async () => {
  const secret = await signIn('gus');
  const next = 'a longer passphrase';
  const wrong = await ask('PATCH', '/me', bearing(secret, { old: 'wrong password', password: next }));
  expect(wrong.status).toBe(401);
  const right = await ask('PATCH', '/me', bearing(secret, { old: password, password: next }));
  expect(right.status).toBe(200);
  expect((await ask('POST', '/login', { payload: { account: 'gus', password: next } })).status).toBe(200);
});

test('S-02 an API token may do no more than its account, and is shown once', async () => {
  const secret = await signIn('otto');
  const made = await ask('POST', '/api-tokens', bearing(secret, { role: 'administrator', note: 'backup' }));
  const token = String(made.body['secret']);
  expect((await ask('GET', '/me', bearing(token))).body).toMatchObject({ role: 'operator', by: 'token' });
  const listed = await ask('GET', '/api-tokens', bearing(secret));
  expect(listed.body['tokens']).toMatchObject([{ account: 'otto', note: 'backup' }]);
  expect(JSON.stringify(listed.body)).not.toContain(token);
  const gus = await signIn('gus');
  expect((await ask('DELETE', `/api-tokens/${String(made.body['id'])}`, bearing(gus))).status).toBe(404);
  await ask('DELETE', `/api-tokens/${String(made.body['id'])}`, bearing(secret));
  expect((await ask('GET', '/me', bearing(token))).status).toBe(401);
});

test('S-02 guessing is slowed down, also with the right password in between', async () => {
  const attempt = (shown: string) => ask('POST', '/login', { payload: { account: 'anna', password: shown } });
  for (let failed = 0; failed < 5; failed += 1) expect((await attempt('wrong password')).status).toBe(401);
  expect(await attempt(password)).toMatchObject({ status: 429, body: { code: 'HF-AUTH-004' } });
});

test('S-02 a cookie alone changes nothing: the page of somebody else cannot use it', async () => {
  const { headers } = await ask('POST', '/login', { payload: { account: 'anna', password } });
  const set = String(headers['set-cookie']);
  expect(set).toMatch(/HttpOnly; Secure; SameSite=Strict/);
  const cookie = set.split(';')[0] ?? '';
  expect((await ask('GET', '/accounts', { headers: { cookie } })).status).toBe(200);
  expect((await ask('DELETE', '/accounts/gus', { headers: { cookie } })).status).toBe(401);
  const asked = await ask('DELETE', '/accounts/gus', { headers: { cookie, 'x-requested-by': 'console' } });
  expect(asked.status).toBe(200);
});

test('S-02 on the local socket everybody is the administrator', async () => {
  api = openApi('local');
  expect((await ask('GET', '/me')).body).toMatchObject({ name: 'root', role: 'administrator', by: 'local' });
});

test('S-03 every change leaves a record of who, from where, what and what came of it, without the secret', async () => {
  const admin = await signIn('anna');
  const guest = await signIn('gus');
  const neu = { name: 'ida', role: 'guest', password: 'a secret passphrase' };
  await ask('POST', '/accounts', bearing(admin, neu));
  await ask('POST', '/accounts', bearing(guest, { ...neu, name: 'ilse' }));
  const { body } = await ask('GET', '/audit', bearing(admin));
  const records = body['records'] as readonly Record<string, unknown>[];
  expect(records).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        who: 'anna',
        from: '127.0.0.1',
        what: 'POST /accounts',
        status: 200,
        error: null,
      }),
      expect.objectContaining({ who: 'gus', what: 'POST /accounts', status: 403, error: 'HF-AUTH-003' }),
      expect.objectContaining({ who: 'anna', what: 'POST /login', status: 200 }),
    ]),
  );
  expect(JSON.stringify(records)).not.toContain('passphrase');
  expect(JSON.stringify(records)).not.toContain(password);
});
