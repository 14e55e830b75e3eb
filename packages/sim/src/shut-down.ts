import { switchOff, switchOn } from './life.ts';
import type { Node, World } from './world.ts';

/** A machine waits so long for the end of its services, and then goes down all the same. Milliseconds. */
const longestMs = 8_000;
const lookEveryMs = 20;

/** The end of a server in order: it gives away or stops what it runs, and then the machine is switched off (C-07). */
export function shutDown(world: World, node: Node, backAfterMs: number): void {
  const { scheduler, trace } = world;
  const engine = node.daemon?.engine;
  const boot = node.machine.boot();
  if (!engine || !node.machine.isOn()) return;
  trace.add(() => `${node.plan.name}: is shut down`);
  engine.setAccepting(false);
  const until = scheduler.now() + longestMs;
  const look = (): void => {
    if (node.machine.boot() !== boot || !node.machine.isOn() || node.daemon?.engine !== engine) return;
    const owners = engine.state().snapshot?.view.owners ?? {};
    const isLeft = Object.values(owners).every(({ server }) => server !== node.plan.name);
    if (!isLeft && scheduler.now() < until) return void scheduler.after(lookEveryMs, look);
    switchOff(world, node);
    scheduler.after(backAfterMs, () => switchOn(world, node));
  };
  look();
}
