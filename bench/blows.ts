import { instantMs } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { splitOutage, type OutageSplit } from '@holdfast/lab/outage-split';
import { readCwd, sendSignal, type ProcessStat } from '@holdfast/lab/processes';
import type { Stage } from './stage.ts';
import { eventsSince, stepsOf, type Step, type TimedEvent } from './timeline.ts';

/** One blow. Times in milliseconds; an outage ends with the first acknowledged write at the floating address. */
export interface BlowRun {
  readonly outageMs: number;
  readonly split: OutageSplit;
  readonly steps: readonly Step[];
}

export interface PowerLossRun extends BlowRun {
  /** From the loss of power until etcd ended the lease of that server. */
  readonly leaseEndMs: number;
  /** Was etcd's leader on that server too? Then etcd prolongs every lease first. */
  readonly leaderLost: boolean;
}

/** The owner's server loses its power. The outage counts from that instant. */
export async function measurePowerLoss(stage: Stage): Promise<PowerLossRun> {
  const { cluster, leases, tell } = stage;
  const { owner, other } = await stage.settle();
  const leaderLost = (await leases.leader()) === owner;
  const { atMs } = await cluster.server(owner).box.powerOff();
  const { untilMs } = await stage.outageOf(atMs);
  const leaseEndMs = (await leases.endOf(owner, atMs)) - atMs;
  const run = await describe(stage, { fromMs: atMs, untilMs, blowMs: atMs, to: other });
  await cluster.server(owner).start();
  tell(
    `power loss of ${owner}: ${format(run.outageMs)} ms, lease until ${format(leaseEndMs)} ms` +
      `${leaderLost ? ", with etcd's leader" : ''}; ${formatSplit(run.split)}`,
  );
  return { ...run, leaseEndMs, leaderLost };
}

/** An operator moves the hierarchy. The outage counts from the last write acknowledged before to the first after. */
export async function measureSwitchover(stage: Stage): Promise<BlowRun> {
  const { cluster, tell } = stage;
  const { owner, other } = await stage.settle();
  const atMs = instantMs();
  await cluster.server(owner).holdfast(['in-service', cluster.tags.postgresql, '--on', other]);
  const outage = await stage.outageOf(atMs);
  const run = await describe(stage, { ...outage, blowMs: atMs, to: other });
  tell(`switchover from ${owner}: ${format(run.outageMs)} ms; ${formatSplit(run.split)}`);
  return run;
}

/** `kill -9` of the postmaster alone. The outage counts from that instant. */
export async function measureCrash(stage: Stage): Promise<BlowRun> {
  const { cluster, tell } = stage;
  const { owner } = await stage.settle();
  const postmaster = findPostmaster(cluster, owner);
  const atMs = instantMs();
  sendSignal(postmaster, 'SIGKILL');
  const { untilMs } = await stage.outageOf(atMs);
  const run = await describe(stage, { fromMs: atMs, untilMs, blowMs: atMs, to: owner });
  tell(`kill -9 of the postmaster on ${owner}: ${format(run.outageMs)} ms; ${formatSplit(run.split)}`);
  return run;
}

/** The process of the family whose parent is none of it. */
function findPostmaster({ server, database }: LabCluster, owner: string): ProcessStat {
  const family = server(owner)
    .box.processes()
    .filter(
      ({ pid, name }) => name === 'postgres' && readCwd(pid)?.endsWith(database.dataDirectory) === true,
    );
  const pids = new Set(family.map(({ pid }) => pid));
  const postmaster = family.find(({ parent }) => !pids.has(parent));
  if (!postmaster) throw new Error(`no postmaster runs on ${owner}`);
  return postmaster;
}

interface OutageAfterBlow {
  readonly blowMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Where the service is afterwards. */
  readonly to: string;
}

async function describe(
  { cluster }: Stage,
  { blowMs, fromMs, untilMs, to }: OutageAfterBlow,
): Promise<BlowRun> {
  const isLast = ({ code, tag, server, instant }: TimedEvent): boolean =>
    code === 'restored' && tag === cluster.tags.postgresql && server === to && instant > fromMs;
  const events = await eventsSince(cluster, { sinceMs: blowMs, until: isLast });
  // What had begun when the last write was acknowledged is what the outage begins with.
  const justInside = fromMs + 0.001;
  const inside = events.map((event) => ({ ...event, instant: Math.max(event.instant, justInside) }));
  const split = splitOutage({ fromMs, untilMs }, inside, cluster.tags);
  const steps = [
    ...stepsOf(events, { sinceMs: fromMs, to }),
    { what: 'first write', atMs: untilMs - fromMs },
  ];
  return { outageMs: untilMs - fromMs, split, steps };
}

function formatSplit({ detectionMs, arbitrationMs, volumeMs, postgresqlMs }: OutageSplit): string {
  return (
    `detection ${format(detectionMs)}, arbitration ${format(arbitrationMs)}, ` +
    `volume and address ${format(volumeMs)}, PostgreSQL ${format(postgresqlMs)}`
  );
}

function format(ms: number): string {
  return ms.toFixed(0);
}
