import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { bindKit } from '../bound-kit.ts';
import { describeKit } from '../conformance.ts';
import type { ActionApart, KitTrial } from '../trial.ts';
import type { ActionApartOptions } from './testing-apart.ts';
import { createTestBench, type TestBench, type TestCluster } from './testing.ts';

let bench: TestBench;

beforeAll(async () => {
  bench = await createTestBench();
});
afterAll(() => bench.dispose());

async function startApart(
  cluster: TestCluster,
  action: 'restore' | 'remove',
  term: number,
): Promise<ActionApart> {
  const options: ActionApartOptions = {
    host: cluster.hostOptions,
    parameters: cluster.parameters,
    action,
    term,
  };
  const script = fileURLToPath(new URL('testing-apart.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function holdAll(cluster: TestCluster): Promise<() => Promise<void>> {
  const held = await cluster.processes();
  const signalAll = async (signal: NodeJS.Signals): Promise<void> => {
    for (const view of held) await cluster.host.processes.signal(view.pid, signal, view.startTicks);
  };
  await signalAll('SIGSTOP');
  return () => signalAll('SIGCONT');
}

describeKit('postgresql', async (): Promise<KitTrial> => {
  const cluster = await bench.createCluster();
  const kit = bindKit(cluster.kit);
  return {
    kit,
    host: cluster.host,
    parameters: cluster.parameters,
    isGone: async () => (await cluster.processes()).length === 0,
    limitMs: 10_000,
    startApart: (action, term) => startApart(cluster, action, term),
    hang: () => holdAll(cluster),
    dispose: () => cluster.dispose(),
  };
});
