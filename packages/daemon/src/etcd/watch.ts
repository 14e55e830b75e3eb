import type { Reason } from '@holdfast/core';
import {
  asCount,
  asList,
  asObject,
  encodePrefix,
  parseHeader,
  parseObject,
  type JsonObject,
} from './codec.ts';
import type { Endpoint } from './endpoint.ts';
import { interpret, type HeaderCheck } from './interpret.ts';

export interface WatchOptions {
  readonly prefix: string;
  readonly onChange: () => void;
  /** The gateway's endpoints in its order of preference, asked again at every new connection. */
  readonly endpoints: () => readonly Endpoint[];
  readonly callTimeoutMs: number;
  readonly maxBytes: number;
  readonly check: HeaderCheck;
  readonly report: (reason: Reason) => void;
}

const firstPauseMs = 50;
const longestPauseMs = 2_000;

/**
 * Follows the changes below a prefix until it is closed. Calls back after each change, and after each new
 * connection, because something may have changed before it stood; so no revision is kept and a compaction
 * cannot harm.
 *
 * A frozen member or a lost connection is silent just as a quiet store is, and etcd's own progress messages
 * come only every ten minutes. So in silence the member is asked (linearizable) what the newest change below
 * the prefix is; no answer, or a change of which the stream never told, ends the connection.
 */
export function openWatch(options: WatchOptions): () => void {
  const closed = new AbortController();
  let attempt = 0;

  async function follow(): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!closed.signal.aborted) {
      const endpoints = options.endpoints();
      const endpoint = endpoints[attempt % endpoints.length];
      if (endpoint === undefined) return;
      const outcome = await followOnce(endpoint, options, closed.signal);
      if (closed.signal.aborted) return;
      attempt += 1;
      options.report({
        code: 'store-watch-broken',
        facts: { endpoint: endpoint.url, why: String(outcome.error) },
      });
      pauseMs = outcome.stood ? firstPauseMs : Math.min(pauseMs * 2, longestPauseMs);
      await pause(pauseMs, closed.signal);
    }
  }

  follow().catch((error: unknown) => {
    options.report({ code: 'store-watch-ended', facts: { why: String(error) } });
  });
  return () => closed.abort();
}

/** One connection, from its opening to its end. */
async function followOnce(
  endpoint: Endpoint,
  options: WatchOptions,
  closed: AbortSignal,
): Promise<{ readonly stood: boolean; readonly error: unknown }> {
  const ended = new AbortController();
  const silence = createSilence(endpoint, options, ended);
  const onClosed = (): void => ended.abort();
  closed.addEventListener('abort', onClosed);
  let stood = false;
  const opening = setTimeout(() => ended.abort(), options.callTimeoutMs);

  const onLine = (line: string): void => {
    const message = readMessage(line);
    if (message === undefined) return ended.abort();
    if (message.created) {
      clearTimeout(opening);
      stood = true;
      silence.begin(message.revision);
      options.onChange();
    } else if (message.changed) {
      silence.heard(message.revision);
      options.onChange();
    }
  };
  const body = JSON.stringify({ create_request: encodePrefix(options.prefix) });
  const stream = {
    connectTimeoutMs: options.callTimeoutMs,
    maxBytes: options.maxBytes,
    signal: ended.signal,
    onLine,
  };
  try {
    return await endpoint.follow({ method: 'POST', path: '/v3/watch', body }, stream);
  } catch (error) {
    return { stood, error: silence.reason() ?? error };
  } finally {
    clearTimeout(opening);
    silence.end();
    closed.removeEventListener('abort', onClosed);
  }
}

interface WatchMessage {
  readonly created: boolean;
  readonly changed: boolean;
  /** Up to here the stream has told everything. */
  readonly revision: number;
}

/** Undefined when the stream cannot go on: cancelled, compacted, an error, or not understood. */
function readMessage(line: string): WatchMessage | undefined {
  try {
    const json = parseObject(line);
    if (json['error'] !== undefined) return undefined;
    const result = asObject(json['result'], 'result');
    if (result['canceled'] === true) return undefined;
    if (result['created'] === true)
      return { created: true, changed: false, revision: parseHeader(result).revision };
    const revisions = asList(result['events'], 'events').map(revisionOf);
    return { created: false, changed: revisions.length > 0, revision: Math.max(0, ...revisions) };
  } catch {
    return undefined;
  }
}

function revisionOf(event: unknown): number {
  return asCount(asObject(asObject(event, 'event')['kv'], 'kv')['mod_revision'], 'mod_revision');
}

interface Silence {
  begin(revision: number): void;
  heard(revision: number): void;
  reason(): string | undefined;
  end(): void;
}

/** Looks, while nothing is heard, whether there was something to hear. */
function createSilence(endpoint: Endpoint, options: WatchOptions, ended: AbortController): Silence {
  const everyMs = Math.max(1_000, 2 * options.callTimeoutMs);
  let timer: NodeJS.Timeout | undefined;
  let heardUpTo = 0;
  let messages = 0;
  let suspectedAt: number | undefined;
  let known: { readonly count: number; readonly messages: number } | undefined;
  let why: string | undefined;

  async function look(): Promise<void> {
    const before = messages;
    const newest = await askNewest(endpoint, options, ended.signal);
    if (ended.signal.aborted || messages !== before) return;
    const vanished = known?.messages === messages && known.count !== newest.count;
    known = { count: newest.count, messages };
    if (newest.revision <= heardUpTo && !vanished) return;
    options.onChange();
    if (suspectedAt === messages) giveUp('the stream missed a change');
    suspectedAt = messages;
  }
  function giveUp(reason: string): void {
    why ??= reason;
    ended.abort();
  }
  function schedule(): void {
    clearTimeout(timer);
    if (ended.signal.aborted) return;
    timer = setTimeout(() => {
      look().then(schedule, (error: unknown) => giveUp(`silent and ${String(error)}`));
    }, everyMs);
  }

  return {
    begin(revision) {
      heardUpTo = revision;
      schedule();
    },
    heard(revision) {
      heardUpTo = Math.max(heardUpTo, revision);
      messages += 1;
    },
    reason: () => why,
    end: () => clearTimeout(timer),
  };
}

/**
 * The newest change of a key that is still there, and how many keys there are: what a silent stream is
 * measured by.
 */
async function askNewest(
  endpoint: Endpoint,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<{ readonly revision: number; readonly count: number }> {
  const body = {
    ...encodePrefix(options.prefix),
    sort_target: 'MOD',
    sort_order: 'DESCEND',
    limit: '1',
    keys_only: true,
  };
  const { callTimeoutMs: timeoutMs, maxBytes } = options;
  const answer = await endpoint.exchange(
    { method: 'POST', path: '/v3/kv/range', body: JSON.stringify(body) },
    { timeoutMs, connectTimeoutMs: timeoutMs, maxBytes, signal },
  );
  return interpret(answer, { path: '/v3/kv/range', header: 'checked', parse: parseNewest }, options.check);
}

function parseNewest(answer: JsonObject): { readonly revision: number; readonly count: number } {
  const revisions = asList(answer['kvs'], 'kvs').map((kv) =>
    asCount(asObject(kv, 'kv')['mod_revision'], 'mod_revision'),
  );
  return { revision: Math.max(0, ...revisions), count: asCount(answer['count'], 'count') };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
