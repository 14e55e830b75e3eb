import { because, type Reason } from '@holdfast/core';
import type { ProcessView } from '../host.ts';
import { placeOf, type Cluster } from './cluster.ts';
import { readControlFile } from './control-file.ts';
import { observeFamily } from './identity.ts';

/** What a starting server shows from outside. Two samples that are equal in all of it stand still (K-15). */
export interface StartSample {
  /** What the start-up process says it does, such as "recovering 000000010000000000000003". */
  readonly doing: string;
  readonly redo: string;
  readonly controlChecksum: number;
  readonly cpuTicks: number;
  readonly ioBytes: number;
}

/**
 * Samples a start. Only the start-up process, and a checkpointer that writes, count: the postmaster is also busy with
 * clients that it turns away, and idle processes wake up now and then. Before there is any, `first` counts: the
 * service's own process, which may be a wrapper that prepares something.
 */
export async function sampleStart(cluster: Cluster, first: ProcessView | undefined): Promise<StartSample> {
  const { host, parameters } = cluster;
  const family = await observeFamily(host.processes, placeOf(parameters));
  const startup = family.children.find((view) => / startup\b/.test(view.title));
  const checkpointer = family.children.find((view) => / checkpointer\b/.test(view.title));
  const worker = startup ?? first;
  const work = worker && (await host.processes.activity(worker));
  const writing = checkpointer && (await host.processes.activity(checkpointer));
  const control = await readControlFile(host.files, parameters.dataDirectory).catch(() => undefined);
  return {
    doing: [startup, checkpointer]
      .map((view) => doingOf(view?.title))
      .join(' ')
      .trim(),
    redo: control?.redo ?? '',
    controlChecksum: control?.checksum ?? 0,
    cpuTicks: work?.cpuTicks ?? 0,
    ioBytes: (work?.ioBytes ?? 0) + (writing?.ioBytes ?? 0),
  };
}

function doingOf(title: string | undefined): string {
  return (
    /(recovering|waiting for) [0-9A-F]{24}|performing [a-z -]+|syncing [a-z ]+/.exec(title ?? '')?.[0] ?? ''
  );
}

export function isProgress(before: StartSample, now: StartSample): boolean {
  return (
    before.doing !== now.doing ||
    before.controlChecksum !== now.controlChecksum ||
    before.cpuTicks !== now.cpuTicks ||
    before.ioBytes !== now.ioBytes
  );
}

/** Where a start is, for people. */
export function describeStart(sample: StartSample, elapsedMs: number, stillMs: number): Reason {
  return because('starting', {
    doing: sample.doing || 'starting',
    redo: sample.redo,
    elapsedMs: Math.round(elapsedMs),
    stillMs: Math.round(stillMs),
  });
}
