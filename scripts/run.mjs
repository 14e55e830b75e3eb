// Entry of the npm scripts: makes sure that everything is there, then runs the right program with the pinned
// Node. Plain JavaScript without dependencies, for any Node from 20 on: it runs before anything is installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { runChecks } from './checks.mjs';
import { Problem, nodeBinary, root } from './common.mjs';
import { ensureConsole } from './console.mjs';
import { ensureModules } from './modules.mjs';
import { ensurePrograms } from './programs.mjs';

/** What each command runs, and whether it needs etcd and its companions. */
const commands = {
  demo: { entry: 'packages/lab/src/demo.ts', programs: true, console: true },
  holdfast: { entry: 'packages/cli/src/main.mjs', programs: false, console: true },
  console: { build: 'console' },
  screenshots: { entry: 'test/browser/write-screenshots.ts', forTests: true, programs: true, console: true },
  sim: { entry: 'packages/sim/src/main.ts', programs: false },
  'bench-failover': { entry: 'bench/failover.ts', programs: true },
  test: { checks: 'all', programs: true, console: true },
  check: { checks: 'static', programs: false },
};

async function main([name = '', ...args]) {
  const command = commands[name];
  if (command === undefined)
    throw new Problem(`usage: node scripts/run.mjs ${Object.keys(commands).join('|')}`);
  await ensureModules();
  if (command.programs) await ensurePrograms({ forTests: command.forTests ?? command.checks !== undefined });
  if (command.console || command.build === 'console') await ensureConsole();
  if (command.build !== undefined) return 0;
  if (command.checks !== undefined) return runChecks(command.checks, args);
  const entry = path.join(root, command.entry);
  if (!existsSync(entry)) throw new Problem(`${command.entry} is not there`);
  return runToEnd(nodeBinary(), [entry, ...args]);
}

/**
 * Runs a program in the foreground; signals reach it with the whole group, or are passed on. Returns its exit
 * code.
 */
function runToEnd(executable, args) {
  return new Promise((resolve, reject) => {
    // By the channel the program learns when this process is killed.
    const child = spawn(executable, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
    // From a terminal the program gets Ctrl-C itself: then it is not told twice.
    const passOn = (signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn);
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
