import type {
  Desired,
  FailureMark,
  Hierarchy,
  Operation,
  Owner,
  Reason,
  Server,
  Session,
  StoreView,
} from '@holdfast/core';
import type {
  CertificateSerial,
  CommunicationPath,
  HierarchyStatus,
  Revocation,
  Settings,
} from '@holdfast/core';
import {
  desiredRecord,
  failureRecord,
  hierarchyRecord,
  operationRecord,
  ownerRecord,
  pathRecord,
  recordFormat,
  revisionRecord,
  revocationRecord,
  serverRecord,
  sessionRecord,
  settingsRecord,
  statusRecord,
  termRecord,
  type Keys,
} from '@holdfast/contract';
import type { z } from 'zod';
import type { StoreEntry, Write } from './ports.ts';

/** The store at one revision: what decisions are made from, and the revisions that commits compare with. */
export interface Snapshot {
  readonly view: StoreView;
  readonly settings: Settings | undefined;
  readonly statuses: readonly HierarchyStatus[];
  readonly revoked: Readonly<Record<CertificateSerial, Revocation>>;
  /** Counts the changes of the configuration (H-01). */
  readonly configRevision: number;
  /** Modification revision of every key; a key that is not here is absent. */
  readonly modRevisions: ReadonlyMap<string, number>;
}

type UnreadRecord = Reason & { readonly code: 'record-not-understood' | 'record-of-newer-format' };

/** A record that this program cannot read: it was written by a newer one, or damaged. Nothing is decided from such a store. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
  readonly reason: UnreadRecord;
  constructor(reason: UnreadRecord, cause?: unknown) {
    super(`record cannot be used: ${reason.code}`, { cause });
    this.reason = reason;
  }
}

type Parsed =
  | { readonly kind: 'server'; readonly value: Server }
  | { readonly kind: 'path'; readonly value: CommunicationPath }
  | { readonly kind: 'hierarchy'; readonly value: Hierarchy }
  | { readonly kind: 'revocation'; readonly of: string; readonly value: Revocation }
  | { readonly kind: 'settings'; readonly value: Settings }
  | { readonly kind: 'revision'; readonly value: number }
  | { readonly kind: 'desired'; readonly of: string; readonly value: Desired }
  | { readonly kind: 'term'; readonly of: string; readonly value: z.infer<typeof termRecord> }
  | { readonly kind: 'owner'; readonly of: string; readonly value: Owner }
  | { readonly kind: 'session'; readonly value: Session }
  | { readonly kind: 'failure'; readonly value: FailureMark }
  | { readonly kind: 'operation'; readonly value: Operation }
  | { readonly kind: 'status'; readonly value: HierarchyStatus }
  | { readonly kind: 'other' };

/** Reads snapshots, and parses only what has changed since the last one. */
export function createSnapshotReader(
  keys: Keys,
): (revision: number, entries: readonly StoreEntry[]) => Snapshot {
  let cache = new Map<string, { readonly modRevision: number; readonly parsed: Parsed }>();
  return (revision, entries) => {
    const next: typeof cache = new Map();
    for (const entry of entries) {
      const old = cache.get(entry.key);
      const parsed = old?.modRevision === entry.modRevision ? old.parsed : parseEntry(keys, entry);
      next.set(entry.key, { modRevision: entry.modRevision, parsed });
    }
    cache = next;
    return assemble(
      revision,
      entries,
      [...next.values()].map(({ parsed }) => parsed),
    );
  };
}

function parseEntry(keys: Keys, entry: Pick<StoreEntry, 'key' | 'value'>): Parsed {
  const [area = '', second = '', third = ''] = entry.key.slice(keys.prefix.length).split('/');
  const json = parseJson(entry);
  try {
    switch (area === 'config' ? `config/${second}` : area) {
      case 'config/servers':
        return { kind: 'server', value: withoutFormat(serverRecord.parse(json)) };
      case 'config/paths':
        return { kind: 'path', value: withoutFormat(pathRecord.parse(json)) };
      case 'config/hierarchies':
        return { kind: 'hierarchy', value: withoutFormat(hierarchyRecord.parse(json)) };
      case 'config/revoked':
        return { kind: 'revocation', of: third, value: withoutFormat(revocationRecord.parse(json)) };
      case 'config/settings':
        return { kind: 'settings', value: withoutFormat(settingsRecord.parse(json)) };
      case 'config/revision':
        return { kind: 'revision', value: revisionRecord.parse(json).revision };
      case 'desired':
        return { kind: 'desired', of: second, value: toDesired(desiredRecord.parse(json)) };
      case 'terms':
        return { kind: 'term', of: second, value: termRecord.parse(json) };
      case 'owners':
        return { kind: 'owner', of: second, value: withoutFormat(ownerRecord.parse(json)) };
      case 'sessions':
        return { kind: 'session', value: withoutFormat(sessionRecord.parse(json)) };
      case 'failures':
        return { kind: 'failure', value: withoutFormat(failureRecord.parse(json)) };
      case 'operations':
        return { kind: 'operation', value: toOperation(operationRecord.parse(json)) };
      case 'status':
        return { kind: 'status', value: toStatus(statusRecord.parse(json)) };
      default:
        return { kind: 'other' };
    }
  } catch (cause) {
    throw new RecordError({ code: 'record-not-understood', facts: { key: entry.key, third } }, cause);
  }
}

