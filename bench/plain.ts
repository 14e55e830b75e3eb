import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createWritingClient, mountVolume, unmountVolume, type ServerBox } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import type { Measure } from './options.ts';
import type { PlainStep } from './plain-process.ts';

/**
 * What PostgreSQL itself needs, without Holdfast, on the same server, volume and data, under the same writes.
 * Milliseconds of every run.
 */
export interface PlainFigures {
  /** Start to first query on the volume of a server that has lost its power, freshly mounted. */
  readonly crashStartMs: readonly number[];
  /** Fast shutdown after a checkpoint, and start to first query on the freshly mounted volume. */
  readonly stopMs: readonly number[];
  readonly startMs: readonly number[];
  /** Start to first query after `kill -9` of the postmaster, once its backends are gone. */
  readonly restartMs: readonly number[];
}

/** Writing goes on for so long before each blow: what has to be recovered is like in Holdfast's own runs. */
export const writeMs = 3_000;
/** As often as the client did with which the peers were measured. */
export const writeEveryMs = 10;
const program = fileURLToPath(new URL('plain-process.ts', import.meta.url));

/** Takes the hierarchy out of service and measures PostgreSQL alone, on the first server without its daemon. */
export async function measurePlain(
  cluster: LabCluster,
  options: {
    readonly runs: number;
    readonly only: readonly Measure[];
    readonly tell: (line: string) => void;
  },
): Promise<PlainFigures> {
  const { runs, only, tell } = options;
  const server = cluster.server('server1');
  await server.holdfast(['out-of-service', cluster.tags.postgresql]);
  await server.box.powerOff();
  await server.box.powerOn();
  const bench = createPlainBench(cluster, server.box);
  await mountVolume(cluster.boxes, server.box);
  await bench.step('start');
  const figures = { crashStartMs: [], stopMs: [], startMs: [], restartMs: [] } as {
    readonly [K in keyof PlainFigures]: number[];
  };
  for (let run = 1; run <= runs; run += 1) {
    tell(`PostgreSQL alone, run ${String(run)}`);
    if (only.includes('switchover')) {
      figures.stopMs.push(await bench.whileWriting(() => bench.step('stop')));
      await unmountVolume(cluster.boxes, server.box);
      await mountVolume(cluster.boxes, server.box);
      figures.startMs.push(await bench.step('start'));
    }
    if (only.includes('crash')) {
      await bench.whileWriting(() => bench.step('kill'));
      figures.restartMs.push(await bench.step('start'));
    }
    if (only.includes('powerloss')) {
      await bench.whileWriting(() => server.box.powerOff());
      await server.box.powerOn();
      await mountVolume(cluster.boxes, server.box);
      figures.crashStartMs.push(await bench.step('start'));
    }
  }
  return figures;
}

interface PlainBench {
  /** Answers how long it took, in milliseconds. */
  step(step: PlainStep['step']): Promise<number>;
  /** Acts after some time of writing, in the middle of it. */
  whileWriting<T>(act: () => Promise<T>): Promise<T>;
}

function createPlainBench({ boxes, database }: LabCluster, box: ServerBox): PlainBench {
  return {
    step: async (step) => {
      const { account, binDirectory, dataDirectory, port, administrator } = database;
      const argument: PlainStep = {
        step,
        executable: path.join(binDirectory, 'postgres'),
        dataDirectory,
        port,
        user: administrator,
        logFile: path.join(box.directories.log, 'plain.log'),
        ids: account && { uid: account.uid, gid: account.gid },
      };
      const result = await box.exec(process.execPath, [program, JSON.stringify(argument)], {
        timeoutMs: 70_000,
      });
      if (result.code !== 0) throw new Error(`PostgreSQL alone, ${step}: ${result.stderr}`);
      return (JSON.parse(result.stdout) as { readonly tookMs: number }).tookMs;
    },
    whileWriting: async (act) => {
      const client = createWritingClient({
        client: boxes.client,
        address: boxes.network ? box.address : boxes.floatingAddress,
        port: database.port,
        user: database.applicationUser,
        intervalMs: writeEveryMs,
      });
      try {
        await client.waitForCommits(20, 10_000);
        await sleep(writeMs);
        return await act();
      } finally {
        await client.dispose();
      }
    },
  };
}
