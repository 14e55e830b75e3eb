import type { Reason } from '@holdfast/core';
import { askInTurn } from './ask.ts';
import * as calls from './calls.ts';
import type {
  Call,
  LeaseGrant,
  LeaseRenewal,
  MemberAdded,
  MemberStatus,
  RangeAnswer,
  RangeRequest,
  TxnCompare,
  TxnWrite,
} from './calls.ts';
import { monotonicNow } from './clock.ts';
import type { EtcdMember } from './codec.ts';
import { createEndpoint, type Endpoint, type TlsMaterial } from './endpoint.ts';
import {
  LeaseNotFoundError,
  StoreAnswerError,
  StoreCertificateError,
  StoreUnavailableError,
  type EndpointError,
  type EndpointTrouble,
  type Facts,
  type StoreError,
} from './errors.ts';
import { createHeaderCheck, interpret } from './interpret.ts';
import { openWatch } from './watch.ts';

export type {
  LeaseGrant,
  LeaseRenewal,
  MemberAdded,
  MemberStatus,
  RangeAnswer,
  RangeRequest,
} from './calls.ts';
export type { TxnCompare, TxnWrite } from './calls.ts';
export type { AnswerHeader, EtcdMember, KeyValue } from './codec.ts';
export type { TlsMaterial } from './endpoint.ts';

export interface GatewayOptions {
  /** Client addresses of members (`https://10.0.0.1:2379`), the nearest first. */
  readonly endpoints: readonly string[];
  readonly tls?: TlsMaterial;
  /** Deadline of one call, all endpoints together. */
  readonly callTimeoutMs: number;
  /** An answer that is larger is refused. */
  readonly maxAnswerBytes?: number;
  /** Told when the endpoint in use changes and when a watch breaks; for the log. Must not throw. */
  readonly report?: (reason: Reason) => void;
}

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * etcd's JSON gateway, as little of it as Holdfast needs. Every call keeps its deadline and rejects with a
 * `StoreError`: StoreUnavailableError (no answer that counts; a change may have happened),
 * LeaseNotFoundError, StoreAnswerError, StoreRefusedError. Nothing is repeated that could take effect twice.
 */
export interface Gateway {
  /** The endpoints in the order in which they would be asked now. */
  endpoints(): readonly string[];
  /** Takes over a new list of members; calls under way end on the old one. */
  setEndpoints(endpoints: readonly string[]): void;
  range(request: RangeRequest, options?: CallOptions): Promise<RangeAnswer>;
  /** All or nothing. Answers whether the conditions held. */
  txn(compare: readonly TxnCompare[], write: readonly TxnWrite[], options?: CallOptions): Promise<boolean>;
  put(key: string, value: string, lease?: string, options?: CallOptions): Promise<void>;
  leaseGrant(ttlMs: number, options?: CallOptions): Promise<LeaseGrant>;
  leaseKeepAlive(lease: string, options?: CallOptions): Promise<LeaseRenewal>;
  /** Ends the lease and deletes its keys. A lease that is not there is a success. */
  leaseRevoke(lease: string, options?: CallOptions): Promise<void>;
  /**
   * Calls back after a change below the prefix and whenever one may have been missed. Returns how to end it.
   */
  watch(prefix: string, onChange: () => void): () => void;
  memberList(options?: CallOptions): Promise<readonly EtcdMember[]>;
  /** Adds a member that does not vote yet. Answers its id and all members with it. */
  memberAddLearner(peerUrls: readonly string[], options?: CallOptions): Promise<MemberAdded>;
  /** Refused (StoreRefusedError) until the learner has caught up. */
  memberPromote(id: string, options?: CallOptions): Promise<void>;
  memberRemove(id: string, options?: CallOptions): Promise<void>;
  /** What one member says of itself; asks that endpoint only, and checks nothing against other answers. */
  status(endpoint: string, options?: CallOptions): Promise<MemberStatus>;
  /** Does this member see a leader and answer in time? Rejects if it does not answer at all. */
  health(endpoint: string, options?: CallOptions): Promise<boolean>;
  close(): void;
}

const defaultMaxAnswerBytes = 32 * 1024 * 1024;

/**
 * Opens a gateway. Opens no connection before the first call. Throws StoreUnavailableError if `endpoints` is
 * empty.
 */
