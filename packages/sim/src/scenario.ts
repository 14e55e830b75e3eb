import { defaultChecks, defaultRecovery } from '@holdfast/core';
import type { Hierarchy, ProfileName, Resource, ShutdownStrategy } from '@holdfast/core';
import type { Rule } from './checkers.ts';

export type AmbushPoint = 'start' | 'stop' | 'commit';

/**
 * What goes wrong, and for how long. `server` is a name, or `owner:<hierarchy>` or `other:<hierarchy>`: who owns it then, or
 * somebody else that it is extended to. Milliseconds.
 */
export type Fault = { readonly at: number } & (
  | { readonly kind: 'daemon-crash'; readonly server: string; readonly backAfterMs: number }
  | { readonly kind: 'daemon-freeze'; readonly server: string; readonly forMs: number }
  | { readonly kind: 'guard-crash'; readonly server: string }
  | { readonly kind: 'guard-freeze'; readonly server: string; readonly forMs: number }
  | { readonly kind: 'both-crash'; readonly server: string; readonly backAfterMs: number }
  | {
      readonly kind: 'server-freeze';
      readonly server: string;
      readonly forMs: number;
      readonly how: 'freeze' | 'sleep';
    }
  | { readonly kind: 'power-off'; readonly server: string; readonly backAfterMs: number }
  /** In order, as an administrator does it, and switched on again so long after its end. */
  | { readonly kind: 'shut-down'; readonly server: string; readonly backAfterMs: number }
  | { readonly kind: 'all-off'; readonly backAfterMs: readonly number[] }
  | {
      readonly kind: 'cut';
      readonly server: string;
      readonly forMs: number;
      readonly how: 'cut' | 'answers-lost' | 'requests-lost';
    }
  | { readonly kind: 'slow-store'; readonly server: string; readonly forMs: number; readonly delayMs: number }
  /** Answers come late, requests do not. */
  | {
      readonly kind: 'late-answers';
      readonly server: string;
      readonly forMs: number;
      readonly delayMs: number;
    }
  /** The next transaction of that server takes this long to arrive; everything else is quick. */
  | { readonly kind: 'late-commit'; readonly server: string; readonly delayMs: number }
  | { readonly kind: 'store-outage'; readonly forMs: number }
  /** The paths of a server, to one other or to all; those to the store are another fault. */
  | {
      readonly kind: 'path-cut';
      readonly server: string;
      readonly other: string | undefined;
      readonly how: 'both' | 'out' | 'in';
      readonly forMs: number;
    }
  | { readonly kind: 'slow-paths'; readonly server: string; readonly delayMs: number; readonly forMs: number }
  | { readonly kind: 'lossy-paths'; readonly share: number; readonly forMs: number }
  /** Leases are renewed, and nothing else is done until it is over: etcd on a hung disk. What waits is done then. */
  | { readonly kind: 'store-stall'; readonly forMs: number }
  | { readonly kind: 'slow-disk'; readonly server: string; readonly forMs: number; readonly diskMs: number }
  | { readonly kind: 'long-recovery'; readonly forMs: number; readonly recoveryMs: number }
  | { readonly kind: 'crash'; readonly tag: string; readonly leaves: 'stopped' | 'half' }
  | {
      readonly kind: 'bad-start';
      readonly server: string;
      readonly tag: string;
      readonly forMs: number;
      readonly how: 'server' | 'data' | 'hangs' | 'hangs-for-good';
    }
  | {
      readonly kind: 'bad-stop';
      readonly server: string;
      readonly tag: string;
      readonly forMs: number;
      readonly how: 'fails' | 'hangs' | 'half';
    }
  | { readonly kind: 'unkillable'; readonly server: string; readonly tag: string; readonly forMs: number }
  | {
      readonly kind: 'bad-check';
      readonly tag: string;
      readonly forMs: number;
      readonly how: 'server' | 'data' | 'mute';
    }
  /** At the next such moment on that server: between the permission and the act of a start, at a stop, at a commit. */
  | {
      readonly kind: 'ambush';
      readonly server: string;
      readonly point: AmbushPoint;
      readonly does: 'server-freeze' | 'daemon-crash' | 'guard-crash' | 'power-off' | 'answers-lost' | 'cut';
      readonly forMs: number;
    }
);

