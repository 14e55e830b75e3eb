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
  /** The client's history, compared with the table; `null` where that could not be read. */
  readonly committed: number | null;
  readonly unknown: number | null;
  readonly lost: number | null;
  readonly duplicated: number | null;
  readonly invented: number | null;
  /** Times in which two servers were active on the volume, and terms that went back. */
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
    const event = await playEvent(stage, play);
    events.push(event);
    // What comes after needs a cluster that works.
    if (!event.inService) break;
  }
  const report = await cluster.detector.report();
  const overlaps = report.overlaps.length + report.termRegressions.length;
  const verdict = await client.checkHistory().catch((error: unknown) => {
    stage.story.tell(`the client's history cannot be checked: ${String(error)}`);
  });
  return {
    events,
    committed: verdict?.committed ?? null,
    unknown: verdict?.unknown ?? null,
    lost: verdict?.lost.length ?? null,
    duplicated: verdict?.duplicated.length ?? null,
    invented: verdict ? verdict.invented.length + verdict.interleaved.length : null,
    overlaps,
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
  let place = { from: '', to: '' };
  const startedMs = instantMs();
  try {
    for (const { name, box } of cluster.servers)
      if (box.state() === 'on') await cluster.waitForServer(name, limits.timeoutMs);
    story.tell(`--- ${play.words}`);
    place = await play.act();
    // Writes that were acknowledged after the blow come from the server that goes on.
    await client.waitForCommits(furtherCommits, limits.timeoutMs);
    await cluster.waitForService({ on: place.to, timeoutMs: limits.timeoutMs });
    const outage = await findOutage(client, startedMs);
    if (!outage) return { name: play.name, ...place, inService: true, outageMs: null, split: null };
    const told = play.interrupts ? await eventsOf(cluster, outage) : [];
    const split = splitOutage(outage, told, cluster.tags);
    return { name: play.name, ...place, inService: true, outageMs: outage.untilMs - outage.fromMs, split };
  } catch (error) {
    story.tell(`${play.name} has failed: ${error instanceof Error ? error.message : String(error)}`);
    return { name: play.name, ...place, inService: false, outageMs: null, split: null };
  }
}

/** The longest time without an acknowledged write that has ended since. */
async function findOutage(
  client: WritingClient,
  sinceMs: number,
): Promise<{ readonly fromMs: number; readonly untilMs: number } | undefined> {
  const gaps = (await client.outages(noiseMs)).flatMap(({ fromMs, untilMs }) =>
    untilMs !== undefined && untilMs > sinceMs ? [{ fromMs, untilMs }] : [],
  );
  return gaps.toSorted((one, other) => other.untilMs - other.fromMs - (one.untilMs - one.fromMs))[0];
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
