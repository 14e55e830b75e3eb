import {
  admissionRecord,
  createError,
  lesserRole,
  type AdmissionRecord,
  type ApiTokenBody,
  type Role,
} from '@holdfast/contract';
import type { StoreEntry } from '@holdfast/engine/ports';
import { createHash, randomBytes } from 'node:crypto';
import { parseRecord, putRecord } from '../cluster/records.ts';
import { findAccount, type AccessDeps } from './accounts.ts';
import { isPassword } from './password.ts';

/** Who asks, and what they may do. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
  /** `local`: over the local socket, which only the daemon's own user may open. */
  readonly by: 'local' | 'session' | 'token';
  readonly from: string;
  readonly expiresAt: string | undefined;
}

/** A session ends after this time, however much it is used. */
export const sessionMs = 12 * 3_600_000;
const mostAdmissions = 2_000;
/** A hash that no password has: an unknown account takes as long as a known one. */
const nobodysHash = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Signs a person in. Rejects with HF-AUTH-002, the same for an unknown account and a wrong password. */
export async function openSession(
  deps: AccessDeps,
  shown: { readonly account: string; readonly password: string },
): Promise<{ readonly secret: string; readonly record: Admission }> {
  const found = await findAccount(deps, shown.account);
  const fits = await isPassword(shown.password, found?.record.passwordHash ?? nobodysHash);
  if (!found || !fits) throw createError('HF-AUTH-002', {});
  const { name: account, role, generation } = found.record;
  return admit(deps, { kind: 'session', account, role, generation, note: '', validForMs: sessionMs });
}

/** Makes a token for a program, which may do no more than its account. Rejects with HF-AUTH-006 or -008. */
export async function createApiToken(
  deps: AccessDeps,
  asked: {
    readonly account: string;
    readonly role: Role;
    readonly note: string;
    readonly validForMs: number;
  },
): Promise<{ readonly secret: string; readonly record: Admission }> {
  const found = await findAccount(deps, asked.account);
  if (!found) throw createError('HF-AUTH-006', { account: asked.account });
  return admit(deps, { ...asked, kind: 'token', generation: found.record.generation });
}

type Admission = Omit<AdmissionRecord, 'formatVersion'>;

async function admit(
  deps: AccessDeps,
  asked: Omit<Admission, 'id' | 'createdAt' | 'expiresAt'> & { readonly validForMs: number },
): Promise<{ readonly secret: string; readonly record: Admission }> {
  const { store, keys } = deps;
  const createdAt = deps.wallTime();
  const { entries } = await store.read(keys.admissions);
  const over = entries.filter((entry) => isOver(parseRecord(admissionRecord, entry), createdAt));
  const count = entries.length - over.length;
  if (count >= mostAdmissions) throw createError('HF-AUTH-008', { count, what: 'sessions and tokens' });
  const secret = `hf_${randomBytes(32).toString('base64url')}`;
  const { validForMs, ...rest } = asked;
  const expiresAt = new Date(Date.parse(createdAt) + validForMs).toISOString();
  const record = { ...rest, id: randomBytes(8).toString('hex'), createdAt, expiresAt };
  await store.commit({
    compare: [],
    write: [
      ...over.slice(0, 100).map(({ key }) => ({ delete: key })),
      putRecord(keys.admission(hashOf(secret)), record),
    ],
  });
  return { secret, record };
}

/**
 * Who holds this secret. `undefined` for one that is unknown, has expired, or whose account is gone or has a new password.
 * Rejects with the store's errors: what cannot be looked up admits nobody.
 */
export async function findCaller(
  deps: AccessDeps,
  secret: string,
  from: string,
): Promise<Caller | undefined> {
  const found = await findAdmission(deps, secret);
  if (!found || isOver(found.record, deps.wallTime())) return undefined;
  const { account: name, role, generation, kind, expiresAt } = found.record;
  const account = await findAccount(deps, name);
  if (!account || account.record.generation !== generation) return undefined;
  return { name, role: lesserRole(role, account.record.role), by: kind, from, expiresAt };
}

/** Ends a session; ending what is not there is done. */
export async function closeSession({ store, keys }: AccessDeps, secret: string): Promise<void> {
  await store.commit({ compare: [], write: [{ delete: keys.admission(hashOf(secret)) }] });
}

/** The tokens of one account, or of all. */
export async function listApiTokens(
  deps: AccessDeps,
  account: string | undefined,
): Promise<readonly ApiTokenBody[]> {
  const tokens = await readTokens(deps);
  return tokens
    .filter(({ record }) => account === undefined || record.account === account)
    .map(({ record }) => toTokenBody(record));
}

/** Rejects with HF-AUTH-007, also for a token of somebody else than `account`. */
export async function deleteApiToken(
  deps: AccessDeps,
  id: string,
  account: string | undefined,
): Promise<void> {
  const found = (await readTokens(deps)).find(
    ({ record }) => record.id === id && (account === undefined || record.account === account),
  );
  if (!found) throw createError('HF-AUTH-007', { token: id });
  await deps.store.commit({ compare: [], write: [{ delete: found.entry.key }] });
}

export function toTokenBody({ id, account, role, note, createdAt, expiresAt }: Admission): ApiTokenBody {
  return { id, account, role, note, createdAt, expiresAt };
}

interface FoundAdmission {
  readonly entry: StoreEntry;
  readonly record: AdmissionRecord;
}

async function readTokens({ store, keys }: AccessDeps): Promise<readonly FoundAdmission[]> {
  const { entries } = await store.read(keys.admissions);
  return entries
    .map((entry) => ({ entry, record: parseRecord(admissionRecord, entry) }))
    .filter(({ record }) => record.kind === 'token');
}

async function findAdmission(
  { store, keys }: AccessDeps,
  secret: string,
): Promise<FoundAdmission | undefined> {
  const key = keys.admission(hashOf(secret));
  const entry = (await store.read(key)).entries.find((one) => one.key === key);
  return entry && { entry, record: parseRecord(admissionRecord, entry) };
}

function isOver({ expiresAt }: Pick<Admission, 'expiresAt'>, now: string): boolean {
  return Date.parse(expiresAt) <= Date.parse(now);
}

/** 256 random bits need no slow hash: they cannot be guessed. */
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
