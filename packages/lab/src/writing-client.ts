import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openChannel } from './channel.ts';
import { waitFor } from './deadline.ts';
import type { HistoryVerdict, Outage } from './history.ts';
import type { ClientBox } from './server-box.ts';

export type ClientNotice =
  | { readonly kind: 'outage-began'; readonly fromMs: number }
  | { readonly kind: 'outage-ended'; readonly fromMs: number; readonly untilMs: number };

export interface WritingClientOptions {
  /** Where the client's process runs. */
  readonly client: ClientBox;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly database?: string;
  /** From the beginning of one write to that of the next. */
  readonly intervalMs?: number;
  /** A gap between acknowledged writes that `onNotice` is told of. */
  readonly noticeOutageMs?: number;
  readonly onNotice?: (notice: ClientNotice) => void;
}

/**
 * A client that writes all the time and keeps what it was told. Instants are this machine's monotonic clock.
 */
export interface WritingClient {
  /** Waits until `more` further writes are acknowledged. */
  waitForCommits(more: number, timeoutMs: number): Promise<void>;
  count(): Promise<{ readonly committed: number; readonly lastAcknowledgedMs: number | undefined }>;
  /** Gaps between acknowledged writes above the threshold. */
  outages(thresholdMs: number): Promise<readonly Outage[]>;
  /** Ends the writing and compares the history with the table, read at the same address. */
  checkHistory(): Promise<HistoryVerdict>;
  dispose(): Promise<void>;
}

const askTimeoutMs = 5_000;

/** Starts a client in a process of its own, so that nothing the caller does disturbs it. */
export function createWritingClient(options: WritingClientOptions): WritingClient {
  const program = fileURLToPath(new URL('writing-client-process.ts', import.meta.url));
  const argument = JSON.stringify({
    address: options.address,
    port: options.port,
    user: options.user,
    database: options.database ?? 'postgres',
    intervalMs: options.intervalMs ?? 5,
    noticeOutageMs: options.noticeOutageMs ?? 200,
    client: randomUUID(),
  });
  const started = options.client.run(process.execPath, [program, argument], { channel: true });
  const channel = openChannel(started.child, (notice) => options.onNotice?.(notice as ClientNotice));
  const count: WritingClient['count'] = async () =>
    (await channel.ask('count', undefined, askTimeoutMs)) as Awaited<ReturnType<WritingClient['count']>>;
  return {
    count,
    waitForCommits: async (more, timeoutMs) => {
      const before = (await count()).committed;
      let now = before;
      await waitFor(async () => (now = (await count()).committed) >= before + more, {
        what: `${String(more)} further acknowledged writes`,
        timeoutMs,
        everyMs: 20,
        describe: () => `${String(now - before)} came`,
      });
    },
    outages: async (thresholdMs) =>
      (await channel.ask('outages', thresholdMs, askTimeoutMs)) as readonly Outage[],
    checkHistory: async () => (await channel.ask('check', undefined, 60_000)) as HistoryVerdict,
    dispose: async () => {
      started.signal('SIGKILL');
      await started.ended;
    },
  };
}
