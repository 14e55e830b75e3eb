import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { instantMs, waitFor } from '@holdfast/lab';
import { isAlive, listPids, readCwd, readStat, type ProcessId } from '@holdfast/lab/processes';
import pg from 'pg';
import { awaitFirstAnswer } from './first-answer.ts';

/** PostgreSQL by hand, on a server of the lab: `plain.ts` runs this there. It prints what the step took, as JSON. */

export interface PlainStep {
  readonly step: 'start' | 'stop' | 'kill';
  readonly executable: string;
  readonly dataDirectory: string;
  readonly port: number;
  readonly user: string;
  readonly logFile: string;
  /** The operating system's user that runs it, where that is not the one of this process. */
  readonly ids: { readonly uid: number; readonly gid: number } | undefined;
}

const lookEveryMs = 2;
const timeoutMs = 60_000;

interface Lock {
  readonly text: string;
  readonly pid: number;
  readonly sockets: string;
  readonly ready: boolean;
}

/** Lines of postmaster.pid (PostgreSQL, miscadmin.h): 1 is the process, 5 the socket's directory, 8 the state. */
function readLock(directory: string): Lock | undefined {
  try {
    const text = readFileSync(`${directory}/postmaster.pid`, 'utf8');
    const lines = text.split('\n');
    return { text, pid: Number(lines[0]), sockets: lines[4] ?? '', ready: lines[7]?.trim() === 'ready' };
  } catch {
    return undefined;
  }
}

async function performCheckpoint({ port, user }: PlainStep, sockets: string): Promise<void> {
  const client = new pg.Client({ host: sockets, port, user, database: 'template1' });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('checkpoint');
  await client.end();
}

/** From the start of the process to the first answered query. */
async function start(step: PlainStep): Promise<number> {
  const stale = readLock(step.dataDirectory);
  const log = openSync(step.logFile, 'a');
  const startedAt = instantMs();
  const child = spawn(step.executable, ['-D', step.dataDirectory, '-p', String(step.port)], {
    detached: true,
    stdio: ['ignore', log, log],
    // A number from before the loss of power may be another process's now (miscinit.c, CreateLockFile).
    env: { LANG: 'C', ...(stale === undefined ? {} : { PG_GRANDPARENT_PID: String(stale.pid) }) },
    ...step.ids,
  });
  child.unref();
  const lock = await waitFor(
    () => {
      const found = readLock(step.dataDirectory);
      if (child.exitCode !== null) throw new Error(`PostgreSQL has ended; its log is ${step.logFile}`);
      return found?.ready === true && found.text !== stale?.text ? found : undefined;
    },
    { what: 'PostgreSQL', timeoutMs, everyMs: lookEveryMs },
  );
  await awaitFirstAnswer(`${lock.sockets}/.s.PGSQL.${String(step.port)}`, step.user);
  return instantMs() - startedAt;
}

/** A fast shutdown after a checkpoint that is not counted: from the signal to the end of the process. */
async function stop(step: PlainStep): Promise<number> {
  const { postmaster, sockets } = findPostmaster(step);
  await performCheckpoint(step, sockets);
  const startedAt = instantMs();
  process.kill(postmaster.pid, 'SIGINT');
  while (isAlive(postmaster)) await sleep(lookEveryMs);
  return instantMs() - startedAt;
}

/** `kill -9` of the postmaster, until its last backend has ended too. */
async function kill(step: PlainStep): Promise<number> {
  const { postmaster } = findPostmaster(step);
  const startedAt = instantMs();
  process.kill(postmaster.pid, 'SIGKILL');
  const family = (): boolean =>
    listPids().some((pid) => readStat(pid)?.name === 'postgres' && readCwd(pid) === step.dataDirectory);
  while (family()) await sleep(lookEveryMs);
  return instantMs() - startedAt;
}

function findPostmaster(step: PlainStep): { readonly postmaster: ProcessId; readonly sockets: string } {
  const lock = readLock(step.dataDirectory);
  const postmaster = lock && readStat(lock.pid);
  if (!lock || !postmaster) throw new Error('no postmaster runs here');
  return { postmaster, sockets: lock.sockets };
}

const steps = { start, stop, kill };
const step = JSON.parse(process.argv[2] ?? '{}') as PlainStep;
process.stdout.write(JSON.stringify({ tookMs: await steps[step.step](step) }));