/** What an operator asks for. It is judged and written as the API does it. */
export type Wish = { readonly at: number } & (
  | { readonly kind: 'in-service'; readonly hierarchy: string; readonly target: string | undefined }
  | { readonly kind: 'out-of-service'; readonly hierarchy: string }
  | { readonly kind: 'extend'; readonly hierarchy: string; readonly server: string }
  | {
      readonly kind: 'unextend';
      readonly hierarchy: string;
      readonly server: string;
      readonly force: boolean;
    }
  /** Between two hierarchies it makes one of them; taken back it may make two of one. `hierarchy` is the parent's tag. */
  | { readonly kind: 'add-dependency'; readonly hierarchy: string; readonly child: string }
  | { readonly kind: 'remove-dependency'; readonly hierarchy: string; readonly child: string }
  /** The order of priorities is turned round, and local recovery turned on or off. */
  | { readonly kind: 'set'; readonly hierarchy: string; readonly localRecovery: boolean }
  | { readonly kind: 'delete'; readonly hierarchy: string; readonly force: boolean }
  | { readonly kind: 'create'; readonly hierarchy: string; readonly server: string }
  /** Of the whole cluster without a hierarchy. */
  | { readonly kind: 'maintenance'; readonly hierarchy: string | undefined; readonly on: boolean }
  | { readonly kind: 'switchback'; readonly hierarchy: string; readonly healthyForMs: number | undefined }
  /** A dead one; with force also one that is alive and owns nothing. */
  | { readonly kind: 'remove-server'; readonly server: string; readonly force: boolean }
  | {
      readonly kind: 'set-server';
      readonly server: string;
      readonly confirmFailover?: boolean;
      readonly blockFailover?: boolean;
      readonly shutdownStrategy?: ShutdownStrategy;
    }
  /** A server that is planned to join does so. */
  | { readonly kind: 'join'; readonly server: string }
);

export interface ServerPlan {
  readonly name: string;
  readonly role: 'member' | 'witness';
  readonly hasWatchdog: boolean;
  readonly drift: number;
  /** Switched on this long after the beginning; false: never. */
  readonly onAfterMs: number;
  /** It joins when an operator asks for that; it is switched on then. */
  readonly joins?: boolean;
}

/** One run, wholly: everything else follows from it and the seed. */
export interface Scenario {
  readonly name: string;
  readonly seed: number;
  readonly profile: ProfileName;
  readonly servers: readonly ServerPlan[];
  readonly hierarchies: readonly Hierarchy[];
  /** Those that nobody has created yet. */
  readonly absent: readonly string[];
  readonly faults: readonly Fault[];
  readonly wishes: readonly Wish[];
  /** Everything is put right at this time, except servers that stay off. */
  readonly healAt: number;
  readonly staysOff: readonly string[];
  /** Faults that outlast the healing: the cluster must live with them. */
  readonly lasting: readonly Fault[];
  /** Servers that have no watchdog are spared what only a watchdog can answer ({@link isLastResort}). */
  readonly sparesLastResort: boolean;
  /** Rules that this class of schedules cannot keep; its name says which class. */
  readonly excluded: readonly Rule[];
  /** Owners ask others for promises while the store has no leader (C-08). */
  readonly failsafe?: boolean;
  /** What goes wrong from then on is the store's loss of its leader alone: nothing may stop. */
  readonly uninterruptedFrom?: number;
}

/** A database on a shared volume with an address: the usual hierarchy. */
export function createHierarchy(id: string, priorities: Hierarchy['priorities']): Hierarchy {
  const resource = (tag: string, kit: string, children: readonly string[]): Resource => ({
    tag,
    kit,
    parameters: {},
    children,
    instances: {},
    checks: { ...defaultChecks, deepEveryMs: kit === 'postgresql' ? 3000 : 0, badDeep: 2 },
    tunables: {},
  });
  return {
    id,
    resources: [
      resource(id, 'postgresql', [`${id}-volume`, `${id}-address`]),
      resource(`${id}-volume`, 'volume', []),
      resource(`${id}-address`, 'ip', []),
    ],
    priorities,
    recovery: { ...defaultRecovery, windowMs: 20_000, restMs: 5_000, failoverWindowMs: 20_000 },
    switchback: { kind: 'intelligent' },
    maintenance: false,
  };
}

/**
 * Where there is no watchdog, nothing stops what runs once daemon and guard are both gone, or all of the server is frozen,
 * or a process cannot be killed (S3): on such a server either daemons die or guards, never both. Odd ones lose guards.
 */
export function isLastResort(fault: Fault, index: number): boolean {
  const losesGuards = index % 2 === 0;
  switch (fault.kind) {
    case 'guard-freeze':
    case 'both-crash':
    case 'server-freeze':
    case 'unkillable':
      return true;
    case 'daemon-crash':
    case 'daemon-freeze':
      return losesGuards;
    case 'guard-crash':
      return !losesGuards;
    case 'ambush':
      return (
        fault.does === 'server-freeze' ||
        (fault.does === 'daemon-crash' && losesGuards) ||
        (fault.does === 'guard-crash' && !losesGuards)
      );
    default:
      return false;
  }
}
