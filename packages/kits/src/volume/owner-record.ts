import { z } from 'zod';
import { allow, refuse, type Verdict } from '@holdfast/core';
import { HostError, type Host } from '../host.ts';
import type { KitContext } from '../kit.ts';

/** The file at the root of a volume that says who had it last. It stays when the volume goes out of service. */
export const ownerFileName = '.holdfast-owner';

const formatVersion = 1;

const ownerRecord = z.object({
  formatVersion: z.literal(formatVersion),
  cluster: z.string(),
  hierarchy: z.string(),
  tag: z.string(),
  server: z.string(),
  incarnation: z.string(),
  bootId: z.string(),
  term: z.int().min(0),
  /** Wall-clock time, for people. */
  at: z.string(),
});

/** Who brought the volume in service last, in which term: the storage's own word on ownership (DESIGN 3). */
export type OwnerRecord = z.infer<typeof ownerRecord>;

/** A record as it was found. */
export type FoundRecord =
  | { readonly state: 'absent' }
  | { readonly state: 'found'; readonly record: OwnerRecord }
  /** Written by a newer Holdfast, or not by Holdfast at all: it says nothing, so nothing may be concluded (S5). */
  | { readonly state: 'newer'; readonly formatVersion: number }
  | { readonly state: 'damaged' };

export function parseOwnerRecord(text: string | undefined): FoundRecord {
  if (text === undefined) return { state: 'absent' };
  const parsed = parseJson(text);
  const record = ownerRecord.safeParse(parsed);
  if (record.success) return { state: 'found', record: record.data };
  const version = z.object({ formatVersion: z.int() }).safeParse(parsed);
  if (version.success && version.data.formatVersion > formatVersion) {
    return { state: 'newer', formatVersion: version.data.formatVersion };
  }
  return { state: 'damaged' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function ownerPath(root: string): string {
  return `${root}/${ownerFileName}`;
}

/** Reads the record from the cache. {@link HostError} when the disk does not answer. */
export async function readOwnerRecord(host: Host, root: string): Promise<FoundRecord> {
  return parseOwnerRecord(await host.files.read(ownerPath(root)));
}

/** Who wants the volume. */
export type Claim = Pick<
  KitContext<unknown>,
  'cluster' | 'hierarchy' | 'tag' | 'server' | 'incarnation' | 'term'
>;

/**
 * May this claim take the volume, by what the storage remembers? The second barrier beside the lease: a record with a
 * greater term was written by an owner that came after this one. That holds for one resource whichever hierarchy it was in: a
 * hierarchy that takes it over begins with a term above all before (S4). Terms of another cluster, and of another hierarchy
 * around another resource, count differently and are not compared: such a volume is refused.
 */
export function judgeOwnerRecord(found: FoundRecord, claim: Claim, path: string): Verdict {
  switch (found.state) {
    case 'absent':
      return allow();
    case 'newer':
      return refuse('volume-record-newer', { path, formatVersion: found.formatVersion });
    case 'damaged':
      return refuse('volume-record-damaged', { path });
    case 'found':
      return judgeFound(found.record, claim, path);
    default:
      return found satisfies never;
  }
}

function judgeFound(record: OwnerRecord, claim: Claim, path: string): Verdict {
  const { cluster, hierarchy, server, term } = record;
  if (cluster !== claim.cluster) return refuse('volume-of-another-cluster', { path, cluster, server });
  if (hierarchy !== claim.hierarchy && record.tag !== claim.tag) {
    return refuse('volume-of-another-hierarchy', { path, hierarchy, server });
  }
  if (term > claim.term || (term === claim.term && server !== claim.server)) {
    return refuse('volume-held-by-newer-term', { path, server, term, ownTerm: claim.term });
  }
  return allow();
}

/**
 * Writes this server's record and reads it back past the cache. Throws {@link HostError} `volume-record-not-kept` when
 * the disk shows something else.
 */
export async function writeOwnerRecord(
  context: Claim & { readonly host: Host },
  root: string,
  timeoutMs: number,
): Promise<void> {
  const { host, cluster, hierarchy, tag, server, incarnation, term } = context;
  const record: OwnerRecord = {
    formatVersion,
    cluster,
    hierarchy,
    tag,
    server,
    incarnation,
    bootId: host.bootId,
    term,
    at: host.clock.wallTime(),
  };
  const text = `${JSON.stringify(record)}\n`;
  const path = ownerPath(root);
  await host.files.write(path, text, { mode: 0o644 });
  if ((await host.volumes.readDirect(path, timeoutMs)) !== text) {
    throw new HostError('volume-record-not-kept', { path });
  }
}

/** Was the volume brought in service by this life of this server? An unknown incarnation of ours proves nothing else. */
export function judgeOwnRecord(
  found: FoundRecord,
  self: { readonly server: string; readonly incarnation: string },
  path: string,
): Verdict {
  switch (found.state) {
    case 'absent':
      return refuse('volume-record-missing', { path });
    case 'newer':
    case 'damaged':
      return refuse('volume-record-damaged', { path });
    case 'found': {
      const { server, incarnation, term } = found.record;
      if (server !== self.server) return refuse('volume-taken', { path, server, term });
      const isOurs = self.incarnation === '' || incarnation === self.incarnation;
      return isOurs ? allow() : refuse('volume-of-another-life', { path, term });
    }
    default:
      return found satisfies never;
  }
}
