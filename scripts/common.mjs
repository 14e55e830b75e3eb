import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Something that a person has to put right: only its message is shown. */
export class Problem extends Error {}

/** The pinned runtime, brought by npm for this processor. */
export function nodeBinary() {
  return path.join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
}

/**
 * Runs a program with its output on this terminal. Returns its exit code; `undefined` when it cannot be
 * started.
 */
export function run(executable, args, { env = process.env, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(executable, args, {
      cwd: root,
      env,
      stdio: ['ignore', quiet ? 'ignore' : 'inherit', quiet ? 'ignore' : 'inherit'],
    });
    child.once('error', () => resolve(undefined));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