/** The format's number is looked at before anything else: a newer record may look like anything. */
function parseJson(entry: Pick<StoreEntry, 'key' | 'value'>): unknown {
  let json: unknown;
  try {
    json = JSON.parse(entry.value);
  } catch (cause) {
    throw new RecordError({ code: 'record-not-understood', facts: { key: entry.key } }, cause);
  }
  const format =
    typeof json === 'object' && json !== null && 'formatVersion' in json ? json.formatVersion : undefined;
  if (typeof format === 'number' && format > recordFormat)
    throw new RecordError({
      code: 'record-of-newer-format',
      facts: { key: entry.key, found: format, understood: recordFormat },
    });
  return json;
}

/** The format is the store's business: inside, a record is what the model says. */
function withoutFormat<R extends { readonly formatVersion: number }>(record: R): Omit<R, 'formatVersion'> {
  const { formatVersion: _, ...rest } = record;
  return rest;
}

function toDesired(record: ReturnType<typeof desiredRecord.parse>): Desired {
  if (record.kind === 'out-of-service')
    return { kind: record.kind, operation: record.operation, by: record.by };
  const { kind, operation, target, from, confirmed, chosen, kept } = record;
  return { kind, operation, target, from, confirmed, chosen, kept };
}

function toOperation(record: ReturnType<typeof operationRecord.parse>): Operation {
  const { id, kind, hierarchy, target, state, by, at, reason } = record;
  return { id, kind, hierarchy, target, state, by, at, reason };
}

function toStatus(record: ReturnType<typeof statusRecord.parse>): HierarchyStatus {
  const instances = Object.entries(record.instances).map(
    ([tag, { state, reason }]) => [tag, { state, reason }] as const,
  );
  const { server, hierarchy, incarnation } = record;
  return { server, hierarchy, incarnation, instances: Object.fromEntries(instances) };
}

function assemble(revision: number, entries: readonly StoreEntry[], parsed: readonly Parsed[]): Snapshot {
  const pick = <K extends Parsed['kind']>(kind: K): readonly Extract<Parsed, { kind: K }>[] =>
    parsed.filter((one): one is Extract<Parsed, { kind: K }> => one.kind === kind);
  const view: StoreView = {
    revision,
    settings: pick('settings')[0]?.value,
    servers: byName(pick('server').map(({ value }) => [value.name, value])),
    paths: pick('path').map(({ value }) => value),
    hierarchies: byName(pick('hierarchy').map(({ value }) => [value.id, value])),
    desired: byName(pick('desired').map(({ of, value }) => [of, value])),
    terms: byName(pick('term').map(({ of, value }) => [of, value.term])),
    lastOwners: byName(
      pick('term').flatMap(({ of, value }) => (value.server === undefined ? [] : [[of, value.server]])),
    ),
    owners: byName(pick('owner').map(({ of, value }) => [of, value])),
    sessions: byName(pick('session').map(({ value }) => [value.server, value])),
    failures: pick('failure').map(({ value }) => value),
    operations: byName(pick('operation').map(({ value }) => [value.id, value])),
  };
  return {
    view,
    settings: view.settings,
    statuses: pick('status').map(({ value }) => value),
    revoked: byName(pick('revocation').map(({ of, value }) => [of, value])),
    configRevision: pick('revision')[0]?.value ?? 0,
    modRevisions: new Map(entries.map((entry) => [entry.key, entry.modRevision])),
  };
}

function byName<T>(pairs: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries(pairs);
}

/**
 * The store as a transaction of configuration will leave it, for judging what is to be part of the same transaction. Its
 * revisions stay those of the store: they are what the transaction compares with.
 */
export function foreseeConfiguration(keys: Keys, snapshot: Snapshot, writes: readonly Write[]): Snapshot {
  let { view } = snapshot;
  for (const write of writes) {
    if (!('put' in write)) continue;
    const parsed = parseEntry(keys, { key: write.put, value: write.value });
    view = withWritten(view, parsed);
  }
  return { ...snapshot, view, settings: view.settings };
}

function withWritten(view: StoreView, written: Parsed): StoreView {
  switch (written.kind) {
    case 'settings':
      return { ...view, settings: written.value };
    case 'server':
      return { ...view, servers: { ...view.servers, [written.value.name]: written.value } };
    case 'path':
      return { ...view, paths: [...view.paths.filter(({ id }) => id !== written.value.id), written.value] };
    case 'hierarchy':
      return { ...view, hierarchies: { ...view.hierarchies, [written.value.id]: written.value } };
    case 'desired':
      return { ...view, desired: { ...view.desired, [written.of]: written.value } };
    case 'term':
      return { ...view, terms: { ...view.terms, [written.of]: written.value.term } };
    default:
      return view;
  }
}