export function createGateway(options: GatewayOptions): Gateway {
  const maxBytes = options.maxAnswerBytes ?? defaultMaxAnswerBytes;
  const report = options.report ?? (() => undefined);
  const check = createHeaderCheck();
  const watches = new Set<() => void>();
  let endpoints = createEndpoints(options.endpoints, options.tls, []);

  /** The endpoint that answered last is asked first next time. */
  function prefer(endpoint: Endpoint): void {
    if (endpoints[0] === endpoint || !endpoints.includes(endpoint)) return;
    const at = endpoints.indexOf(endpoint);
    endpoints = [...endpoints.slice(at), ...endpoints.slice(0, at)];
    report({ code: 'store-endpoint-changed', facts: { endpoint: endpoint.url } });
  }

  async function call<T>(what: Call<T>, callOptions: CallOptions | undefined): Promise<T> {
    const list = endpoints;
    const asked = await ask(list, what, callOptions);
    if (asked.kind === 'answered') {
      prefer(asked.endpoint);
      return asked.value;
    }
    const [first, second] = list;
    if (second && endpoints[0] === first && asked.error.facts['tried'] !== '') prefer(second);
    throw asked.error;
  }

  /** Asks one endpoint only, one of the list or any other. */
  async function callAt<T>(url: string, what: Call<T>, callOptions: CallOptions | undefined): Promise<T> {
    const known = endpoints.find((endpoint) => endpoint.url === url);
    const endpoint = known ?? createEndpoint(url, options.tls);
    const asked = await ask([endpoint], what, callOptions);
    if (!known) endpoint.close();
    if (asked.kind === 'answered') return asked.value;
    throw asked.error;
  }

  async function ask<T>(list: readonly Endpoint[], what: Call<T>, callOptions: CallOptions = {}) {
    const { timeoutMs = options.callTimeoutMs, signal } = callOptions;
    const request = {
      method: what.method ?? 'POST',
      path: what.path,
      body: JSON.stringify(what.body),
    } as const;
    const startedAt = monotonicNow();
    const asked = await askInTurn(
      { endpoints: list, timeoutMs, kind: what.kind, signal },
      async (endpoint, attempt) =>
        interpret(await endpoint.exchange(request, { ...attempt, maxBytes }), what, check),
    );
    if (asked.kind === 'answered') return asked;
    const facts = {
      call: what.path,
      endpoints: list.map((endpoint) => endpoint.url).join(' '),
      waitedMs: Math.round(monotonicNow() - startedAt),
      tried: asked.errors.map((error) => error.message).join('; '),
      mayHaveHappened: what.kind === 'once' && (signal?.aborted === true || asked.errors.some((e) => e.sent)),
    };
    const error = nameFailure(asked.errors, facts);
    return { kind: 'failed', error } as const;
  }

  function watch(prefix: string, onChange: () => void): () => void {
    const { callTimeoutMs } = options;
    const close = openWatch({
      prefix,
      onChange,
      endpoints: () => endpoints,
      callTimeoutMs,
      maxBytes,
      check,
      report,
    });
    watches.add(close);
    return () => {
      watches.delete(close);
      close();
    };
  }

  return {
    endpoints: () => endpoints.map((endpoint) => endpoint.url),
    setEndpoints(urls) {
      const before = endpoints;
      endpoints = createEndpoints(urls, options.tls, before);
      for (const endpoint of before) if (!endpoints.includes(endpoint)) endpoint.close();
    },
    range: (request, callOptions) => call(calls.rangeCall(request), callOptions),
    txn: (compare, write, callOptions) => call(calls.txnCall(compare, write), callOptions),
    put: (key, value, lease, callOptions) => call(calls.putCall(key, value, lease), callOptions),
    leaseGrant: (ttlMs, callOptions) => call(calls.grantCall(ttlMs), callOptions),
    leaseKeepAlive: (lease, callOptions) => call(calls.keepAliveCall(lease), callOptions),
    async leaseRevoke(lease, callOptions) {
      try {
        await call(calls.revokeCall(lease), callOptions);
      } catch (error) {
        if (!(error instanceof LeaseNotFoundError)) throw error;
      }
    },
    watch,
    memberList: (callOptions) => call(calls.memberListCall, callOptions),
    memberAddLearner: (peerUrls, callOptions) => call(calls.memberAddCall(peerUrls), callOptions),
    memberPromote: (id, callOptions) => call(calls.memberCall('promote', id), callOptions),
    memberRemove: (id, callOptions) => call(calls.memberCall('remove', id), callOptions),
    status: (url, callOptions) => callAt(url, calls.statusCall, callOptions),
    health: (url, callOptions) => callAt(url, calls.healthCall, callOptions),
    close() {
      for (const close of watches) close();
      watches.clear();
      for (const endpoint of endpoints) endpoint.close();
    },
  };
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
