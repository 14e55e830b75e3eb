import { because, type Tunables } from '@holdfast/core';
import type { ActionContext, ActionResult, Guard, InstanceRef, Instances } from '@holdfast/engine/ports';
import type { CheckContext, Host, Kit, KitContext } from '@holdfast/kits';
import type { TunablesOf, TunableSources } from './tunables.ts';

export interface InstancesOptions {
  readonly cluster: string;
  readonly server: string;
  readonly host: Host;
  readonly guard: Guard;
  readonly kits: ReadonlyMap<string, Kit>;
  readonly tunables: Pick<TunableSources, 'read' | 'recent'>;
}

/** The engine's actions on instances, done by the recovery kits on this server's host. */
export function createInstances(options: InstancesOptions): Instances {
  const { kits, host, cluster, server, guard } = options;
  const identity = () => ({ server, host, incarnation: guard.state()?.incarnation ?? '' });

  const tunablesOf = ({ kit, tag, tunables: own }: InstanceRef): TunablesOf => ({
    kit: kits.get(kit),
    tag,
    own,
  });

  function actContext(
    instance: InstanceRef,
    act: ActionContext,
    tunables: Tunables,
  ): KitContext<InstanceRef['parameters']> {
    const { tag, hierarchy, parameters } = instance;
    return { ...identity(), ...act, cluster, tag, hierarchy, parameters, tunables };
  }

  function checkContext(instance: InstanceRef, limitMs: number): CheckContext<InstanceRef['parameters']> {
    const { tag, parameters } = instance;
    const signal = AbortSignal.timeout(limitMs);
    const tunables = options.tunables.recent(tunablesOf(instance));
    return { ...identity(), tag, parameters, tunables, signal, deadline: host.clock.now() + limitMs };
  }

  async function withKit(
    instance: InstanceRef,
    act: (kit: Kit) => Promise<ActionResult>,
  ): Promise<ActionResult> {
    const kit = kits.get(instance.kit);
    if (kit) return act(kit);
    return { state: 'unknown', reason: because('kit-missing', { kit: instance.kit, tag: instance.tag }) };
  }

  /** An action takes the limits as they are when it begins (K-18). */
  function withLimits(
    instance: InstanceRef,
    act: (kit: Kit, tunables: Tunables) => Promise<ActionResult>,
  ): Promise<ActionResult> {
    return withKit(instance, async (kit) => act(kit, await options.tunables.read(tunablesOf(instance))));
  }

  return {
    restore: (instance, act) =>
      withLimits(instance, (kit, tunables) => kit.restore(actContext(instance, act, tunables))),
    remove: (instance, act) =>
      withLimits(instance, (kit, tunables) => {
        const { permit: _, ...context } = actContext(instance, { ...act, permit: neverAsked }, tunables);
        return kit.remove(context);
      }),
    recover: (instance, act) =>
      withLimits(instance, (kit, tunables) =>
        (kit.recover ?? kit.restore)(actContext(instance, act, tunables)),
      ),
    repairsInPlace: (kit) => kits.get(kit)?.recover !== undefined,
    quickCheck: (instance) =>
      withKit(instance, (kit) => kit.quickCheck(checkContext(instance, instance.checks.quickDeadlineMs))),
    deepCheck: (instance) =>
      withKit(instance, (kit) => kit.deepCheck(checkContext(instance, instance.checks.deepDeadlineMs))),
    removeLimitMs: (instance) =>
      kits.get(instance.kit)?.removeLimitMs?.(options.tunables.recent(tunablesOf(instance))),
    watch: (instance, onEnd) => kits.get(instance.kit)?.watch(instance.parameters, host, onEnd) ?? (() => {}),
    killPlan: (instance) => kits.get(instance.kit)?.killPlan(instance.parameters, host) ?? [],
  };
}

/** Stopping needs no permission. */
function neverAsked(): never {
  throw new Error('a stop asked for permission');
}
