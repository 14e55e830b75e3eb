import type { LabCluster } from './cluster.ts';
import { killPostgres, startServer, switchOver } from './demo-actions.ts';
import type { Story } from './demo-story.ts';
import { instantMs, waitFor } from './deadline.ts';
import { splitOutage, type OutageSplit, type TimedEvent } from './outage-split.ts';
import type { WritingClient } from './writing-client.ts';

/**
 * One event of the played demo, as the report has it. Times in milliseconds; `null` where nothing was
 * interrupted.
 */
export interface PlayedEvent {
  readonly name: 'local-recovery' | 'switchover' | 'power-loss' | 'return-of-the-server';
  readonly from: string;
  readonly to: string;
  /** The hierarchy was in service again, and the client's writes were acknowledged. */
  readonly inService: boolean;
  readonly outageMs: number | null;
  readonly split: OutageSplit | null;
}

export interface PlayedDemo {
  readonly events: readonly PlayedEvent[];
  readonly committed: number;
  readonly unknown: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly invented: number;
  /** Instants with two servers active on the volume. */
  readonly overlaps: number;
}

interface Stage {
  readonly cluster: LabCluster;
  readonly client: WritingClient;
  readonly story: Story;
}

interface Play {
  readonly name: PlayedEvent['name'];
  readonly words: string;
  readonly interrupts: boolean;
  act(): Promise<{ readonly from: string; readonly to: string }>;
}

const limits = { timeoutMs: 30_000, everyMs: 50 };
const furtherCommits = 100;
/** The client itself waits so long now and then on a busy machine; what is shorter is no outage. */
const noiseMs = 150;

/** Plays local recovery, switchover, power loss with failover, and the return of the lost server. */
export async function playOnce(stage: Stage): Promise<PlayedDemo> {
  const { cluster, client } = stage;
  const events: PlayedEvent[] = [];
  for (const play of plays(cluster)) {
    const lost = cluster.servers.filter(({ box }) => box.state() === 'off').map(({ name }) => name);
    for (const { name } of cluster.servers)
      if (!lost.includes(name)) await cluster.waitForServer(name, limits.timeoutMs);
    events.push(await playEvent(stage, play));
  }
  const verdict = await client.checkHistory();
  const report = await cluster.detector.report();
  return {
    events,
    committed: verdict.committed,
    unknown: verdict.unknown,
    lost: verdict.lost.length,
    duplicated: verdict.duplicated.length,
    invented: verdict.invented.length + verdict.interleaved.length,
    overlaps: report.overlaps.length + report.termRegressions.length,
  };
}

function plays(cluster: LabCluster): readonly Play[] {
  const owner = async (): Promise<string> => cluster.waitForService({ timeoutMs: limits.timeoutMs });
  let lost = '';
  return [
    {
      name: 'local-recovery',
      words: 'kill -9 of PostgreSQL with all its processes',
      interrupts: true,
      act: async () => {
        const at = await killPostgres(cluster);
        return { from: at, to: at };
      },
    },
    {
      name: 'switchover',
      words: 'an operator moves the hierarchy to the other server',
      interrupts: true,
      act: () => switchOver(cluster),
    },
    {
      name: 'power-loss',
      words: 'the server that runs the hierarchy loses its power',
      interrupts: true,
      act: async () => {
        lost = await owner();
        const other = cluster.servers.find(({ name, role }) => role === 'member' && name !== lost);
        await cluster.server(lost).box.powerOff();
        return { from: lost, to: other?.name ?? '' };
      },
    },
    {
      name: 'return-of-the-server',
      words: 'the lost server comes back',
      interrupts: false,
      act: async () => {
        const at = await owner();
        await startServer(cluster, lost);
        await cluster.waitForServer(lost, limits.timeoutMs);
        return { from: at, to: at };
      },
    },
  ];
}

async function playEvent(stage: Stage, play: Play): Promise<PlayedEvent> {
  const { cluster, client, story } = stage;
  story.tell(`--- ${play.words}`);
  const startedMs = instantMs();
  const { from, to } = await play.act();
  const event = { name: play.name, from, to };
  try {
    // Writes that were acknowledged after the blow come from the server that goes on.
    await client.waitForCommits(furtherCommits, limits.timeoutMs);
    await cluster.waitForService({ on: to, timeoutMs: limits.timeoutMs });
  } catch (error) {
    story.tell(`${play.name}: not in service again: ${String(error)}`);
    return { ...event, inService: false, outageMs: null, split: null };
  }
  const gaps = await client.outages(noiseMs);
  const [longest] = gaps
    .filter(({ untilMs }) => untilMs === undefined || untilMs > startedMs)
    .toSorted((one, other) => other.lengthMs - one.lengthMs);
  if (longest?.untilMs === undefined) return { ...event, inService: true, outageMs: null, split: null };
  const outage = { fromMs: longest.fromMs, untilMs: longest.untilMs };
  const told = play.interrupts ? await eventsOf(cluster, outage) : [];
  const split = splitOutage(outage, told, cluster.tags);
  return { ...event, inService: true, outageMs: longest.lengthMs, split };
}

/**
 * The cluster's events of an outage. They are written a moment after they happened: waits for the last one.
 */
async function eventsOf(
  cluster: LabCluster,
  outage: { readonly fromMs: number; readonly untilMs: number },
): Promise<readonly TimedEvent[]> {
  const isLast = ({ code, tag, instant }: TimedEvent): boolean =>
    (code === 'restored' || code === 'recovered') &&
    tag === cluster.tags.postgresql &&
    instant > outage.fromMs;
  let found: readonly TimedEvent[] = [];
  await waitFor(
    async () => {
      found = (await cluster.events()).flatMap(({ code, tag, instant }) =>
        instant === undefined ? [] : [{ code, tag, instant }],
      );
      return found.some(isLast);
    },
    { what: 'the events of the outage', ...limits },
  );
  return found;
}
