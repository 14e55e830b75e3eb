import { because } from '@holdfast/core';
import type { ActionContext, ActionResult, Guard, InstanceRef, Instances } from '@holdfast/engine/ports';
import type { CheckContext, Host, Kit, KitContext } from '@holdfast/kits';

export interface InstancesOptions {
  readonly cluster: string;
  readonly server: string;
  readonly host: Host;
  readonly guard: Guard;
  readonly kits: ReadonlyMap<string, Kit>;
}

/** The engine's actions on instances, done by the recovery kits on this server's host. */
export function createInstances(options: InstancesOptions): Instances {
  const { kits, host, cluster, server, guard } = options;
  const identity = () => ({ server, host, incarnation: guard.state()?.incarnation ?? '' });

  function actContext(instance: InstanceRef, act: ActionContext): KitContext<InstanceRef['parameters']> {
    const { tag, hierarchy, parameters } = instance;
    return { ...identity(), ...act, cluster, tag, hierarchy, parameters };
  }

  function checkContext(instance: InstanceRef, limitMs: number): CheckContext<InstanceRef['parameters']> {
    const { tag, parameters } = instance;
    const signal = AbortSignal.timeout(limitMs);
    return { ...identity(), tag, parameters, signal, deadline: host.clock.now() + limitMs };
  }

  async function withKit(
    instance: InstanceRef,
    act: (kit: Kit) => Promise<ActionResult>,
  ): Promise<ActionResult> {
    const kit = kits.get(instance.kit);
    if (kit) return act(kit);
    return { state: 'unknown', reason: because('kit-missing', { kit: instance.kit, tag: instance.tag }) };
  }

  return {
    restore: (instance, act) => withKit(instance, (kit) => kit.restore(actContext(instance, act))),
    remove: (instance, act) =>
      withKit(instance, (kit) => {
        const { permit: _, ...context } = actContext(instance, { ...act, permit: neverAsked });
        return kit.remove(context);
      }),
    recover: (instance, act) =>
      withKit(instance, (kit) => (kit.recover ?? kit.restore)(actContext(instance, act))),
    repairsInPlace: (kit) => kits.get(kit)?.recover !== undefined,
    quickCheck: (instance) =>
      withKit(instance, (kit) => kit.quickCheck(checkContext(instance, instance.checks.quickDeadlineMs))),
    deepCheck: (instance) =>
      withKit(instance, (kit) => kit.deepCheck(checkContext(instance, instance.checks.deepDeadlineMs))),
    watch: (instance, onEnd) => kits.get(instance.kit)?.watch(instance.parameters, host, onEnd) ?? (() => {}),
    killPlan: (instance) => kits.get(instance.kit)?.killPlan(instance.parameters, host) ?? [],
  };
}

/** Stopping needs no permission. */
function neverAsked(): never {
  throw new Error('a stop asked for permission');
}
