import { auditRecord, recordFormat, type AuditBody, type AuditRecord, type Keys } from '@holdfast/contract';
import type { Store, StoreEntry } from '@holdfast/engine/ports';
import { maskSecrets } from '../exec/mask-secrets.ts';
import { deleteOldest } from '../delete-oldest.ts';

/** Records kept; the oldest are deleted when there are a tenth more. */
const mostKept = 5_000;
const mostAskedChars = 2_000;
const secretName = /password|secret|token|^old$/i;

export interface AuditLog {
  /** Resolves when the record is in the store. What cannot be written goes to `lost`, whole. */
  add(record: Omit<AuditRecord, 'formatVersion'>): Promise<void>;
  /** The last `limit` records after the id `since`, oldest first. */
  read(options: {
    readonly since: string | undefined;
    readonly limit: number;
    readonly search: string | undefined;
  }): Promise<readonly AuditBody[]>;
}

/** What was asked for by whom, and what came of it, kept for the whole cluster (S-03). */
export function createAuditLog(options: {
  readonly store: Store;
  readonly keys: Keys;
  readonly lost: (record: Omit<AuditRecord, 'formatVersion'>, error: unknown) => void;
}): AuditLog {
  const { store, keys, lost } = options;
  let sequence = 0;

  async function add(record: Omit<AuditRecord, 'formatVersion'>): Promise<void> {
    sequence += 1;
    const time = String(Date.parse(record.at)).padStart(15, '0');
    const key = keys.auditRecord(`${time}-${record.server}-${String(sequence).padStart(8, '0')}`);
    const value = JSON.stringify({ formatVersion: recordFormat, ...record });
    try {
      await store.commit({ compare: [], write: [{ put: key, value }] });
      if (sequence % (mostKept / 10) === 0) await deleteOldest(store, keys.audit, mostKept);
    } catch (error) {
      lost(record, error);
    }
  }

  async function read({
    since,
    limit,
    search,
  }: Parameters<AuditLog['read']>[0]): Promise<readonly AuditBody[]> {
    const { entries } = await store.read(keys.audit);
    const wanted = search?.toLowerCase();
    return entries
      .flatMap((entry) => parseAudit(keys, entry))
      .filter((record) => !since || record.id > since)
      .filter((record) => !wanted || JSON.stringify(record).toLowerCase().includes(wanted))
      .slice(-limit);
  }

  return { add, read };
}

/** A record that cannot be read is passed over: it informs people, and nothing is decided from it. */
function parseAudit(keys: Keys, entry: StoreEntry): AuditBody[] {
  let json: unknown;
  try {
    json = JSON.parse(entry.value);
  } catch {
    return [];
  }
  const parsed = auditRecord.safeParse(json);
  if (!parsed.success) return [];
  const { formatVersion: _, ...record } = parsed.data;
  return [{ id: entry.key.slice(keys.audit.length), ...record }];
}

/** What was asked as text, without anything secret and not too long. */
export function describeAsked(body: unknown): string {
  if (body === undefined || body === null) return '';
  const text = JSON.stringify(body, hideSecret) ?? '';
  return text.length <= mostAskedChars ? text : `${text.slice(0, mostAskedChars)}…`;
}

function hideSecret(name: string, value: unknown): unknown {
  if (secretName.test(name)) return '***';
  return name === 'command' && Array.isArray(value) ? maskSecrets(value.map(String)) : value;
}
