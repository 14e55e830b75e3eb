import type { Reason } from '@holdfast/core';
import { setTimeout as delay } from 'node:timers/promises';
import { askInTurn, type Asked } from './ask.ts';
import type { Call } from './calls.ts';
import { monotonicNow } from './clock.ts';
import { createEndpoint, type Endpoint, type TlsMaterial } from './endpoint.ts';
import {
  StoreAnswerError,
  StoreCertificateError,
  StoreUnavailableError,
  type EndpointError,
  type EndpointTrouble,
  type Facts,
  type StoreError,
} from './errors.ts';
import { interpret, type HeaderCheck } from './interpret.ts';

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface RouterOptions {
  readonly endpoints: readonly string[];
  readonly tls: TlsMaterial | undefined;
  readonly callTimeoutMs: number;
  readonly maxBytes: number;
  readonly check: HeaderCheck;
  readonly report: (reason: Reason) => void;
}

/** Which endpoint is asked, and what it means when none answers. */
export interface Router {
  /** In the order in which they would be asked now. */
  endpoints(): readonly Endpoint[];
  setEndpoints(urls: readonly string[]): void;
  /** What follows shows other certificates; calls under way end on the connections that they have. */
  setTls(material: TlsMaterial): void;
  /** The endpoint that answered last is asked first next time; one that failed goes to the end. */
  call<T>(what: Call<T>, options: CallOptions | undefined): Promise<T>;
  /** Asks this endpoint only, one of the list or any other. */
  callAt<T>(url: string, what: Call<T>, options: CallOptions | undefined): Promise<T>;
  /** Drops all idle connections; calls under way still end by themselves. */
  close(): void;
}

/** Endpoints outside of the list whose connections are kept: a member's local address is asked every other second. */
const mostApart = 8;

/** Throws StoreUnavailableError if there are no endpoints. */
export function createRouter(options: RouterOptions): Router {
  let tls = options.tls;
  let endpoints = createEndpoints(options.endpoints, tls, []);
  const apart = new Map<string, Endpoint>();

  function endpointAt(url: string): Endpoint {
    const known = endpoints.find((endpoint) => endpoint.url === url) ?? apart.get(url);
    if (known) return known;
    const [oldest] = apart.values();
    if (oldest && apart.size >= mostApart) {
      apart.delete(oldest.url);
      oldest.close();
    }
    const added = createEndpoint(url, tls);
    apart.set(url, added);
    return added;
  }

  function prefer(endpoint: Endpoint): void {
    if (endpoints[0] === endpoint || !endpoints.includes(endpoint)) return;
    const at = endpoints.indexOf(endpoint);
    endpoints = [...endpoints.slice(at), ...endpoints.slice(0, at)];
    options.report({ code: 'store-endpoint-changed', facts: { endpoint: endpoint.url } });
  }

  return {
    endpoints: () => endpoints,
    setEndpoints(urls) {
      const before = endpoints;
      endpoints = createEndpoints(urls, tls, before);
      for (const endpoint of before) if (!endpoints.includes(endpoint)) endpoint.close();
    },
    setTls(material) {
      const before = [...endpoints, ...apart.values()];
      tls = material;
      endpoints = createEndpoints(
        endpoints.map(({ url }) => url),
        tls,
        [],
      );
      apart.clear();
      for (const endpoint of before) endpoint.close();
    },
    async call(what, callOptions) {
      const list = endpoints;
      const asked = await ask(list, what, options, callOptions);
      if (asked.kind === 'answered') {
        prefer(asked.endpoint);
        return asked.value;
      }
      const [first, second] = list;
      if (second && endpoints[0] === first && asked.error.facts['tried'] !== '') prefer(second);
      throw asked.error;
    },
    async callAt(url, what, callOptions) {
      const asked = await ask([endpointAt(url)], what, options, callOptions);
      if (asked.kind === 'answered') return asked.value;
      throw asked.error;
    },
    close() {
      for (const endpoint of [...endpoints, ...apart.values()]) endpoint.close();
    },
  };
}

async function ask<T>(
  list: readonly Endpoint[],
  what: Call<T>,
  options: RouterOptions,
  { timeoutMs = options.callTimeoutMs, signal }: CallOptions = {},
) {
  const { maxBytes, check } = options;
  const request = {
    method: what.method ?? 'POST',
    path: what.path,
    body: JSON.stringify(what.body),
  } as const;
  const startedAt = monotonicNow();
  const leftMs = (): number => timeoutMs - (monotonicNow() - startedAt);
  const askAll = (endpoints: readonly Endpoint[]) =>
    askInTurn({ endpoints, timeoutMs: leftMs(), kind: what.kind, signal }, async (endpoint, attempt) =>
      interpret(await endpoint.exchange(request, { ...attempt, maxBytes }), what, check),
    );
  let asked = await askAll(list);
  for (let round = 1; isDropped(asked) && leftMs() > dropPauseMs && signal?.aborted !== true; round += 1) {
    await delay(dropPauseMs);
    asked = await askAll(turned(list, Math.floor(round / roundsEach)));
  }
  if (asked.kind === 'answered') return asked;
  const facts = {
    call: what.path,
    endpoints: list.map((endpoint) => endpoint.url).join(' '),
    waitedMs: Math.round(monotonicNow() - startedAt),
    tried: asked.errors.map((error) => error.message).join('; '),
    mayHaveHappened: what.kind === 'once' && (signal?.aborted === true || asked.errors.some((e) => e.sent)),
  };
  return { kind: 'failed', error: nameFailure(asked.errors, facts) } as const;
}

/** A move of the lead takes a few heartbeats. Milliseconds. */
const dropPauseMs = 50;
/** A member that still knows no leader after so many rounds may be cut off: the next one is asked first. */
const roundsEach = 4;

function isDropped<T>(asked: Asked<Endpoint, T>): boolean {
  return asked.kind === 'failed' && asked.errors.at(-1)?.trouble === 'dropped';
}

function turned(list: readonly Endpoint[], by: number): readonly Endpoint[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function createEndpoints(
  urls: readonly string[],
  tls: TlsMaterial | undefined,
  before: readonly Endpoint[],
): readonly Endpoint[] {
  if (urls.length === 0) throw new StoreUnavailableError('no etcd endpoint is known', { endpoints: '' });
  return [...new Set(urls)].map(
    (url) => before.find((known) => known.url === url) ?? createEndpoint(url, tls),
  );
}

const unusableAnswers: ReadonlySet<EndpointTrouble> = new Set(['not-understood', 'answer-too-large']);

/** The one error for what all endpoints did. */
function nameFailure(errors: readonly EndpointError[], facts: Facts): StoreError {
  const cause = errors.at(-1);
  if (cause === undefined) return new StoreUnavailableError('no etcd endpoint was asked', facts);
  const { endpoint, message } = cause;
  if (errors.every((error) => error.trouble === 'not-trusted'))
    return new StoreCertificateError(
      'etcd and this server do not trust each other',
      { ...facts, endpoint, detail: message },
      cause,
    );
  if (errors.every((error) => unusableAnswers.has(error.trouble)))
    return new StoreAnswerError('the answer cannot be used', { ...facts, endpoint, problem: message }, cause);
  return new StoreUnavailableError('no etcd endpoint answered', facts, cause);
}
