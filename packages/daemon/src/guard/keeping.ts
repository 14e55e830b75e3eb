import type { GuardView, HierarchyId, Reason } from '@holdfast/core';
import type { LeaseState } from '@holdfast/engine/ports';
import type { SleepClock } from './clock.ts';
import type { GuardConfig } from './config.ts';
import type { Beginning } from './inheritance.ts';
import type { LeaseClient } from './lease-client.ts';
import type { Log } from './log.ts';
import type { PromisedAt, Request } from './protocol.ts';

export interface KeeperOptions extends Beginning {
  readonly runDirectory: string;
  readonly leases: LeaseClient;
  readonly sleepClock: SleepClock;
  readonly log: Log;
  /** Called after every step: what the daemon is told may have changed. */
  readonly onStep: () => void;
  /** Everything has stopped and the lease is given back, as was asked. */
  readonly onFinished: () => void;
  /** Another guard has taken over: this one must do nothing more. */
  readonly onSuperseded: () => void;
}

/** The guard at work: observes, lets `decideGuard` decide, and does that. Answers of requests are refusals. */
export interface Keeper {
  start(): void;
  /** `lateMs`: how long after its time the last step came, where that is worth a word. */
  state(): { readonly lease: LeaseState | undefined; readonly reason: Reason; readonly lateMs?: number };
  activity(): GuardView['activity'];
  alive(): void;
  plan(request: Extract<Request, { kind: 'plan' }>): Promise<Reason | undefined>;
  drop(hierarchy: HierarchyId): Promise<Reason | undefined>;
  retain(hierarchies: readonly HierarchyId[]): Promise<Reason | undefined>;
  kill(hierarchy: HierarchyId): Promise<Reason | undefined>;
  hold(promised: PromisedAt): Promise<Reason | undefined>;
  configure(config: GuardConfig): Reason | undefined;
  release(): void;
}
