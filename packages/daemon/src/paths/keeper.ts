import type { Readable } from 'node:stream';
import { invariant, type CommunicationPath, type ServerName } from '@holdfast/core';
import type { Channel } from './channel.ts';
import { createGreeter, type PathAcceptor } from './greeter.ts';
import type { Handler } from './handlers.ts';
import { createPath, type Path, type PathPlan, type PathState } from './path.ts';
import type { Trust } from './trust.ts';
import { bodyFits, maxTimeoutMs, PathRequestError, routeName, type AnswerDocument } from './wire.ts';

/**
 * `path-alive` or `path-dead`, with what is known of the path now. A path that was never alive also dies
 * once.
 */
export interface PathEvent {
  readonly code: 'path-alive' | 'path-dead';
  readonly path: PathState;
}

export interface PathKeeper extends PathAcceptor {
  /**
   * Makes the paths of this server those of the list, live: others end, new ones begin, and one whose ends
   * stay keeps its connection. Paths of other servers are passed over, as are those to a server whose port is
   * not given.
   */
  setPaths(paths: readonly CommunicationPath[], ports: ReadonlyMap<ServerName, number>): void;
  states(): readonly PathState[];
  /** Registers what answers requests of a route; one handler per route. Returns how to take that back. */
  handle(route: string, handler: Handler): () => void;
  /**
   * Asks another server over the best live path: the smallest priority number. Not repeated on another path:
   * the other server may have carried it out already. Throws `PathRequestError`, whose `sent` tells the two
   * apart. `overEveryPath`: over all live paths at once, and the first answer counts; for what may be carried out twice.
   */
  request(
    server: ServerName,
    route: string,
    body: unknown,
    options: {
      readonly timeoutMs: number;
      readonly signal?: AbortSignal;
      readonly overEveryPath?: boolean;
    },
  ): Promise<unknown>;
  /**
   * As {@link request}, for an answer of any length: bytes, sent as fast as they are read. Whoever destroys the stream ends
   * the work there, and so does the end of the path; `timeoutMs` and `signal` hold until it begins.
   */
  open(
    server: ServerName,
    route: string,
    body: unknown,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<Readable>;
  /** Calls back when a path becomes alive or dead. Returns how to take that back. */
  onChange(callback: (event: PathEvent) => void): () => void;
  close(): void;
}

/** More than any cluster has: 31 other servers with eight paths each. */
const maxPaths = 256;
export function createPathKeeper(options: {
  readonly server: ServerName;
  readonly trust: Trust;
}): PathKeeper {
  const { server, trust } = options;
  const paths = new Map<string, Path>();
  const handlers = new Map<string, Handler>();
  const listeners = new Set<(event: PathEvent) => void>();
  const greeter = createGreeter((id) => paths.get(id));
  const ignoreTrust = trust.onChange(() => {
    for (const path of paths.values()) path.examine();
  });

  function tell(state: PathState): void {
    if (state.state === 'unknown') return;
    const code = state.state === 'alive' ? 'path-alive' : 'path-dead';
    for (const listener of listeners) listener({ code, path: state });
  }

  function setPaths(list: readonly CommunicationPath[], ports: ReadonlyMap<ServerName, number>): void {
    const plans = new Map(
      list.flatMap((path) => planFor(server, path, ports)).map((plan) => [plan.path.id, plan]),
    );
    invariant(plans.size <= maxPaths, `${plans.size} communication paths of one server`);
    for (const [id, path] of paths) {
      const plan = plans.get(id);
      if (plan && hasSameEnds(path.state(), plan)) {
        path.replan(plan);
      } else {
        path.close();
        paths.delete(id);
      }
    }
    for (const [id, plan] of plans) {
      if (!paths.has(id)) paths.set(id, createPath({ plan, trust, handlers, onChange: tell }));
    }
  }

  /** The live paths to a server, the best first, and the request as it is sent over one. */
  function prepare(to: ServerName, route: string, body: unknown, timeoutMs: number) {
    invariant(timeoutMs >= 1 && timeoutMs <= maxTimeoutMs, `time limit of ${timeoutMs} ms for a request`);
    const [best, ...others] = channelsTo(to);
    if (!best) throw new PathRequestError('path-none', { sent: false, facts: { server: to } });
    if (!bodyFits(body)) throw new PathRequestError('body-too-large', { sent: false, facts: { route } });
    const document = { route: routeName.parse(route), timeoutMs: Math.ceil(timeoutMs), body: body ?? null };
    return { channels: [best, ...others] as const, document };
  }

  async function request(
    to: ServerName,
    route: string,
    body: unknown,
    {
      timeoutMs,
      signal,
      overEveryPath = false,
    }: { readonly timeoutMs: number; readonly signal?: AbortSignal; readonly overEveryPath?: boolean },
  ): Promise<unknown> {
    const { channels, document } = prepare(to, route, body, timeoutMs);
    const [best, ...others] = channels;
    const answer = await firstAnswer(
      [best, ...(overEveryPath ? others : [])].map((channel) =>
        channel.request(document, { timeoutMs, signal }),
      ),
    );
    switch (answer.kind) {
      case 'done':
        return answer.body;
      case 'refused':
        throw new PathRequestError('handler-refused', {
          sent: true,
          reason: { code: answer.code, facts: answer.facts },
        });
      default:
        return answer satisfies never;
    }
  }

  /** Of the live paths, the best first. */
  function channelsTo(to: ServerName): readonly Channel[] {
    return [...paths.values()]
      .filter((path) => path.peer === to)
      .toSorted((a, b) => a.state().priority - b.state().priority)
      .flatMap((path) => path.channel() ?? []);
  }

  return {
    accept: greeter.accept,
    serve: greeter.serve,
    setPaths,
    request,
    async open(to, route, body, { timeoutMs, signal }) {
      const { channels, document } = prepare(to, route, body, timeoutMs);
      return channels[0].open(document, { timeoutMs, signal });
    },
    states: () => [...paths.values()].map((path) => path.state()),
    handle(route, handler) {
      invariant(!handlers.has(routeName.parse(route)), `route ${route} has a handler already`);
      handlers.set(route, handler);
      return () => handlers.delete(route);
    },
    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    close() {
      ignoreTrust();
      for (const path of paths.values()) path.close();
      greeter.close();
      paths.clear();
    },
  };
}

/** Rejects with the first error when there is no answer at all. */
async function firstAnswer(asked: readonly Promise<AnswerDocument>[]): Promise<AnswerDocument> {
  try {
    return await Promise.any(asked);
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

function planFor(
  server: ServerName,
  path: CommunicationPath,
  ports: ReadonlyMap<ServerName, number>,
): readonly PathPlan[] {
  const [one, other] = path.ends;
  if (one.server === other.server || (one.server !== server && other.server !== server)) return [];
  const [local, remote] = one.server === server ? [one, other] : [other, one];
  const remotePort = ports.get(remote.server);
  return remotePort === undefined ? [] : [{ path, local, remote, remotePort }];
}

function hasSameEnds(state: PathState, plan: PathPlan): boolean {
  return (
    state.peer === plan.remote.server &&
    state.localAddress === plan.local.address &&
    state.remoteAddress === plan.remote.address
  );
}
