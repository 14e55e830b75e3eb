import { chooseLabMode, instantMs, waitFor, type WritingClient } from '@holdfast/lab';
import { createLabCluster, type LabCluster, type LabClusterOptions } from '@holdfast/lab/cluster';
import type { LabServer } from '@holdfast/lab/lab-server';
import { readCommandLine, readCwd, readStat, sendSignal, type ProcessStat } from '@holdfast/lab/processes';
import { expect } from 'vitest';

/** A cluster for the tests of one file, as real as this machine allows. */
export async function createTestCluster(options: Partial<LabClusterOptions> = {}): Promise<LabCluster> {
  const mode = options.mode ?? (await chooseLabMode());
  return createLabCluster({ profile: 'test', ...options, mode });
}

/** How long the service may take to come back after any single fault, on a slow machine. */
export const recoveryMs = 40_000;

export interface Written {
  readonly client: WritingClient;
  /** Waits until the client's writes are acknowledged again. */
  flows(): Promise<void>;
}

/**
 * Runs `act` while a client writes, and judges the client's history afterwards: every acknowledged row is there once,
 * nothing else is, and at no instant two servers were active on the volume.
 */
export async function whileWriting<T>(
  cluster: Pick<LabCluster, 'createClient' | 'detector'>,
  act: (written: Written) => Promise<T>,
): Promise<T> {
  const client = cluster.createClient();
  try {
    await client.waitForCommits(20, recoveryMs);
    const result = await act({ client, flows: () => client.waitForCommits(20, recoveryMs) });
    await client.waitForCommits(20, recoveryMs);
    const history = await client.checkHistory();
    expect(history.committed).toBeGreaterThanOrEqual(40);
    const { lost, duplicated, invented, interleaved } = history;
    expect({ lost, duplicated, invented, interleaved }).toEqual({
      lost: [],
      duplicated: [],
      invented: [],
      interleaved: [],
    });
    const { overlaps, frozenOverlaps, termRegressions } = await cluster.detector.report();
    expect({ overlaps, frozenOverlaps, termRegressions }).toEqual({
      overlaps: [],
      frozenOverlaps: [],
      termRegressions: [],
    });
    return result;
  } finally {
    await client.dispose();
  }
}

/** The server that has the hierarchy in service now. */
export async function ownerOf(cluster: LabCluster): Promise<LabServer> {
  return cluster.server(await cluster.waitForService({ timeoutMs: recoveryMs }));
}

export function otherThan(cluster: LabCluster, owner: LabServer): LabServer {
  const other = cluster.servers.find(({ name, role }) => role === 'member' && name !== owner.name);
  if (!other) throw new Error('the cluster has one server only');
  return other;
}

/** Brings every server back and the hierarchy to `server1`, so that each test begins alike. */
export async function restoreOrder(cluster: LabCluster): Promise<void> {
  for (const server of cluster.servers) {
    if (server.box.state() === 'frozen') await server.box.thaw();
    await server.start();
    if (cluster.boxes.network) await server.box.heal();
  }
  for (const { name, role } of cluster.servers)
    if (role === 'member') await cluster.waitForServer(name, recoveryMs);
  if ((await cluster.waitForService({ timeoutMs: recoveryMs })) === 'server1') return;
  await cluster.server('server1').holdfast(['in-service', cluster.tags.postgresql, '--on', 'server1']);
  await cluster.waitForService({ on: 'server1', timeoutMs: recoveryMs });
}

/** The processes of the database cluster on a server, the postmaster first. */
export function postgresOf(
  cluster: Pick<LabCluster, 'database'>,
  server: Pick<LabServer, 'box'>,
): readonly ProcessStat[] {
  const found = server.box
    .processes()
    .filter(({ pid }) => readCwd(pid)?.endsWith(cluster.database.dataDirectory) === true)
    .filter(({ name }) => name === 'postgres');
  const pids = new Set(found.map(({ pid }) => pid));
  return [...found].sort((a, b) => Number(pids.has(a.parent)) - Number(pids.has(b.parent)));
}

export function postmasterOf(
  cluster: Pick<LabCluster, 'database'>,
  server: Pick<LabServer, 'box' | 'name'>,
): ProcessStat {
  const [postmaster] = postgresOf(cluster, server);
  if (!postmaster) throw new Error(`no postmaster runs on ${server.name}`);
  return postmaster;
}

/** A process of the server whose command line has these words. */
export function processOf(server: Pick<LabServer, 'box' | 'name'>, ...words: readonly string[]): ProcessStat {
  const found = server.box
    .processes()
    .filter(({ pid }) => words.every((word) => readCommandLine(pid).includes(word)));
  const [first] = found;
  if (!first) throw new Error(`no process ${words.join(' ')} on ${server.name}`);
  return first;
}

export function daemonOf(server: Pick<LabServer, 'box' | 'name'>): ProcessStat {
  return processOf(server, 'cli/src/main.mjs', 'run');
}

export function guardOf(server: Pick<LabServer, 'box' | 'name'>): ProcessStat {
  return processOf(server, 'daemon/src/guard/main.ts', '--run-dir');
}

/** Waits for the guard that comes after `before`. */
export async function anotherGuard(server: LabServer, before: ProcessStat): Promise<void> {
  const found = (): boolean => {
    const pids = server.box
      .processes()
      .filter(({ pid }) => readCommandLine(pid).includes('daemon/src/guard/main.ts'));
    return pids.some(({ pid }) => pid !== before.pid);
  };
  await waitFor(found, { what: 'another guard', timeoutMs: recoveryMs });
}

export async function termOf(cluster: Pick<LabCluster, 'status'>): Promise<number> {
  const [hierarchy] = (await cluster.status()).hierarchies;
  return hierarchy?.owner?.term ?? 0;
}

export function etcdOf(server: Pick<LabServer, 'box' | 'name'>): ProcessStat {
  return processOf(server, 'etcd', '--data-dir');
}

export function kill(...processes: readonly ProcessStat[]): void {
  for (const one of processes) sendSignal(one, 'SIGKILL');
}

export function signalAll(processes: readonly ProcessStat[], signal: NodeJS.Signals): void {
  for (const one of processes) {
    sendSignal(one, signal);
    // nsenter, by which the harness starts a server's processes, stops itself with its child and does not wake with it.
    const parent = signal === 'SIGCONT' ? readStat(one.parent) : undefined;
    if (parent?.name === 'nsenter') sendSignal(parent, signal);
  }
}

export async function gone(process: ProcessStat, timeoutMs = recoveryMs): Promise<void> {
  await waitFor(() => readStat(process.pid)?.startTicks !== process.startTicks, {
    what: `the end of process ${process.pid}`,
    timeoutMs,
  });
}

/** Waits for an event with this code after the instant `since` of this machine's clock. */
export async function eventAfter(
  cluster: Pick<LabCluster, 'events'>,
  since: number,
  code: string,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await waitFor(
    async () => {
      const events = await cluster.events().catch(() => []);
      return events.some(
        (event) =>
          event.code === code &&
          (event.instant ?? 0) >= since &&
          Object.entries(facts).every(([name, value]) => event.facts[name] === value),
      );
    },
    {
      what: `event ${code}`,
      timeoutMs: recoveryMs,
      everyMs: 50,
      describe: async () =>
        (await cluster.events())
          .map(({ code: one, server }) => `${server}:${one}`)
          .slice(-40)
          .join(' '),
    },
  );
}

export { instantMs };
