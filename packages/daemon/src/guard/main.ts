import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { because } from '@holdfast/core';
import { createSleepClock } from './clock.ts';
import { configFileName, parseGuardConfig } from './config.ts';
import { createKeeper } from './keeper.ts';
import type { Keeper } from './keeping.ts';
import { createKiller } from './kill.ts';
import { createLeaseClient } from './lease-client.ts';
import { writeLog } from './log.ts';
import {
  beatFileName,
  hasLivingGuard,
  identifySelf,
  readGuardRecord,
  recordFileName,
  type GuardRecord,
} from './record.ts';
import { createGuardServer } from './server.ts';

/** Another guard of this run directory is alive. */
const exitAlreadyGuarded = 3;
const exitBroken = 70;
/** What is on disk cannot be used: a newer format, or no configuration. */
const exitUnusable = 78;

/** Errors are thrown by the hundred where /proc is searched, and nobody reads their stacks. */
Error.stackTraceLimit = 4;

function abandon(code: number, what: string, error?: unknown): never {
  const why = error instanceof Error ? error.message : error;
  writeLog('alarm', because(what, typeof why === 'string' ? { why } : {}));
  process.exit(code);
}

/** The guard must run when the machine has little left for anyone. Without the right to ask for it, it goes on as it is. */
function raisePriority(): void {
  try {
    os.setPriority(0, -10);
  } catch {
    writeLog('info', because('priority-not-raised'));
  }
  try {
    writeFileSync('/proc/self/oom_score_adj', '-1000');
  } catch {
    writeLog('info', because('oom-protection-not-set'));
  }
}

function inherit(runDirectory: string, bootId: string): GuardRecord | undefined {
  const found = readGuardRecord(runDirectory);
  switch (found.state) {
    case 'absent':
      return undefined;
    case 'unreadable':
      return abandon(exitUnusable, 'guard-record-unreadable', found.why);
    case 'found':
      if (hasLivingGuard(found.record, bootId)) return abandon(exitAlreadyGuarded, 'already-guarded');
      return found.record;
    default:
      return found satisfies never;
  }
}

/** A guard that was killed while it wrote has left its half. */
function removeLeftovers(runDirectory: string): void {
  for (const name of readdirSync(runDirectory))
    if (/^guard\.json\.\d+$/.test(name)) rmSync(join(runDirectory, name), { force: true });
}

async function main(runDirectory: string): Promise<void> {
  process.umask(0o177);
  const self = identifySelf();
  const config = parseGuardConfig(JSON.parse(readFileSync(join(runDirectory, configFileName), 'utf8')));
  const inherited = inherit(runDirectory, self.bootId);
  raisePriority();
  removeLeftovers(runDirectory);

  const { cluster, server: name } = config;
  const server = createGuardServer({ runDirectory, cluster, server: name, keeper: () => keeper });
  const leases = createLeaseClient(cluster, config.etcd, (reason) => server.log('info', reason));
  const keeper: Keeper = createKeeper({
    runDirectory,
    config,
    self,
    inherited,
    leases,
    killer: createKiller(),
    sleepClock: createSleepClock(),
    log: server.log,
    onStep: () => server.pushState(config.profile.leaseTtlMs / 6),
    onFinished: () => {
      for (const name of [recordFileName, beatFileName]) rmSync(join(runDirectory, name), { force: true });
      void server.finish().finally(() => process.exit(0));
    },
    onSuperseded: () => abandon(exitAlreadyGuarded, 'superseded'),
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => {
      // Only a guard that protects nothing, and nobody, may be sent away.
      if (keeper.activity() === 'none' && !server.hasDaemon()) keeper.release();
      else server.log('warning', because('signal-ignored', { signal }));
    });
  keeper.start();
  await server.listen();
}

const { values } = parseArgs({ options: { 'run-dir': { type: 'string' }, prepare: { type: 'boolean' } } });
// With `--prepare` the modules have been loaded, and thereby put into Node's compile cache; that is all.
if (!values.prepare) {
  process.on('uncaughtException', (error) => abandon(exitBroken, 'guard-broken', error.stack));
  main(values['run-dir'] ?? '/run/holdfast').catch((error: unknown) =>
    abandon(exitUnusable, 'guard-not-started', error),
  );
}
