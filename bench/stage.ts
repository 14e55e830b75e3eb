import { setTimeout as sleep } from 'node:timers/promises';
import type { ProfileName } from '@holdfast/core';
import {
  createTwoWritersDetector,
  waitFor,
  type ClientNotice,
  type HistoryVerdict,
  type LabMode,
  type WritingClient,
} from '@holdfast/lab';
import { createLabCluster, type LabCluster } from '@holdfast/lab/cluster';
import { createLeaseWatch, type LeaseWatch } from './lease-watch.ts';
import { writeEveryMs, writeMs } from './plain.ts';

/** A cluster with a client that writes all the time, on which the blows fall. */
export interface Stage {
  readonly cluster: LabCluster;
  readonly client: WritingClient;
  readonly leases: LeaseWatch;
  readonly tell: (line: string) => void;
  /** Lets everything come to rest and the client write for a while. Answers the owner and the server that waits. */
  settle(): Promise<{ readonly owner: string; readonly other: string }>;
  /** Waits for the end of the outage that a blow at `atMs` caused, without asking a daemon meanwhile. */
  outageOf(atMs: number): Promise<{ readonly fromMs: number; readonly untilMs: number }>;
  /** Ends the writing. Answers whether every acknowledged row is there, and whether ever two servers wrote at once. */
  close(): Promise<HistoryVerdict & { readonly overlaps: number }>;
  dispose(): Promise<void>;
}

const limitMs = 60_000;
/** A shorter gap is the busy machine's, not an outage. */
const shortestOutageMs = 50;
/** The blow must not always fall on the same moment of renewals and of etcd's own look at its leases (each 500 ms). */
const jitterMs = 1_000;
/** The lab's own detector looks each 5 ms, which takes a third of a core from what is measured. */
const detectEveryMs = 100;

export async function createStage(options: {
  readonly mode: LabMode;
  readonly profile: ProfileName;
  readonly tell: (line: string) => void;
  readonly onCluster: (cluster: LabCluster) => void;
}): Promise<Stage> {
  const { mode, profile, tell } = options;
  const cluster = await createLabCluster({ mode, profile, onProgress: tell });
  options.onCluster(cluster);
  // Many blows in a row are to be repaired where they fall: the policy that moves a hierarchy then is not measured.
  await cluster
    .server('server1')
    .holdfast(['set', cluster.tags.postgresql, '--attempts', '100', '--window', '1s']);
  cluster.detector.dispose();
  const { dataDirectory } = cluster.database;
  const detector = createTwoWritersDetector(cluster.boxes, { dataDirectory, everyMs: detectEveryMs });
  const ended: Extract<ClientNotice, { kind: 'outage-ended' }>[] = [];
  const client = cluster.createClient({
    intervalMs: writeEveryMs,
    noticeOutageMs: shortestOutageMs,
    onNotice: (notice) => {
      if (notice.kind === 'outage-ended') ended.push(notice);
    },
  });
  const leases = await createLeaseWatch(cluster);
  return {
    cluster,
    client,
    leases,
    tell,
    settle: async () => {
      const owner = await cluster.waitForService({ timeoutMs: limitMs });
      const other = cluster.servers.find(({ name, role }) => role === 'member' && name !== owner)?.name;
      if (other === undefined) throw new Error('there is no server to go to');
      for (const { name, role } of cluster.servers)
        if (role === 'member') await cluster.waitForServer(name, limitMs);
      await client.waitForCommits(20, limitMs);
      await sleep(writeMs + Math.random() * jitterMs);
      return { owner, other };
    },
    outageOf: async (atMs) => {
      await waitFor(() => ended.some(({ untilMs }) => untilMs > atMs), {
        what: 'the client to write again',
        timeoutMs: limitMs,
        everyMs: 20,
        describe: async () => JSON.stringify(await cluster.status().catch(String)),
      });
      // On a busy machine a small gap may come first: the longest one is the blow's.
      await cluster.waitForService({ timeoutMs: limitMs });
      await client.waitForCommits(20, limitMs);
      const [longest] = (await client.outages(shortestOutageMs))
        .flatMap(({ fromMs, untilMs }) =>
          untilMs !== undefined && untilMs > atMs ? [{ fromMs, untilMs }] : [],
        )
        .toSorted((one, other) => other.untilMs - other.fromMs - (one.untilMs - one.fromMs));
      if (!longest) throw new Error('the outage has left no trace');
      return longest;
    },
    close: async () => {
      const verdict = await client.checkHistory();
      const { overlaps, termRegressions } = await detector.report();
      return { ...verdict, overlaps: overlaps.length + termRegressions.length };
    },
    dispose: async () => {
      detector.dispose();
      await Promise.all([client.dispose(), leases.dispose()]);
      await cluster.dispose();
    },
  };
}
