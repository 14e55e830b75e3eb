import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { instantMs } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { readCommandLine, type ProcessStat } from '@holdfast/lab/processes';

/** What some processes of one server use while nothing happens. */
export interface IdleFigures {
  /** Resident memory, summed: pages that they share (mostly Node's program itself) count in each. MiB. */
  readonly rssMb: number;
  /** What they take of a server's memory: pages that they share count once. MiB. */
  readonly residentMb: number;
  /** Pages divided by all that share them, which here are the processes of all servers: too little. MiB. */
  readonly pssMb: number;
  /** Of one core, with the programs that they ran meanwhile. */
  readonly cpuPercent: number;
}

export interface IdleServer {
  readonly server: string;
  readonly part: 'owner' | 'standby' | 'witness';
  /** Daemon and guard together. */
  readonly holdfast: IdleFigures;
  readonly etcd: IdleFigures;
}

const settleMs = 20_000;
const measureMs = 60_000;
/** Clock ticks of /proc/PID/stat: 100 each second on Linux (sysconf(3), _SC_CLK_TCK). */
const msPerTick = 10;

/** Measures every server at once, with no client and nobody who asks the daemons. */
export async function measureIdle(cluster: LabCluster, owner: string): Promise<readonly IdleServer[]> {
  await sleep(settleMs);
  const groups = cluster.servers.map(({ name, role, box }) => {
    const processes = box.processes();
    const find = (...words: readonly string[]): readonly ProcessStat[] =>
      processes.filter(({ pid }) => words.every((word) => readCommandLine(pid).includes(word)));
    const daemon = find('cli/src/main.mjs', 'run');
    const guard = find('daemon/src/guard/main.ts', '--run-dir');
    const etcd = find('etcd', '--data-dir');
    if (daemon.length !== 1 || guard.length !== 1 || etcd.length !== 1)
      throw new Error(`${name} does not run one daemon, one guard and one etcd member`);
    const part = role === 'witness' ? role : name === owner ? 'owner' : 'standby';
    return { name, part, holdfast: [...daemon, ...guard], etcd } as const;
  });
  const before = groups.map(({ holdfast, etcd }) => [cpuMs(holdfast), cpuMs(etcd)] as const);
  const startedAt = instantMs();
  await sleep(measureMs);
  const tookMs = instantMs() - startedAt;
  return groups.map(({ name, part, holdfast, etcd }, index) => {
    const [own, member] = before[index] ?? [0, 0];
    return {
      server: name,
      part,
      holdfast: { ...memoryOf(holdfast), cpuPercent: (100 * (cpuMs(holdfast) - own)) / tookMs },
      etcd: { ...memoryOf(etcd), cpuPercent: (100 * (cpuMs(etcd) - member)) / tookMs },
    };
  });
}

/** Time of the processors for these and for their children that have ended (proc_pid_stat(5), fields 14 to 17). */
function cpuMs(processes: readonly ProcessStat[]): number {
  const ticks = processes.map(({ pid }) => {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  });
  return ticks.reduce((sum, one) => sum + one, 0) * msPerTick;
}

function memoryOf(processes: readonly ProcessStat[]): Omit<IdleFigures, 'cpuPercent'> {
  const maps = processes.map(({ pid }) => {
    const text = readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'latin1');
    const read = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
    const shared = read('Shared_Clean') + read('Shared_Dirty');
    return { rss: read('Rss'), pss: read('Pss'), shared };
  });
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  // They run the same program: what the smaller one shares, the larger one shares too.
  const sharedMb = Math.max(...maps.map(({ shared }) => shared));
  return {
    rssMb: sum(maps.map(({ rss }) => rss)),
    residentMb: sum(maps.map(({ rss, shared }) => rss - shared)) + sharedMb,
    pssMb: sum(maps.map(({ pss }) => pss)),
  };
}
