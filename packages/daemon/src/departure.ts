import { createError, type ServerFile } from '@holdfast/contract';
import type { Reason } from '@holdfast/core';
import type { Engine } from '@holdfast/engine';
import type { Identity } from './certificates/identity.ts';
import { askStanding, putAside } from './cluster/index.ts';
import { endOwnMember } from './etcd/member.ts';
import { createGuardLink, type GuardLinkOptions } from './guard/link.ts';
import { describeIssued, type Pki } from './pki/index.ts';

/** How a daemon ends: alone, as the last deed of a server that has left, or because it was taken out of the cluster. */
export type End = 'ended' | 'left' | 'removed';

/** Milliseconds of an unanswering store after which the other servers are asked, and between two such questions. */
const askEveryMs = 5_000;

export interface Departure {
  readonly end: Promise<End>;
  begin(end: End): void;
}

export function createDeparture(signal: AbortSignal): Departure {
  const { promise, resolve } = Promise.withResolvers<End>();
  if (signal.aborted) resolve('ended');
  signal.addEventListener('abort', () => resolve('ended'), { once: true });
  return { end: promise, begin: resolve };
}

/** The serial numbers with which this server can prove who it is. */
export function serialsOf(pki: Pki): readonly string[] {
  return describeIssued(pki).map(({ serial }) => serial);
}

/** Do the others say that this server was taken out? Where nobody answers it is taken for one of them (S5). */
export async function wasRemoved({ contacts }: ServerFile, pki: Pki): Promise<boolean> {
  return await askStanding(contacts, { authority: pki.caCertificate, serials: serialsOf(pki) });
}

/**
 * Asks the others while the store does not answer: a server whose certificates were revoked can read nothing that would say
 * so. Returns how to end it.
 */
export function watchStanding(watched: {
  readonly engine: Pick<Engine, 'state'>;
  readonly now: () => number;
  readonly file: () => ServerFile;
  readonly identity: Pick<Identity, 'current'>;
  readonly departure: Departure;
}): () => void {
  const { engine, now, file, identity, departure } = watched;
  let asking = false;
  const look = async (): Promise<void> => {
    const seenAt = engine.state().snapshotAt ?? Number.NEGATIVE_INFINITY;
    if (asking || now() - seenAt < askEveryMs) return;
    asking = true;
    const removed = await wasRemoved(file(), identity.current()).catch(() => false);
    asking = false;
    if (removed) departure.begin('removed');
  };
  const timer = setInterval(() => void look(), askEveryMs).unref();
  return () => clearInterval(timer);
}

/**
 * The end of a server that was taken out while its daemon was down: whatever of it still runs is stopped, its guard and its
 * etcd member end, and nothing is started. Rejects when something cannot be stopped; the next start tries again.
 */
export async function endWhatIsLeft(
  file: ServerFile,
  own: { readonly guard: GuardLinkOptions; readonly stateDirectory: string; readonly runDirectory: string },
): Promise<void> {
  const guard = createGuardLink(own.guard);
  try {
    await guard.start();
    await guard.release();
  } finally {
    guard.close();
  }
  if (file.etcd.kind === 'embedded') await endOwnMember(own);
}

/** What is left to do when nothing of the server runs any more. Throws HF-CLUSTER-056 where it did not ask to go. */
export async function closeFor(
  end: Exclude<End, 'ended'>,
  file: ServerFile,
  own: { readonly stateDirectory: string; readonly report: (reason: Reason) => void },
): Promise<void> {
  const { cluster, server } = file;
  const directory = await putAside(own.stateDirectory, { cluster, server, at: new Date() });
  if (end === 'removed') throw createError('HF-CLUSTER-056', { server, cluster, directory });
  own.report({ code: 'server-left', facts: { server, cluster, directory } });
}
