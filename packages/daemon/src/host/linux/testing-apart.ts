import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { ActionApart } from '@holdfast/kits/trial';

/** What a process needs to know to do one action of a kit by itself. */
export const apartOrder = z.strictObject({
  /** The kit: a module of the workspace, and the name of its export. */
  module: z.string(),
  name: z.string(),
  action: z.enum(['restore', 'remove']),
  term: z.int(),
  parameters: z.record(z.string(), z.unknown()),
  host: z.strictObject({
    serviceManager: z.enum(['systemd', 'direct']),
    addressKind: z.enum(['kernel', 'loopback']),
    processScope: z.enum(['host', 'own']),
    runDirectory: z.string(),
    stateDirectory: z.string(),
  }),
});

export type ApartOrder = z.infer<typeof apartOrder>;

/**
 * Does one action of a kit on the Linux host in a process of its own, for tests that kill it in the middle. Resolves
 * when the action has begun. `prefix` runs it elsewhere, such as in a network namespace.
 */
export async function startActionApart(
  order: ApartOrder,
  prefix: readonly string[] = [],
): Promise<ActionApart> {
  const program = fileURLToPath(new URL('testing-apart-child.ts', import.meta.url));
  const [executable = '', ...args] = [...prefix, process.execPath, program, JSON.stringify(order)];
  const child = spawn(executable, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
