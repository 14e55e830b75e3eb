import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

/** Two network namespaces joined by one cable: `left` is this server, `right` is a neighbour. */
export interface NetworkPair {
  readonly left: NetworkEnd;
  readonly right: NetworkEnd;
  /** Subnet /24 of both: `.1` is left's own address, `.2` is right's. */
  address(last: number): string;
  dispose(): void;
}

export interface NetworkEnd {
  readonly namespace: string;
  readonly device: string;
  /** Put before a command, it runs in this end's namespace. */
  readonly prefix: readonly string[];
  run(...command: readonly string[]): string;
  mac(): string;
}

/** Needs root. Everything is taken away by `dispose`. */
export function createNetworkPair(): NetworkPair {
  const id = randomBytes(3).toString('hex');
  const left = createEnd(`hf-${id}-l`, `hf${id}l`);
  const right = createEnd(`hf-${id}-r`, `hf${id}r`);
  const address = (last: number): string => `10.213.77.${last}`;
  const ip = (...args: readonly string[]): string => execFileSync('/usr/bin/ip', args, { encoding: 'utf8' });
  for (const end of [left, right]) ip('netns', 'add', end.namespace);
  ip('link', 'add', left.device, 'netns', left.namespace, 'type', 'veth', 'peer', right.device);
  ip('link', 'set', right.device, 'netns', right.namespace);
  for (const [end, last] of [
    [left, 1],
    [right, 2],
  ] as const) {
    end.run('/usr/bin/ip', 'link', 'set', 'lo', 'up');
    end.run('/usr/bin/ip', 'address', 'add', `${address(last)}/24`, 'dev', end.device);
    end.run('/usr/bin/ip', 'link', 'set', end.device, 'up');
  }
  for (const end of [left, right]) awaitLink(end);
  return {
    left,
    right,
    address,
    dispose: () => {
      for (const end of [left, right]) ip('netns', 'delete', end.namespace);
    },
  };
}

/** The kernel tells that a link is up a moment later. */
function awaitLink(end: NetworkEnd): void {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const state = end.run('/usr/bin/ip', 'link', 'show', end.device);
    if (state.includes('state UP')) return;
    if (performance.now() > deadline) throw new Error(`the link does not come up: ${state}`);
  }
}

function createEnd(namespace: string, device: string): NetworkEnd {
  const prefix = ['/usr/bin/nsenter', `--net=/run/netns/${namespace}`];
  const run = (...command: readonly string[]): string => {
    const [executable = '', ...args] = [...prefix, ...command];
    return execFileSync(executable, args, { encoding: 'utf8' });
  };
  return {
    namespace,
    device,
    prefix,
    run,
    mac: () => /link\/ether ([0-9a-f:]+)/.exec(run('/usr/bin/ip', 'link', 'show', device))?.[1] ?? '',
  };
}
