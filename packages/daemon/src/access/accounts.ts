import {
  accountRecord,
  createError,
  type AccountBody,
  type AccountRecord,
  type Keys,
  type Role,
} from '@holdfast/contract';
import type { Compare, Store, StoreEntry } from '@holdfast/engine/ports';
import { parseRecord, putRecord } from '../cluster/records.ts';
import { hashPassword } from './password.ts';

export interface AccessDeps {
  readonly store: Store;
  readonly keys: Keys;
  /** Wall clock: what expires is judged by the server that is asked. */
  readonly wallTime: () => string;
}

interface Found {
  readonly entry: StoreEntry;
  readonly record: AccountRecord;
}

const mostAccounts = 200;
const attempts = 5;

export async function findAccount({ store, keys }: AccessDeps, name: string): Promise<Found | undefined> {
  const key = keys.account(name);
  const entry = (await store.read(key)).entries.find((one) => one.key === key);
  return entry && { entry, record: parseRecord(accountRecord, entry) };
}

export async function listAccounts({ store, keys }: AccessDeps): Promise<readonly AccountBody[]> {
  const { entries } = await store.read(keys.accounts);
  return entries.map((entry) => toBody(parseRecord(accountRecord, entry)));
}

/** Rejects with HF-AUTH-005 (name taken) or -008 (too many). */
export async function createAccount(
  deps: AccessDeps,
  asked: { readonly name: string; readonly role: Role; readonly password: string },
): Promise<AccountBody> {
  const { store, keys } = deps;
  const { name, role, password } = asked;
  const count = (await store.read(keys.accounts)).entries.length;
  if (count >= mostAccounts) throw createError('HF-AUTH-008', { count, what: 'accounts' });
  const passwordHash = await hashPassword(password);
  const record = { name, role, passwordHash, generation: 0, createdAt: deps.wallTime() };
  const key = keys.account(name);
  const made = await store.commit({ compare: [{ key, is: 'absent' }], write: [putRecord(key, record)] });
  if (!made) throw createError('HF-AUTH-005', { account: name });
  return toBody(record);
}

/** A new password ends the sessions and tokens that the account has. Rejects with HF-AUTH-006. */
export async function changeAccount(
  deps: AccessDeps,
  name: string,
  change: { readonly role?: Role | undefined; readonly password?: string | undefined },
): Promise<AccountBody> {
  const passwordHash = change.password === undefined ? undefined : await hashPassword(change.password);
  const changed = await rewrite(deps, name, (record) => ({
    ...record,
    role: change.role ?? record.role,
    ...(passwordHash !== undefined && { passwordHash, generation: record.generation + 1 }),
  }));
  return toBody(changed);
}

/** Its sessions and tokens end with it: they are looked up together. Rejects with HF-AUTH-006. */
export async function deleteAccount(deps: AccessDeps, name: string): Promise<void> {
  const { store, keys } = deps;
  const key = keys.account(name);
  const deleted = await store.commit({ compare: [{ key, is: 'present' }], write: [{ delete: key }] });
  if (!deleted) throw createError('HF-AUTH-006', { account: name });
}

async function rewrite(
  deps: AccessDeps,
  name: string,
  change: (record: AccountRecord) => AccountRecord,
): Promise<AccountRecord> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const found = await findAccount(deps, name);
    if (!found) throw createError('HF-AUTH-006', { account: name });
    const { key, modRevision } = found.entry;
    const record = change(found.record);
    const compare: Compare[] = [{ key, is: 'unchanged', modRevision }];
    if (await deps.store.commit({ compare, write: [putRecord(key, record)] })) return record;
  }
  throw createError('HF-STORE-006', { attempts });
}

function toBody({ name, role, createdAt }: Omit<AccountRecord, 'formatVersion'>): AccountBody {
  return { name, role, createdAt };
}
