import { apiRoot, apiRoutes, covers, roleNeeded, roles, type ApiRoute, type Role } from '@holdfast/contract';
import { profiles } from '@holdfast/core';
import {
  createLabServer,
  createServerBoxes,
  holdfastCommand,
  waitFor,
  type LabServer,
  type ServerBoxes,
} from '@holdfast/lab';
import { findPort } from '@holdfast/lab/ports';
import { runProgram } from '@holdfast/lab/program';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const password = 'correct horse battery';
const holders: Readonly<Record<Role, string>> = { guest: 'gus', operator: 'otto', administrator: 'anna' };
const secrets = new Map<Role, string>();

let boxes: ServerBoxes;
let server: LabServer;
let port: number;
let authority: string;

beforeAll(async () => {
  boxes = await createServerBoxes('loopback', { servers: ['server1'], withVolume: 0 });
  const box = boxes.server('server1');
  server = createLabServer(box, { role: 'member', profile: profiles.safe, onReset: () => undefined });
  const ports = [await findPort(boxes), await findPort(boxes), await findPort(boxes)];
  port = ports[0] ?? 0;
  await server.holdfast([
    ...['init', '--name', 'server1', '--address', box.address, '--process-scope', 'own'],
    ...['--service-manager', 'direct', '--address-kind', 'loopback', '--profile', 'test'],
    ...['--port', String(port), '--etcd-client-port', String(ports[1]), '--etcd-peer-port', String(ports[2])],
  ]);
  await server.start();
  await server.waitForDaemon(30_000);
  await waitFor(async () => (await server.api.status()).servers[0]?.lease === 'good', {
    what: 'a lease',
    timeoutMs: 30_000,
  });
  authority = readFileSync(path.join(box.directories.state, 'pki', 'ca.crt'), 'utf8');
}, 90_000);

afterAll(async () => {
  server?.dispose();
  await boxes?.dispose();
}, 60_000);

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Asks over the port, as a client in the network does. */
function ask(
  method: string,
  address: string,
  options: { secret?: string; body?: object } = {},
): Promise<Answer> {
  const text = options.body === undefined ? '' : JSON.stringify(options.body);
  return new Promise((resolve, reject) => {
    const sent = request({
      host: boxes.server('server1').address,
      port,
      ca: authority,
      method,
      path: `${apiRoot}${address}`,
      headers: {
        ...(text !== '' && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        ...(options.secret !== undefined && { authorization: `Bearer ${options.secret}` }),
      },
      signal: AbortSignal.timeout(20_000),
    });
    sent.on('error', reject);
    sent.on('response', (message) => {
      const parts: Buffer[] = [];
      message.on('data', (part: Buffer) => parts.push(part));
      message.on('end', () =>
        resolve({
          status: message.statusCode ?? 0,
          body: JSON.parse(Buffer.concat(parts).toString()) as Answer['body'],
        }),
      );
    });
    sent.end(text);
  });
}

test('S-02 root makes the first account over the local socket, and it signs in over the port', async () => {
  for (const role of roles) {
    await server.holdfast(['account', 'create', holders[role], '--role', role, '--password-stdin'], {
      input: password,
    });
    const { status, body } = await ask('POST', '/login', { body: { account: holders[role], password } });
    expect({ status, role: body['role'] }).toEqual({ status: 200, role });
    secrets.set(role, String(body['secret']));
  }
});

const routes: readonly ApiRoute[] = Object.values(apiRoutes);

test.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
  'S-02 %s is open to those whose role covers it, and to nobody else',
  async (_, route) => {
    const address = route.path.replaceAll(/:[a-z]+/g, 'nothing');
    // A body that no route accepts: who may ask is told what is wrong with it, and nothing is done.
    const body = route.method === 'GET' ? undefined : { surely: 'refused' };
    const needed = roleNeeded(route);
    const unknown = await ask(route.method, address, { ...(body && { body }) });
    expect(unknown.status === 401).toBe(needed !== 'anyone');
    for (const role of roles) {
      const secret = secrets.get(role) ?? '';
      // Ends the session that asks.
      if (route.path === '/logout') continue;
      const { status, body: answer } = await ask(route.method, address, { secret, ...(body && { body }) });
      const open = needed === 'anyone' || covers(role, needed);
      expect({ role, refused: [401, 403].includes(status) }, JSON.stringify(answer)).toEqual({
        role,
        refused: !open,
      });
    }
  },
);

test('S-03 the audit shows what was refused as well', async () => {
  const { body } = await ask('GET', '/audit?limit=1000', { secret: secrets.get('administrator') ?? '' });
  const records = body['records'] as readonly Record<string, unknown>[];
  expect(records).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ who: 'root', from: 'local', what: 'POST /accounts', error: null }),
      expect.objectContaining({ who: 'gus', what: 'POST /hierarchies', status: 403, error: 'HF-AUTH-003' }),
    ]),
  );
  expect(JSON.stringify(records)).not.toContain(password);
});

test('U-01 the command line signs in at a server, asks it from afar, and signs out again', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'holdfast-access-'));
  const url = `https://${boxes.server('server1').address}:${port}`;
  const holdfast = (args: readonly string[], input = '') =>
    runProgram(holdfastCommand, args, {
      timeoutMs: 30_000,
      environment: { XDG_CONFIG_HOME: home, HOME: home, LANG: 'C.UTF-8' },
      input,
    });
  const signIn = (fingerprint: string, account = 'gus') =>
    holdfast(
      ['login', url, '--account', account, '--password-stdin', '--fingerprint', fingerprint],
      password,
    );
  try {
    expect(await signIn('0'.repeat(64))).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('HF-CLUSTER-006'),
    });
    expect(await holdfast(['status', '--server', url])).toMatchObject({ code: 3 });
    expect(await signIn(new X509Certificate(authority).fingerprint256)).toMatchObject({ code: 0 });
    expect(statSync(path.join(home, 'holdfast', 'servers.json')).mode & 0o777).toBe(0o600);
    const status = await holdfast(['status', '--server', url]);
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining('server1') });
    const refused = await holdfast(['set', '--profile', 'fast', '--server', url]);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('HF-AUTH-003') });
    expect(await holdfast(['logout', url])).toMatchObject({ code: 0 });
    expect(await holdfast(['status', '--server', url])).toMatchObject({ code: 3 });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}, 60_000);
