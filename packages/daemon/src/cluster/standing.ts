import {
  certificateSerial,
  recordFormat,
  revocationRecord,
  serverRecord,
  type Keys,
} from '@holdfast/contract';
import type { Snapshot } from '@holdfast/engine';
import type { Store } from '@holdfast/engine/ports';
import { z } from 'zod';
import { postTo } from './contact.ts';
import { parseRecord } from './records.ts';
import { parseInput } from './setup.ts';
import type { Contact } from './token.ts';

/** Where any server is asked whether certificates still stand. Who does not know a serial learns nothing. */
export const standingPath = '/cluster/v1/standing';

const mostSerials = 8;
const askMs = 2_000;
const mostContacts = 32;

const standingRequest = z.strictObject({
  formatVersion: z.literal(recordFormat),
  serials: z.array(certificateSerial).min(1).max(mostSerials),
});
const standingAnswer = z.strictObject({ formatVersion: z.literal(recordFormat), removed: z.boolean() });

/**
 * Answers a server whose certificates may open nothing any more, not even etcd: were all of them revoked? It needs no
 * certificate to ask. Throws HF-API-001 for another form, and the store's errors: without etcd nobody is told anything.
 */
export async function answerStanding(
  body: unknown,
  { store, keys }: { readonly store: Store; readonly keys: Keys },
): Promise<z.infer<typeof standingAnswer>> {
  const { serials } = parseInput(standingRequest, body);
  const { entries } = await store.read(keys.config);
  const revoked = new Map(entries.map((entry) => [entry.key, entry]));
  const isVoid = (serial: string): boolean => {
    const entry = revoked.get(keys.revoked(serial));
    if (!entry) return false;
    const owner = revoked.get(keys.server(parseRecord(revocationRecord, entry).server));
    const record = owner && parseRecord(serverRecord, owner);
    return record?.certificates.every((one) => one.serial !== serial) ?? true;
  };
  return { formatVersion: recordFormat, removed: serials.every(isVoid) };
}

/**
 * Asks the other servers, all at once, whether this one was taken out of the cluster. Their certificates prove that they are
 * of it. True only by the word of one of them; when nobody answers, nothing is known (S5).
 */
export async function askStanding(
  contacts: readonly Contact[],
  own: { readonly authority: string; readonly serials: readonly string[] },
): Promise<boolean> {
  const { authority, serials } = own;
  const body = { formatVersion: recordFormat, serials };
  const answers = await Promise.allSettled(
    contacts.slice(0, mostContacts).map(async (contact) => {
      const options = { path: standingPath, authority, body, timeoutMs: askMs };
      return standingAnswer.parse(await postTo(contact, options)).removed;
    }),
  );
  return answers.some((answer) => answer.status === 'fulfilled' && answer.value);
}

/** By a look at the store: this server is not of the configuration, or its name belongs to another machine now. */
export function isRemoved(
  { view, configRevision, revoked }: Pick<Snapshot, 'view' | 'configRevision' | 'revoked'>,
  own: { readonly server: string; readonly serials: readonly string[] },
): boolean {
  // Before the first server has registered itself there is nothing to be removed from.
  if (configRevision === 0) return false;
  const record = view.servers[own.server];
  if (!record) return true;
  const valid = new Set(record.certificates.map(({ serial }) => serial));
  return own.serials.every((serial) => revoked[serial] !== undefined && !valid.has(serial));
}
