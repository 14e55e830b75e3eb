import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createError, joinTokenRecord, type Keys } from '@holdfast/contract';
import type { WallTime } from '@holdfast/core';
import type { Store, StoreEntry } from '@holdfast/engine/ports';
import { z } from 'zod';
import { fingerprintOf } from '../pki/inspect.ts';
import { Secret } from '../pki/secret.ts';
import { parseRecord, putRecord, readMembership, type ServerRecord } from './records.ts';

/** Whoever holds a token may make one server a member, once, for as long as this. */
export const tokenValidityMs = 3_600_000;

/** Milliseconds for the first server of a cluster to register itself. */
const registrationMs = 10_000;
const lookAgainMs = 100;
const secretBytes = 32;
const maxTokens = 64;
const maxContacts = 16;
const maxTokenLength = 8_192;

/** Where a member answers. */
export interface Contact {
  readonly address: string;
  readonly port: number;
}

/**
 * What a token says: who can be asked, how the cluster is known, and the secret that proves the invitation.
 */
export interface JoinToken {
  readonly id: string;
  readonly secret: Secret;
  readonly contacts: readonly Contact[];
  /** SHA-256 of the cluster authority's certificate. */
  readonly fingerprint: string;
}

export const tokenId = z.string().regex(/^[0-9a-f]{16}$/);
export const tokenSecret = z.string().regex(/^[0-9a-f]{64}$/);

const tokenText = z.strictObject({
  v: z.literal(1),
  id: tokenId,
  secret: tokenSecret,
  at: z
    .array(z.tuple([z.union([z.ipv4(), z.ipv6()]), z.int().min(1).max(65_535)]))
    .min(1)
    .max(maxContacts),
  ca: z.string().regex(/^[0-9a-f]{64}$/),
});

/**
 * Makes a token with which one server can join (S-01): a random secret of 256 bits, of which the store keeps
 * only the hash. Tokens that have expired are cleared away on this occasion.
 *
 * Expiry is judged by the wall clock of the server that is asked to admit; two servers' clocks that differ
 * prolong or shorten a token by as much, which decides nothing else. Throws HF-CLUSTER-019, HF-API-004 and the
 * store's errors.
 */
export async function createJoinToken(deps: {
  readonly store: Store;
  readonly keys: Keys;
  readonly caCertificate: string;
  readonly validForMs?: number;
  /** The dead server whose place is given away. */
  readonly replaces?: string;
  readonly now?: Date;
}): Promise<{ readonly token: string; readonly expiresAt: WallTime }> {
  const { store, keys, caCertificate, validForMs = tokenValidityMs, now = new Date(), replaces } = deps;
  const servers = await waitForMembers(store, keys);
  const tokens = (await store.read(keys.joinTokens)).entries;
  const expired = tokens.filter((entry) => isExpired(entry, now));
  const waiting = tokens.length - expired.length;
  if (waiting >= maxTokens) throw createError('HF-CLUSTER-019', { tokens: waiting });
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(secretBytes).toString('hex');
  const expiresAt = new Date(now.getTime() + validForMs).toISOString();
  await store.commit({
    compare: [],
    write: [
      ...expired.map(({ key }) => ({ delete: key })),
      putRecord(keys.joinToken(id), { id, secretSha256: hashOf(secret), expiresAt, replaces }),
    ],
  });
  // A witness cannot admit anybody: it does not hold the authority's key.
  const at = servers
    .filter(({ role }) => role === 'member')
    .flatMap(({ addresses, port }) => addresses.map((address): [string, number] => [address, port]));
  const text = { v: 1, id, secret, at: at.slice(0, maxContacts), ca: fingerprintOf(caCertificate) } as const;
  return { token: Buffer.from(JSON.stringify(tokenText.parse(text))).toString('base64url'), expiresAt };
}

/** A first server that has just been started registers itself as soon as its etcd member has a leader. */
async function waitForMembers(store: Store, keys: Keys): Promise<readonly ServerRecord[]> {
  const deadline = performance.now() + registrationMs;
  for (;;) {
    const { servers } = await readMembership(store, keys);
    if (servers.some(({ role }) => role === 'member')) return servers;
    if (performance.now() >= deadline)
      throw createError('HF-API-004', { problem: 'no server of the cluster is registered' });
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
  }
}

/**
 * Reads what `holdfast token` printed. Throws HF-CLUSTER-004, which does not repeat the text: it holds a
 * secret.
 */
export function parseJoinToken(text: string): JoinToken {
  if (text.length > maxTokenLength) throw createError('HF-CLUSTER-004', { problem: 'it is too long' });
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(text.trim(), 'base64url').toString('utf8'));
  } catch {
    throw createError('HF-CLUSTER-004', { problem: 'it is cut off or mistyped' });
  }
  const parsed = tokenText.safeParse(json);
  if (!parsed.success) throw createError('HF-CLUSTER-004', { problem: 'it has another form' });
  const { id, secret, at, ca } = parsed.data;
  const contacts = at.map(([address, port]) => ({ address, port }));
  return { id, secret: new Secret(secret), contacts, fingerprint: ca };
}

/**
 * Finds the record of a token that may still be used. Throws HF-CLUSTER-003, the same for one that is
 * unknown, used, expired or shown with a wrong secret: who guesses learns nothing.
 */
export async function findToken(
  store: Store,
  keys: Keys,
  shown: { readonly id: string; readonly secret: string; readonly now: Date },
): Promise<StoreEntry> {
  const key = keys.joinToken(shown.id);
  const entry = (await store.read(key)).entries.find((found) => found.key === key);
  if (!entry || isExpired(entry, shown.now)) throw createError('HF-CLUSTER-003', {});
  const kept = Buffer.from(parseRecord(joinTokenRecord, entry).secretSha256, 'hex');
  if (!timingSafeEqual(kept, Buffer.from(hashOf(shown.secret), 'hex')))
    throw createError('HF-CLUSTER-003', {});
  return entry;
}

function isExpired(entry: StoreEntry, now: Date): boolean {
  return Date.parse(parseRecord(joinTokenRecord, entry).expiresAt) <= now.getTime();
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
