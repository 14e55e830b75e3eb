import { answerQuestions } from './channel.ts';
import { instantMs } from './deadline.ts';
import { findOutages, judgeHistory, type Attempt } from './history.ts';
import { connectWriter, type WriterConnection, type WriterTarget } from './writer-connection.ts';

/** The process of the writing client: `createWritingClient` starts it and asks it. */

interface Options extends WriterTarget {
  readonly client: string;
  readonly intervalMs: number;
  readonly noticeOutageMs: number;
}

/** Some hours at five milliseconds a row; then the client stops by itself. */
const attemptsKept = 2_000_000;
const checkTimeoutMs = 20_000;

const options = JSON.parse(process.argv[2] ?? '{}') as Options;
const attempts: Attempt[] = [];
const stop = new AbortController();
let lastAcknowledgedMs: number | undefined;
let noticed = false;

const notify = answerQuestions({
  outages: (thresholdMs) => findOutages(attempts, { thresholdMs: Number(thresholdMs), nowMs: instantMs() }),
  count: () => ({
    committed: attempts.filter(({ outcome }) => outcome === 'committed').length,
    lastAcknowledgedMs,
  }),
  stop: async () => {
    stop.abort();
    await writing;
  },
  check: async () => {
    stop.abort();
    await writing;
    return judgeHistory(attempts, await readRows());
  },
});

const watch = setInterval(() => {
  if (lastAcknowledgedMs === undefined || noticed) return;
  if (stop.signal.aborted || instantMs() - lastAcknowledgedMs < options.noticeOutageMs) return;
  noticed = true;
  notify({ kind: 'outage-began', fromMs: lastAcknowledgedMs });
}, 20);

const writing = writeUntilStopped();

async function writeUntilStopped(): Promise<void> {
  let connection: WriterConnection | undefined;
  while (!stop.signal.aborted && attempts.length < attemptsKept) {
    connection = connection?.isOpen() === true ? connection : await connectWriter(options, stop.signal);
    if (!connection) break;
    const startedMs = instantMs();
    await writeRow(connection);
    const restMs = options.intervalMs - (instantMs() - startedMs);
    if (restMs > 0 && connection.isOpen()) await pause(restMs);
  }
  connection?.close();
  clearInterval(watch);
}

async function writeRow(connection: WriterConnection): Promise<void> {
  const index = attempts.length;
  const attempt = { id: index + 1, sentAtMs: instantMs() };
  attempts.push({ ...attempt, outcome: 'pending', answeredAtMs: undefined, postmaster: undefined });
  const result = await connection.insert(options.client, attempt.id);
  const answeredAtMs = instantMs();
  const committed = result.outcome === 'committed';
  attempts[index] = {
    ...attempt,
    outcome: result.outcome,
    answeredAtMs,
    postmaster: committed ? result.postmaster : undefined,
  };
  if (!committed) return;
  if (noticed) notify({ kind: 'outage-ended', fromMs: lastAcknowledgedMs, untilMs: answeredAtMs });
  noticed = false;
  lastAcknowledgedMs = answeredAtMs;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function readRows(): Promise<readonly number[]> {
  const signal = AbortSignal.timeout(checkTimeoutMs);
  let why = 'no connection';
  while (!signal.aborted) {
    const connection = await connectWriter(options, signal);
    try {
      if (connection) return await connection.ids(options.client);
    } catch (error) {
      why = String(error);
    } finally {
      connection?.close();
    }
  }
  throw new Error(`the table could not be read within ${String(checkTimeoutMs)} ms: ${why}`);
}
