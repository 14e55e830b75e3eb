import type { ServerHttp2Session } from 'node:http2';
import { TLSSocket } from 'node:tls';
import type { CommunicationPath, InstantMs, PathEnd, ServerName, WallTime } from '@holdfast/core';
import { monotonicNow } from '../etcd/clock.ts';
import { createAcceptedChannel, type AcceptedChannel } from './accepted-channel.ts';
import { onSessionEnd, type Channel } from './channel.ts';
import { dialPath } from './dial.ts';
import { createDialledChannel } from './dialled-channel.ts';
import { createDialler } from './dialler.ts';
import type { Handlers } from './handlers.ts';
import { beatAfterAnswer, beatAfterMiss, firstBeat, type Beat } from './heartbeat.ts';
import { showsRevoked } from './peer.ts';
import type { Trust } from './trust.ts';

/** A path as this end sees it (C-02). `changedAt` is for people: when the state became what it is. */
export interface PathState extends Beat {
  readonly id: string;
  readonly peer: ServerName;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly priority: number;
  readonly intervalMs: number;
  readonly allowedMisses: number;
  readonly changedAt: WallTime;
  /** When the other end last answered a heartbeat, on this server's monotonic clock. */
  readonly answeredAt: InstantMs | undefined;
  /** Why the last attempt to connect failed, at the end that dials. */
  readonly lastError: string | undefined;
}

/** Where a path leads, as this server sees it. */
export interface PathPlan {
  readonly path: CommunicationPath;
  readonly local: PathEnd;
  readonly remote: PathEnd;
  readonly remotePort: number;
}

export interface Path {
  readonly peer: ServerName;
  state(): PathState;
  /** The connection, while the path is alive. */
  channel(): Channel | undefined;
  /**
   * The other end has dialled and said hello. Takes the place of an older connection: the dialling end
   * knows better. `undefined` at the end that dials itself.
   */
  accept(session: ServerHttp2Session): AcceptedChannel | undefined;
  /** New interval, misses, priority or port of the same two ends: takes effect on the connection there is. */
  replan(plan: PathPlan): void;
  /** Ends the connection if the other end's certificate has been revoked since it was made. */
  examine(): void;
  close(): void;
}

/** `misses` counts those of this connection: one that has just been made is given as many as any. */
interface Connection {
  readonly channel: Channel;
  pingSentAt: number | undefined;
  misses: number;
}

/** A handshake needs a while on a busy machine, however short the heartbeat's interval is. */
const shortestDialTimeoutMs = 1_000;

/**
 * Keeps one path: the server whose name sorts first dials. Each end sends its own heartbeats, so that each
 * knows for itself whether it reaches the other.
 */
export function createPath(options: {
  readonly plan: PathPlan;
  readonly trust: Trust;
  readonly handlers: Handlers;
  readonly onChange: (state: PathState) => void;
}): Path {
  const { trust, handlers, onChange } = options;
  let plan = options.plan;
  const peer = plan.remote.server;
  const dials = plan.local.server < peer;
  let closed = false;
  let beat = firstBeat;
  let changedAt = new Date().toISOString();
  let answeredAt: InstantMs | undefined;
  let connection: Connection | undefined;

  const dialler = dials
    ? createDialler({
        dial: (signal) => dialPath({ ...planDial(plan), trust, signal }),
        onConnection: (session) => connect(createDialledChannel({ session, peer, handlers })),
        longestPauseMs: () => plan.path.intervalMs,
      })
    : undefined;
  let heartbeat = setInterval(beatSoon, plan.path.intervalMs);

  function become(next: Beat): void {
    const before = beat;
    beat = next;
    if (before.state === next.state) return;
    changedAt = new Date().toISOString();
    onChange(state());
  }

  /**
   * After a stall of this process the answers lie unread in the sockets: they are read before a miss is
   * counted.
   */
  function beatSoon(): void {
    setImmediate(() => {
      if (!closed) beatNow();
    });
  }

  function beatNow(): void {
    const sentAt = connection?.pingSentAt;
    const overdue = sentAt !== undefined && performance.now() - sentAt > plan.path.intervalMs / 2;
    if (!connection || overdue) become(beatAfterMiss(beat, plan.path.misses));
    if (!connection) return;
    if (sentAt === undefined) ping(connection);
    else if (overdue && (connection.misses += 1) >= plan.path.misses) connection.channel.close();
  }

  function ping(to: Connection): void {
    to.pingSentAt = performance.now();
    const onAnswer = (error: Error | null, roundTripMs: number): void => {
      if (error !== null || connection !== to || closed) return;
      to.pingSentAt = undefined;
      to.misses = 0;
      answeredAt = monotonicNow();
      dialler?.settle();
      become(beatAfterAnswer(beat, roundTripMs));
    };
    if (!to.channel.session.destroyed) to.channel.session.ping(onAnswer);
  }

  function connect(channel: Channel): void {
    connection?.channel.close();
    const made: Connection = { channel, pingSentAt: undefined, misses: 0 };
    connection = made;
    onSessionEnd(channel.session, () => {
      if (connection !== made) return;
      connection = undefined;
      dialler?.dialLater();
    });
    ping(made);
  }

  const state = (): PathState => ({
    ...beat,
    ...describePlan(plan),
    changedAt,
    answeredAt,
    lastError: dialler?.lastError(),
  });
  return {
    peer,
    state,
    channel: () => (beat.state === 'alive' ? connection?.channel : undefined),
    accept(session) {
      if (dials || closed) return undefined;
      const channel = createAcceptedChannel({ session, peer, handlers });
      connect(channel);
      return channel;
    },
    replan(next) {
      const newInterval = next.path.intervalMs !== plan.path.intervalMs;
      plan = next;
      if (!newInterval) return;
      clearInterval(heartbeat);
      heartbeat = setInterval(beatSoon, plan.path.intervalMs);
    },
    examine() {
      const socket = connection?.channel.session.socket;
      if (socket instanceof TLSSocket && showsRevoked(socket, trust)) connection?.channel.close();
    },
    close() {
      closed = true;
      clearInterval(heartbeat);
      dialler?.close();
      connection?.channel.close();
    },
  };
}

function planDial({ path, local, remote, remotePort }: PathPlan) {
  return {
    pathId: path.id,
    peer: remote.server,
    localAddress: local.address,
    remoteAddress: remote.address,
    remotePort,
    timeoutMs: Math.max(shortestDialTimeoutMs, path.intervalMs),
  };
}

function describePlan({ path, local, remote }: PathPlan) {
  const { id, priority, intervalMs, misses: allowedMisses } = path;
  const [localAddress, remoteAddress] = [local.address, remote.address];
  return { id, peer: remote.server, localAddress, remoteAddress, priority, intervalMs, allowedMisses };
}
