import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseProcessStat } from './proc.ts';
import { createLinuxProcesses } from './processes.ts';

const processes = createLinuxProcesses();
const started: number[] = [];
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-processes-'));
});

afterEach(() => {
  for (const pid of started.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
  rmSync(directory, { recursive: true, force: true });
});

function sleeper(cwd = '/'): number {
  const child = spawn('/usr/bin/sleep', ['60'], { cwd, stdio: 'ignore' });
  const pid = child.pid ?? 0;
  started.push(pid);
  return pid;
}

describe('one process', () => {
  test('K-16 a process is known by number, start time, executable, working directory and owner', async () => {
    const pid = sleeper(directory);
    expect(await processes.get(pid)).toMatchObject({
      pid,
      parent: process.pid,
      executable: '/usr/bin/sleep',
      cwd: directory,
      uid: process.geteuid?.(),
      title: '/usr/bin/sleep 60',
    });
  });

  test('K-16 a zombie is dead', () => {
    const zombie = '7 (a) b) Z 1 7 7 0 -1 4 0 0 0 0 3 4 0 0 20 0 1 0 555 0 0';
    expect(parseProcessStat(zombie)).toBeUndefined();
    expect(parseProcessStat(zombie.replace(' Z ', ' S '))).toMatchObject({ startTicks: 555, cpuTicks: 7 });
  });

  test('K-16 a dead main thread whose other threads still run is alive', () => {
    const leader = '7 (x) Z 1 7 7 0 -1 4 0 0 0 0 3 4 0 0 20 0 5 0 555 0 0';
    expect(parseProcessStat(leader)).toBeDefined();
  });

  test('K-16 an unreaped child that was killed is not there', async () => {
    // The shell's place is taken by a program that never waits for its child.
    const parent = spawn('/usr/bin/perl', ['-e', 'if (fork() == 0) { exit 0 } sleep 60'], {
      stdio: 'ignore',
    });
    started.push(parent.pid ?? 0);
    await waitUntil(async () => {
      const child = await childOf(parent.pid ?? 0);
      return child !== undefined && (await processes.get(child)) === undefined;
    });
  });

  test('a program that was deleted or replaced keeps its name', async () => {
    const place = join(directory, 'place');
    mkdirSync(place);
    const pid = sleeper(place);
    rmSync(place, { recursive: true });
    expect((await processes.get(pid))?.cwd).toBe(place);
  });

  test('K-15 activity shows processor time and bytes, and a stopped process as stopped', async () => {
    const busy = spawn('/usr/bin/perl', ['-e', 'open F, "/dev/zero"; sysread F, $b, 100000 while 1'], {
      stdio: 'ignore',
    });
    started.push(busy.pid ?? 0);
    const view = await demand(busy.pid ?? 0);
    await waitUntil(async () => ((await processes.activity(view))?.cpuTicks ?? 0) > 3);
    expect((await processes.activity(view))?.ioBytes).toBeGreaterThan(100_000);
    process.kill(view.pid, 'SIGSTOP');
    await waitUntil(async () => (await processes.activity(view))?.stopped === true);
    process.kill(view.pid, 'SIGKILL');
    await waitUntil(async () => (await processes.activity(view)) === undefined);
  });

  const groups = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((tree) =>
    existsSync(`${tree}/cgroup.procs`),
  );
  test.skipIf(process.geteuid?.() !== 0 || groups === undefined)(
    'K-21 a process that its control group holds is stopped (needs root and cgroup v2)',
    async () => {
      const view = await demand(sleeper());
      const group = `${groups ?? ''}/holdfast-test-${process.pid}`;
      mkdirSync(group);
      try {
        writeFileSync(`${group}/cgroup.procs`, String(view.pid));
        expect((await processes.activity(view))?.stopped).toBe(false);
        writeFileSync(`${group}/cgroup.freeze`, '1');
        await waitUntil(async () => (await processes.activity(view))?.stopped === true);
      } finally {
        process.kill(view.pid, 'SIGKILL');
        await waitUntil(async () => (await processes.get(view.pid)) === undefined);
        rmdirSync(group);
      }
    },
  );

  test('K-19 the end of a process is told within 250 ms', async () => {
    const view = await demand(sleeper());
    const end = Promise.withResolvers<number>();
    processes.onEnd(view, () => end.resolve(performance.now()));
    const killedAt = performance.now();
    process.kill(view.pid, 'SIGKILL');
    expect((await end.promise) - killedAt).toBeLessThan(250);
  });

  test('a signal goes to the very process only, never to another one with its number', async () => {
    const view = await demand(sleeper());
    await processes.signal(view.pid, 'SIGKILL', view.startTicks + 1);
    expect(await processes.get(view.pid)).toBeDefined();
    await processes.signal(view.pid, 'SIGKILL', view.startTicks);
    await waitUntil(async () => (await processes.get(view.pid)) === undefined);
    await expect(processes.signal(view.pid, 'SIGKILL', view.startTicks)).resolves.toBeUndefined();
  });
});

describe('processes of a folder', () => {
  test('K-16 those that work in the folder or below it are found, not those beside it', async () => {
    mkdirSync(join(directory, 'data/base'), { recursive: true });
    mkdirSync(join(directory, 'data2'));
    const inside = [sleeper(join(directory, 'data')), sleeper(join(directory, 'data/base'))];
    sleeper(join(directory, 'data2'));
    const found = await processes.inDirectory(join(directory, 'data/'));
    const ascending = (a: number, b: number): number => a - b;
    expect(found.map((view) => view.pid).toSorted(ascending)).toEqual(inside.toSorted(ascending));
  });

  test('users of a folder are also those that only hold a file open', async () => {
    const path = join(directory, 'file');
    writeFileSync(path, 'x');
    const file = openSync(path, 'r');
    const holder = spawn('/usr/bin/sleep', ['60'], { stdio: [file, 'ignore', 'ignore'] });
    closeSync(file);
    started.push(holder.pid ?? 0);
    const users = await processes.usersOf(directory);
    expect(users.map((view) => view.pid)).toEqual([holder.pid]);
  });
});

describe('run', () => {
  test('output, error output and exit code are kept apart', async () => {
    const perl = ['-e', 'print "out"; print STDERR "err"; exit 3'];
    const result = await processes.run('/usr/bin/perl', perl, { timeoutMs: 5_000 });
    expect(result).toEqual({ code: 3, stdout: 'out', stderr: 'err', timedOut: false });
  });

  test('input reaches the program, which may also leave it unread', async () => {
    const input = 'x'.repeat(300_000);
    const read = await processes.run('/usr/bin/wc', ['-c'], { timeoutMs: 5_000, input });
    expect(read.stdout.trim()).toBe('300000');
    expect((await processes.run('/usr/bin/true', [], { timeoutMs: 5_000, input })).code).toBe(0);
  });

  test('the environment is exactly the one given', async () => {
    const result = await processes.run('/usr/bin/env', [], { timeoutMs: 5_000, environment: { A: 'b' } });
    expect(result.stdout).toBe('A=b\n');
  });

  test('a whole process group is killed at the deadline', async () => {
    const perl = ['-e', '$| = 1; my $c = fork(); if ($c == 0) { sleep 60; exit } print $c; sleep 60'];
    const result = await processes.run('/usr/bin/perl', perl, { timeoutMs: 300 });
    expect(result).toMatchObject({ code: undefined, timedOut: true });
    const grandchild = Number(result.stdout);
    expect(grandchild).toBeGreaterThan(1);
    await waitUntil(async () => (await processes.get(grandchild)) === undefined);
  });

  test('an abort ends the program at once', async () => {
    const abort = new AbortController();
    const startedAt = performance.now();
    const running = processes.run('/usr/bin/sleep', ['60'], { timeoutMs: 60_000, signal: abort.signal });
    abort.abort();
    expect(await running).toMatchObject({ code: undefined, timedOut: false });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test('a program that leaves a child with its output open is not waited for', async () => {
    const perl = ['-e', 'print "done"; $| = 1; if (fork() == 0) { sleep 5; exit }'];
    const startedAt = performance.now();
    expect((await processes.run('/usr/bin/perl', perl, { timeoutMs: 20_000 })).code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  test('output is cut at its limit', async () => {
    const perl = ['-e', 'print "x" x 3_000_000'];
    const result = await processes.run('/usr/bin/perl', perl, { timeoutMs: 10_000 });
    expect(result.stdout.length).toBe(1024 * 1024);
    expect(result.code).toBe(0);
  });

  test('a program that is not there has its code', async () => {
    await expect(processes.run('/nowhere/x', [], { timeoutMs: 1_000 })).rejects.toMatchObject({
      reason: { code: 'program-missing', facts: { program: '/nowhere/x' } },
    });
  });

  test.skipIf(process.geteuid?.() !== 0)('(needs root) another user gets all of its groups', async () => {
    const result = await processes.run('/usr/bin/id', ['-un'], { timeoutMs: 5_000, user: 'nobody' });
    expect(result).toMatchObject({ code: 0, stdout: 'nobody\n' });
    await expect(
      processes.run('/usr/bin/id', [], { timeoutMs: 5_000, user: 'no-such-user' }),
    ).rejects.toMatchObject({ reason: { code: 'account-missing' } });
  });
});

async function demand(pid: number) {
  const view = await processes.get(pid);
  if (!view) throw new Error(`process ${pid} is not there`);
  return view;
}

async function childOf(parent: number): Promise<number | undefined> {
  const { stdout } = await processes.run('/usr/bin/ps', ['-o', 'pid=', '--ppid', String(parent)], {
    timeoutMs: 5_000,
  });
  return stdout.trim() === '' ? undefined : Number(stdout.trim().split('\n')[0]);
}

async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  await expect.poll(condition, { timeout: 5_000, interval: 10 }).toBe(true);
}
