import { request } from 'node:http';
import {
  apiRoot,
  eventsAnswer,
  explainAnswer,
  reportAnswer,
  reportsAnswer,
  statusAnswer,
  type EventBody,
  type ExplainAnswer,
  type ReportAnswer,
  type ReportSummary,
  type StatusAnswer,
} from '@holdfast/contract';

/**
 * What the lab reads of a daemon, by its local socket: cheaper and quicker than a start of the command line.
 */
export interface DaemonApi {
  /** Rejects when the daemon does not answer in time. */
  status(timeoutMs?: number): Promise<StatusAnswer>;
  /** Oldest first. */
  events(options: { readonly since?: string; readonly limit?: number }): Promise<readonly EventBody[]>;
  /** Newest first. */
  reports(): Promise<readonly ReportSummary[]>;
  report(id: string): Promise<ReportAnswer>;
  explain(tag: string): Promise<ExplainAnswer>;
}

const usualTimeoutMs = 2_000;

/** `runDirectory` is asked for each time: a server that boots again is reached by another way. */
export function createDaemonApi(runDirectory: () => string): DaemonApi {
  const get = (address: string, timeoutMs: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const sent = request({
        socketPath: `${runDirectory()}/holdfast.sock`,
        path: `${apiRoot}${address}`,
        signal: AbortSignal.timeout(timeoutMs),
      });
      sent.on('error', reject);
      sent.on('response', (message) => {
        const parts: Buffer[] = [];
        message.on('data', (part: Buffer) => parts.push(part));
        message.on('error', reject);
        message.on('end', () => {
          const text = Buffer.concat(parts).toString();
          if (message.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`${address}: HTTP ${String(message.statusCode)}: ${text.slice(0, 1_000)}`));
        });
      });
      sent.end();
    });
  return {
    status: async (timeoutMs = usualTimeoutMs) => statusAnswer.parse(await get('/status', timeoutMs)),
    events: async ({ since, limit = 1_000 }) => {
      const query = new URLSearchParams({ limit: String(limit), ...(since === undefined ? {} : { since }) });
      return eventsAnswer.parse(await get(`/events?${query.toString()}`, usualTimeoutMs)).events;
    },
    reports: async () => reportsAnswer.parse(await get('/reports', usualTimeoutMs)).reports,
    report: async (id) => reportAnswer.parse(await get(`/reports/${id}`, usualTimeoutMs)),
    explain: async (tag) => explainAnswer.parse(await get(`/explain/${tag}`, usualTimeoutMs)),
  };
}
