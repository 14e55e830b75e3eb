import type { ServerBody, StatusAnswer } from '@holdfast/contract';
import { because, type CommunicationPath, type Reason, type Server, type ServerName } from '@holdfast/core';
import { heldUntil, type FailsafeState, type Snapshot } from '@holdfast/engine';
import { doubtCertificates } from './certificates.ts';
import type { ApiContext, PathView } from './context.ts';
import { copyReason, viewHierarchy } from './hierarchy-view.ts';

/** GET /status: from a fresh look at the store where it answers, else from the last one, and says which. */
export async function answerStatus(context: ApiContext): Promise<StatusAnswer> {
  const { engine, file, host } = context;
  const fresh = await engine.refresh().catch(() => undefined);
  const snapshot = fresh ?? engine.state().snapshot;
  const why = engine.state().storeUnknown.why;
  return {
    cluster: file.cluster,
    answeredBy: file.server,
    at: host.clock.wallTime(),
    profile: context.profile(),
    maintenance: snapshot?.settings?.maintenance ?? false,
    store: fresh
      ? { state: 'available', reason: null }
      : { state: 'unavailable', reason: copyReason(reasonOfFailsafe(context.failsafe()) ?? because(why)) },
    servers: snapshot ? viewServers(context, snapshot, fresh !== undefined) : [],
    hierarchies: snapshot
      ? Object.values(snapshot.view.hierarchies).map((one) => viewHierarchy(context, snapshot, one))
      : [],
  };
}

function viewServers(context: ApiContext, snapshot: Snapshot, fresh: boolean): ServerBody[] {
  return Object.values(snapshot.view.servers)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((server) => viewServer(context, snapshot, server, fresh));
}

function viewServer(context: ApiContext, snapshot: Snapshot, server: Server, fresh: boolean): ServerBody {
  const { file, guard, host } = context;
  const session = snapshot.view.sessions[server.name];
  const self = server.name === file.server;
  const lease = self ? guard.state() : undefined;
  const now = host.clock.now();
  const goodForMs = lease ? heldUntil(lease) - now : undefined;
  const ownLease = !lease || now >= heldUntil(lease) ? 'lost' : now < lease.goodUntil ? 'good' : 'held';
  const paths = context.paths().filter(({ peer }) => self || peer === server.name);
  const there = self || session !== undefined;
  const doubt =
    judgePaths(server.name, { seen: paths, configured: snapshot.view.paths }) ??
    doubtCertificates(server, Date.parse(host.clock.wallTime()));
  const promised = self ? reasonOfFailsafe(context.failsafe()) : undefined;
  const trouble = promised ?? doubt;
  const state = !fresh && !self ? 'unknown' : !there ? 'dead' : trouble ? 'warning' : 'alive';
  const reason =
    state === 'dead'
      ? because('lease-ended', { server: server.name })
      : state === 'warning'
        ? trouble
        : undefined;
  return {
    name: server.name,
    role: server.role,
    state,
    reason: reason ? copyReason(reason) : null,
    version: self ? context.version : (session?.version ?? null),
    addresses: [...server.addresses],
    port: server.port,
    etcd: server.etcd,
    lease: self ? ownLease : !fresh ? 'unknown' : session ? 'good' : 'lost',
    confirmFailover: server.confirmFailover,
    blockFailover: server.blockFailover,
    shutdownStrategy: server.shutdownStrategy,
    leaseGoodForMs: goodForMs === undefined ? null : Math.round(goodForMs),
    paths: paths.map(({ id, peer, state: pathState, roundTripMs, misses, flaps }) => ({
      id,
      peer: self ? peer : file.server,
      state: pathState,
      roundTripMs: roundTripMs ?? null,
      misses,
      flaps,
    })),
  };
}

/** How it stands with the promises of others while the lease cannot be renewed; `undefined` while there is no need of them. */
export function reasonOfFailsafe(state: FailsafeState): Reason | undefined {
  switch (state.kind) {
    case 'idle':
      return undefined;
    case 'holding':
      return because('failsafe');
    case 'refused': {
      const [refuser = '', { code, facts }] = Object.entries(state.refusals)[0] ?? ['', because('no-answer')];
      return because('failsafe-refused', { ...facts, refuser, cause: code });
    }
    default:
      return state satisfies never;
  }
}

/**
 * What is wrong with the paths of a server, `undefined` when nothing is: one of them is dead as seen from here, or a
 * server is reached by one path only, so that the loss of one network would part the two (C-02).
 */
export function judgePaths(
  server: ServerName,
  paths: { readonly seen: readonly PathView[]; readonly configured: readonly CommunicationPath[] },
): Reason | undefined {
  const dead = paths.seen.filter(({ state }) => state === 'dead');
  if (dead.length > 0) return because('path-dead', { paths: dead.map(({ id }) => id).join(' ') });
  const others = paths.configured
    .filter(({ ends }) => ends.some((end) => end.server === server))
    .flatMap(({ ends }) => ends.map((end) => end.server).filter((name) => name !== server));
  const single = others.filter((name) => others.filter((one) => one === name).length === 1);
  return single.length > 0
    ? because('path-not-redundant', { servers: single.toSorted().join(' ') })
    : undefined;
}
