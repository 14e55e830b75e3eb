import { allow, type Parameters } from '@holdfast/core';
import type { Host } from './host.ts';
import type { CheckContext, Kit, KitContext } from './kit.ts';
import { defaultTunables } from './tunables.ts';

/** What an action or a check is done on. */
export interface TrialSubject {
  readonly kit: Kit;
  readonly host: Host;
  readonly parameters: Parameters;
}

/** One resource on this machine that the suite may bring in and out of service as often as it likes. */
export interface KitTrial extends TrialSubject {
  /** Looks at the real thing without the kit: is nothing of the resource active any more? */
  isGone(): Promise<boolean>;
  /** Milliseconds that one action may take on this machine when nothing is wrong. */
  readonly limitMs: number;
  /** Does an action in a process of its own, which can be killed in the middle. Resolves when the action has begun. */
  startApart?(action: 'restore' | 'remove', term: number): Promise<ActionApart>;
  /** Makes what runs hang: its disk, its processes. Resolves to how that is taken back. Absent where nothing can hang. */
  hang?(): Promise<() => Promise<void>>;
  dispose(): Promise<void>;
}

export interface ActionApart {
  /** Kills the process at once and waits until it is gone. */
  kill(): Promise<void>;
}

/** What a test may change of an action's context. */
export type TrialChange = Partial<
  Pick<KitContext<Parameters>, 'term' | 'isFirst' | 'permit' | 'signal' | 'incarnation' | 'server'>
>;

/** A context for one action of a trial: term 1, of a creation, everything allowed. */
export function actContext(trial: TrialSubject, change: TrialChange): KitContext<Parameters> {
  return {
    tag: trial.kit.name,
    cluster: 'trial',
    hierarchy: 'trial',
    server: 'server1',
    incarnation: 'incarnation-1',
    host: trial.host,
    parameters: trial.parameters,
    tunables: defaultTunables(trial.kit.tunables),
    term: 1,
    isFirst: true,
    permit: allow,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...change,
  };
}

/** A context for one check of a trial, with `limitMs` from now as its deadline. */
export function checkContext(trial: TrialSubject, limitMs: number): CheckContext<Parameters> {
  return {
    tag: trial.kit.name,
    server: 'server1',
    incarnation: 'incarnation-1',
    host: trial.host,
    parameters: trial.parameters,
    tunables: defaultTunables(trial.kit.tunables),
    signal: AbortSignal.timeout(limitMs),
    deadline: trial.host.clock.now() + limitMs,
  };
}
