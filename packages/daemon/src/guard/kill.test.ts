import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitFor } from '../etcd/testing.ts';
import { monotonicNow } from './clock.ts';
import type { KillOutcome } from '@holdfast/engine/kill-plans';
import { createKiller, preparePlan } from './kill.ts';
import { findFamily, findUsers, isRunning, readStat, type ProcessId, type ProcessStat } from './processes.ts';
import type { KillStep } from '@holdfast/engine/ports';

const isRoot = process.getuid?.() === 0;
let directory: string;
let executable: string;
let data: string;
const started: ProcessId[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-kill-'));
  executable = join(directory, 'postgres');
  data = join(directory, 'data');
  copyFileSync('/bin/sh', executable);
  mkdirSync(data);
});
afterEach(() => {
  for (const each of started.splice(0)) if (isRunning(each)) process.kill(each.pid, 'SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

function start(program: string, args: readonly string[], cwd: string, mark = {}): ProcessId {
  const child = spawn(program, args, {
    cwd,
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, ...mark },
  });
  child.unref();
  const stat = child.pid === undefined ? undefined : readStat(child.pid);
  if (stat === undefined) throw new Error(`${program} did not start`);
  started.push(stat);
  return stat;
}

function family(): readonly ProcessStat[] {
  return findFamily({ executables: [executable], directories: [data] });
}

/** A head with so many children that run the same program, as a postmaster with backends. */
async function startFamily(children: number): Promise<ProcessId> {
  const loop = `n=0; while [ $n -lt ${children} ]; do (read x < ${directory}/never) & n=$((n+1)); done; wait`;
  execFileSync('/usr/bin/mkfifo', [join(directory, 'never')]);
  const head = start(executable, ['-c', loop], data);
  await waitFor(() => family().length === children + 1, {
    timeoutMs: 10_000,
    what: 'the family',
    state: family,
  });
  return head;
}

async function perform(steps: readonly KillStep[], allowanceMs = 3_000): Promise<KillOutcome> {
  const plan = await preparePlan('h1', 1, steps);
  return await createKiller().perform(plan, monotonicNow() + allowanceMs);
}

function processes(of = executable, where = data): readonly KillStep[] {
  return [{ kind: 'processes', executable: of, directory: where }];
}

test('K-16 a family of 300 processes is ended whole and quickly, and nothing beside it', async () => {
  await startFamily(300);
  const sameProgram = start(executable, ['-c', 'read x < /dev/zero'], directory);
  const sameDirectory = start('/bin/sleep', ['60'], data);
  const outcome = await perform(processes());
  expect(outcome).toMatchObject({ complete: true, left: [] });
  expect(family()).toEqual([]);
  expect(outcome.tookMs).toBeLessThan(1_000);
  expect(isRunning(sameProgram)).toBe(true);
  expect(isRunning(sameDirectory)).toBe(true);
  console.info(`300 processes ended and verified in ${outcome.tookMs} ms`);
});

test('S8 ending what does not run, and ending it twice, is done at once', async () => {
  expect(await perform(processes())).toMatchObject({ complete: true });
  await startFamily(2);
  expect(await perform([...processes(), ...processes()])).toMatchObject({ complete: true });
  expect(await perform(processes('/no/such/program', '/no/such/directory'))).toMatchObject({
    complete: true,
  });
});

test('K-16 children that outlived the head, and programs that they run, are found', async () => {
  const head = await startFamily(3);
  process.kill(head.pid, 'SIGKILL');
  await waitFor(() => family().length === 3, { timeoutMs: 2_000, what: 'orphans' });
  const archiver = start(executable, ['-c', '/bin/sleep 61; true'], data);
  const command = await waitFor(
    () => {
      const children = execFileSync('/bin/ps', ['-o', 'pid=', '--ppid', String(archiver.pid)], {
        encoding: 'utf8',
      });
      return readStat(Number(children.trim()));
    },
    { timeoutMs: 2_000, what: 'the command runs' },
  );
  expect(await perform(processes())).toMatchObject({ complete: true });
  expect(isRunning(command)).toBe(false);
});

test('S3 where servers share the machine, what another one has marked is left alone with its children', async () => {
  execFileSync('/usr/bin/mkfifo', [join(directory, 'never')]);
  const wait = `read x < ${directory}/never`;
  // A child that has written its title over its environment shows no mark.
  const withChild = `/usr/bin/env -i ${executable} -c '${wait}; true' & wait`;
  const others = start(executable, ['-c', withChild], data, { WHOSE: 'server2' });
  const own = start(executable, ['-c', withChild], data, { WHOSE: 'server1' });
  const unmarked = start(executable, ['-c', wait], data);
  await waitFor(() => family().length === 5, { timeoutMs: 10_000, what: 'three families', state: family });
  const [step] = processes();
  if (step?.kind !== 'processes') throw new Error('no step');
  expect(await perform([{ ...step, mark: 'WHOSE=server1' }])).toMatchObject({ complete: true });
  expect([isRunning(own), isRunning(unmarked), isRunning(others)]).toEqual([false, false, true]);
  expect(family()).toHaveLength(2);
  expect(await perform(processes())).toMatchObject({ complete: true });
  expect(family()).toEqual([]);
});

test('K-16 a program that an upgrade has replaced, and paths through links, are recognised', async () => {
  await startFamily(1);
  const before = family();
  const link = join(directory, 'link');
  symlinkSync(directory, link);
  copyFileSync('/bin/sh', `${executable}.new`);
  renameSync(`${executable}.new`, executable);
  expect(await perform(processes(join(link, 'postgres'), join(link, 'data')))).toMatchObject({
    complete: true,
  });
  expect(before.filter(isRunning)).toEqual([]);
});

test('S7 later steps are done also when an earlier one cannot be completed, and the outcome says so', async () => {
  await startFamily(1);
  const file = join(directory, 'address-up');
  writeFileSync(file, '');
  const outcome = await perform([
    { kind: 'forget', file: data },
    ...processes(),
    { kind: 'forget', file },
    { kind: 'forget', file },
  ]);
  expect(outcome).toMatchObject({
    complete: false,
    left: [{ code: 'kill-step-failed', facts: { step: 'forget' } }],
  });
  expect(family()).toEqual([]);
  expect(existsSync(file)).toBe(false);
});

test('S7 a unit without processes is done where there is no service manager', async () => {
  if (existsSync('/run/systemd/system')) return;
  expect(await perform([{ kind: 'unit', unit: 'holdfast-none' }])).toMatchObject({ complete: true });
});

test.runIf(isRoot)(
  'X-02 (needs root) an address is taken off its interface, whatever its prefix, twice without harm',
  async () => {
    const address = `127.77.${process.pid % 250}.9`;
    const isUp = (): boolean =>
      execFileSync('/bin/ip', ['-o', 'address', 'show', 'dev', 'lo'], { encoding: 'utf8' }).includes(address);
    execFileSync('/bin/ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
    expect(isUp()).toBe(true);
    const outcome = await perform([{ kind: 'address', address, device: 'lo' }]);
    expect(outcome).toMatchObject({ complete: true });
    expect(isUp()).toBe(false);
    console.info(`address removed and verified in ${outcome.tookMs} ms`);
    expect(await perform([{ kind: 'address', address, device: 'lo' }])).toMatchObject({ complete: true });
    expect(await perform([{ kind: 'address', address, device: 'no-such-dev' }])).toMatchObject({
      complete: true,
    });
  },
);

test.runIf(isRoot)('X-01 (needs root) a busy volume is taken away, and its users are ended', async () => {
  const mountPoint = join(directory, 'a volume');
  const image = join(directory, 'image');
  mkdirSync(mountPoint);
  writeFileSync(image, '');
  truncateSync(image, 16 * 1024 * 1024);
  execFileSync('/sbin/mkfs.ext4', ['-q', image]);
  execFileSync('/bin/mount', ['-o', 'loop', image, mountPoint]);
  try {
    writeFileSync(join(mountPoint, 'file'), 'x');
    const inside = start('/bin/sleep', ['62'], mountPoint);
    const reader = start('/usr/bin/tail', ['-f', join(mountPoint, 'file')], '/');
    await waitFor(() => findUsers(mountPoint).length === 2, { timeoutMs: 2_000, what: 'the volume is busy' });
    const outcome = await perform([{ kind: 'unmount', mountPoint }]);
    expect(outcome).toMatchObject({ complete: true });
    expect(isRunning(inside) || isRunning(reader)).toBe(false);
    expect(existsSync(join(mountPoint, 'file'))).toBe(false);
    console.info(`busy volume unmounted in ${outcome.tookMs} ms`);
    expect(await perform([{ kind: 'unmount', mountPoint }])).toMatchObject({ complete: true });
  } finally {
    execFileSync('/bin/sh', ['-c', `umount '${mountPoint}' 2>/dev/null; true`]);
  }
});
