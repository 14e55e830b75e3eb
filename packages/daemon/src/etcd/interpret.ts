import type { InstantMs } from '@holdfast/core';
import {
  parseFault,
  parseHeader,
  asObject,
  parseObject,
  type AnswerHeader,
  type JsonObject,
} from './codec.ts';
import type { Answer } from './endpoint.ts';
import {
  EndpointError,
  LeaseNotFoundError,
  StoreFullError,
  StoreRefusedError,
  type EndpointTrouble,
} from './errors.ts';

/** How an answer is to be read. */
export interface Interpreted<T> {
  readonly path: string;
  /** `unchecked`: what one member says of itself, which may be anything. */
  readonly header: 'checked' | 'unchecked';
  /** The answer is wrapped as a stream's message. */
  readonly stream?: boolean;
  readonly anyStatus?: boolean;
  /** The lease that the call names, for the error that says it is gone. */
  readonly lease?: string;
  /** Throws a plain Error if the answer is not understood. */
  parse(answer: JsonObject, sentAt: InstantMs): T;
}

/** Remembers what has been seen of the cluster, so that a member that was left behind is not believed. */
export interface HeaderCheck {
  /** Why an answer with this header does not count; undefined when it does. Learns from those that count. */
  judge(header: AnswerHeader): 'stale-member' | 'other-cluster' | undefined;
}

/**
 * A member that was frozen, or cut off while it was the leader, goes on answering lease renewals and old
 * reads. The raft term of a header is that of the last entry which the member applied (etcd,
 * etcdserver/server.go, `setTerm`), so a quorum stood behind it, and whoever answers with a lower one is
 * behind. A renewal's header is filled before it is done: one that waited for an election looks old and is
 * not believed either, which is safe.
 *
 * The first answer settles which cluster it is: an etcd that was restored from a backup is another one, and
 * needs a new process.
 */
export function createHeaderCheck(): HeaderCheck {
  let clusterId: string | undefined;
  let leastTerm = 0;
  return {
    judge(header) {
      if (clusterId !== undefined && header.clusterId !== clusterId) return 'other-cluster';
      if (header.raftTerm < leastTerm) return 'stale-member';
      clusterId ??= header.clusterId;
      leastTerm = header.raftTerm;
      return undefined;
    },
  };
}

/** gRPC codes by which etcd says that the request itself cannot be done, wherever it is asked. */
const refusals: ReadonlySet<number> = new Set([
  3 /* invalid argument */, 5 /* not found */, 6 /* already exists */, 7 /* permission denied */,
  8 /* resource exhausted */, 9 /* failed precondition */, 11 /* out of range */, 16 /* unauthenticated */,
]);

/**
 * What etcd says when it certainly has done nothing: a proposal that raft did not take, which it does not while the lead is being
 * handed over (raft, `ErrProposalDropped`), and any call but a few to a member that has no vote (etcd, api/v3rpc/interceptor.go).
 */
function turnedAwayBy(message: string): 'dropped' | 'no-vote' | undefined {
  if (message.includes('raft proposal dropped')) return 'dropped';
  return message.includes('rpc not supported for learner') ? 'no-vote' : undefined;
}

/**
 * Reads one answer. Throws {@link EndpointError} when another endpoint may know better, LeaseNotFoundError,
 * StoreFullError or StoreRefusedError when etcd has decided.
 */
export function interpret<T>(answer: Answer, how: Interpreted<T>, check: HeaderCheck): T {
  const distrust = (trouble: EndpointTrouble, text: string, cause?: unknown): EndpointError =>
    new EndpointError(trouble, { endpoint: answer.endpoint, sent: true, text: `${trouble}: ${text}`, cause });

  let json: JsonObject;
  try {
    json = parseObject(answer.body.trimStart().split('\n', 1)[0] ?? '');
  } catch (error) {
    throw distrust('not-understood', `status ${answer.status}`, error);
  }
  if (json['error'] !== undefined || (answer.status !== 200 && !how.anyStatus)) {
    const fault = parseFault(json);
    if (fault === undefined) throw distrust('not-understood', `status ${answer.status}`);
    const facts = {
      call: how.path,
      grpcCode: fault.grpcCode,
      etcd: fault.message,
      endpoint: answer.endpoint,
    };
    if (fault.message.includes('lease not found'))
      throw new LeaseNotFoundError('the lease is gone', { ...facts, lease: how.lease ?? '' });
    if (fault.message.includes('database space exceeded'))
      throw new StoreFullError('the database of etcd is full', { ...facts, detail: fault.message });
    if (refusals.has(fault.grpcCode) || fault.message.includes('unhealthy cluster'))
      throw new StoreRefusedError('etcd refused the request', facts);
    const turnedAway = turnedAwayBy(fault.message);
    if (turnedAway === undefined) throw distrust('not-available', fault.message);
    throw new EndpointError(turnedAway, { endpoint: answer.endpoint, sent: false, text: fault.message });
  }
  try {
    const message = how.stream ? asObject(json['result'], 'result') : json;
    const value = how.parse(message, answer.sentAt);
    if (how.header === 'unchecked') return value;
    const trouble = check.judge(parseHeader(message));
    if (trouble !== undefined) throw distrust(trouble, how.path);
    return value;
  } catch (error) {
    if (error instanceof EndpointError) throw error;
    throw distrust('not-understood', how.path, error);
  }
}
