import type { PromiseRequest, Reason } from '@holdfast/core';
import type { SimProcess } from './machine.ts';
import type { Node, World } from './world.ts';

/** The communication paths between servers: what is cut, slow or lossy. Not those to the store. */
export interface PathNetwork {
  /** `from>to`, for each direction that is cut. */
  readonly cuts: Set<string>;
  /** Longest time of one way by the server that sends, milliseconds, where it is not the usual. */
  readonly delays: Map<string, number>;
  /** This share of all messages is lost. */
  lossShare: number;
}

export function createPathNetwork(): PathNetwork {
  return { cuts: new Set(), delays: new Map(), lossShare: 0 };
}

const usualDelayMs = 3;

function send(world: World, from: string, to: string, arrive: () => void): void {
  const { paths, random, scheduler } = world;
  const delayMs = random.between(0.1, paths.delays.get(from) ?? usualDelayMs);
  if (paths.cuts.has(`${from}>${to}`) || random.chance(paths.lossShare)) return;
  scheduler.after(delayMs, () => {
    if (!paths.cuts.has(`${from}>${to}`)) arrive();
  });
}

/**
 * Asks another server's daemon for its promise. What was sent may arrive after the deadline, and a frozen daemon answers
 * when it goes on.
 */
export function askForPromise(
  world: World,
  asking: { readonly node: Node; readonly process: SimProcess },
  to: string,
  request: PromiseRequest,
  timeoutMs: number,
): Promise<Reason | undefined> {
  const from = asking.node.plan.name;
  const { promise, resolve, reject } = Promise.withResolvers<Reason | undefined>();
  const cancel = asking.process.after(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
  send(world, from, to, () => {
    const asked = world.nodes.get(to);
    const daemon = asked?.daemon;
    if (!asked || !daemon) return;
    daemon.process.deliver(() => {
      if (!daemon.promises) return;
      const verdict = daemon.promises.promise(from, request);
      if (verdict.allowed) notePromise(world, asked, from, request.forMs);
      send(world, to, from, () =>
        asking.process.deliver(() => {
          cancel();
          resolve(verdict.allowed ? undefined : verdict.reason);
        }),
      );
    });
  });
  return promise;
}

function notePromise(
  { checkers, scheduler }: World,
  { plan, machine }: Node,
  to: string,
  forMs: number,
): void {
  checkers.onPromise(plan.name, to, scheduler.now() + machine.trueMs(forMs));
}

/** Cuts the paths of a server, to one other or to all. */
export function cutPaths(
  { paths, scheduler, nodes }: World,
  cut: {
    readonly server: string;
    readonly other: string | undefined;
    readonly how: 'both' | 'out' | 'in';
    readonly forMs: number;
  },
): void {
  const others = [...nodes.keys()].filter((name) => name !== cut.server && (cut.other ?? name) === name);
  const directions = others.flatMap((name) => [
    ...(cut.how === 'in' ? [] : [`${cut.server}>${name}`]),
    ...(cut.how === 'out' ? [] : [`${name}>${cut.server}`]),
  ]);
  for (const direction of directions) paths.cuts.add(direction);
  scheduler.after(cut.forMs, () => {
    for (const direction of directions) paths.cuts.delete(direction);
  });
}
