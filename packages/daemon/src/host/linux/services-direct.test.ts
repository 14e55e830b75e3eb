import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ServiceDefinition, Services } from '@holdfast/kits/host';
import { createLinuxFiles } from './files.ts';
import { createLinuxProcesses } from './processes.ts';
import { createDirectServices } from './services-direct.ts';

const isRoot = process.geteuid?.() === 0;
const processes = createLinuxProcesses();
let directory: string;
let services: Services;
const leftovers: number[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-services-'));
  services = restartedDaemon();
});

afterEach(async () => {
  const view = await services.get('pg').catch(() => undefined);
  for (const pid of [...leftovers.splice(0), view?.mainPid]) {
    if (pid !== undefined) await endOf(pid);
  }
  rmSync(directory, { recursive: true, force: true });
});

/** What a daemon that starts anew knows: only the files. */
function restartedDaemon(): Services {
  return createDirectServices({
    files: createLinuxFiles(),
    stateDirectory: join(directory, 'state'),
    runDirectory: join(directory, 'run'),
    bootId: 'boot-1',
  });
}

function definition(change: Partial<ServiceDefinition> = {}): ServiceDefinition {
  return {
    name: 'pg',
    user: userInfo().username,
    command: ['/usr/bin/sleep', '60'],
    directory: '/',
    environment: { A: 'b' },
    ...change,
  };
}

async function endOf(pid: number): Promise<void> {
  const view = await processes.get(pid);
  if (view) await processes.signal(pid, 'SIGKILL', view.startTicks);
  await expect.poll(() => processes.get(pid), { timeout: 5_000, interval: 5 }).toBeUndefined();
}

async function runningPid(of: Services): Promise<number> {
  const view = await of.get('pg');
  if (view?.mainPid === undefined) throw new Error(`not running: ${JSON.stringify(view)}`);
  return view.mainPid;
}

test('a service is what its definition says, in a session of its own', async () => {
  await services.create(definition());
  expect(await services.get('pg')).toMatchObject({
    state: 'stopped',
    mainPid: undefined,
    startMode: 'manual',
  });
  await services.start('pg', { environment: { C: 'd' }, timeoutMs: 5_000 });
  const pid = await runningPid(services);
  expect(await processes.get(pid)).toMatchObject({ executable: '/usr/bin/sleep', cwd: '/' });
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  expect(environment.filter((entry) => !entry.startsWith('HOLDFAST_SERVICE='))).toEqual(['A=b', 'C=d']);
  const session = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
  expect(session).toBe(String(pid));
});

test('starting what runs succeeds and starts nothing', async () => {
  await services.create(definition());
  await services.start('pg', { timeoutMs: 5_000 });
  const pid = await runningPid(services);
  await services.start('pg', { timeoutMs: 5_000 });
  expect(await runningPid(services)).toBe(pid);
});

test('C-10 a restarted daemon knows its running services', async () => {
  await services.create(definition());
  await services.start('pg', { timeoutMs: 5_000 });
  expect(await runningPid(restartedDaemon())).toBe(await runningPid(services));
});

test('C-10 a daemon that was killed between start and record finds the process again', async () => {
  await services.create(definition());
  await services.start('pg', { timeoutMs: 5_000 });
  const pid = await runningPid(services);
  rmSync(join(directory, 'run/pg.json'));
  expect(await runningPid(restartedDaemon())).toBe(pid);
});

test('a record of another boot is no process of this one', async () => {
  await services.create(definition());
  await services.start('pg', { timeoutMs: 5_000 });
  const path = join(directory, 'run/pg.json');
  leftovers.push(await runningPid(services));
  writeFileSync(path, readFileSync(path, 'utf8').replace('boot-1', 'boot-0'));
  expect(await services.get('pg')).toMatchObject({ state: 'stopped', mainPid: undefined });
});

test('a process that has ended is a stopped service, and settling forgets it', async () => {
  await services.create(definition());
  await services.start('pg', { timeoutMs: 5_000 });
  await endOf(await runningPid(services));
  expect(await services.get('pg')).toMatchObject({ state: 'stopped', mainPid: undefined });
  await services.settle('pg', 1_000);
  await services.delete('pg');
  expect(await services.get('pg')).toBeUndefined();
});

test('a program that ends at once is a failed start that says what it wrote', async () => {
  await services.create(definition({ command: ['/usr/bin/ls', '/no/such/folder'] }));
  const failure = await services.start('pg', { timeoutMs: 5_000 }).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure === undefined) {
    // The program lived long enough to be seen running: then its end is seen by the first look at it.
    await expect.poll(async () => (await services.get('pg'))?.state, { timeout: 5_000 }).toBe('stopped');
  } else {
    expect(failure).toMatchObject({ reason: { code: 'service-ended' } });
  }
  await expect.poll(() => services.output('pg', 1_000), { timeout: 5_000 }).toContain('/no/such/folder');
});

test('a program that is not there has its code, and nothing is started', async () => {
  await services.create(definition({ command: ['/nowhere/postgres'] }));
  await expect(services.start('pg', { timeoutMs: 5_000 })).rejects.toMatchObject({
    reason: { code: 'program-missing', facts: { program: '/nowhere/postgres' } },
  });
});

test('output is that of the last start only', async () => {
  await services.create(
    definition({ command: ['/usr/bin/perl', '-e', '$| = 1; print "pid $$\\n"; sleep 60'] }),
  );
  await services.start('pg', { timeoutMs: 5_000 });
  const first = await runningPid(services);
  await expect.poll(() => services.output('pg', 100), { timeout: 5_000 }).toBe(`pid ${first}\n`);
  await endOf(first);
  await services.start('pg', { timeoutMs: 5_000 });
  const second = await runningPid(services);
  await expect.poll(() => services.output('pg', 100), { timeout: 5_000 }).toBe(`pid ${second}\n`);
});

test('output is bounded while the service runs', async () => {
  const perl = '$| = 1; print "x" x 5_000_000; print "end"; sleep 60';
  await services.create(definition({ command: ['/usr/bin/perl', '-e', perl] }));
  await services.start('pg', { timeoutMs: 5_000 });
  await expect.poll(() => services.output('pg', 3), { timeout: 5_000 }).toBe('end');
  await services.get('pg');
  expect(await services.output('pg', 100)).toBe('');
});

test('K-14 a process that was started by other means becomes the service', async () => {
  await services.create(definition());
  const pid = spawn('/usr/bin/sleep', ['61'], { stdio: 'ignore' }).pid ?? 0;
  leftovers.push(pid);
  const view = await processes.get(pid);
  if (!view) throw new Error('the process did not start');
  await services.adopt('pg', view);
  expect(await services.get('pg')).toMatchObject({ state: 'running', mainPid: pid });
});

test('a name is never a path', async () => {
  await services.create(definition({ name: '../../pg' }));
  expect(await services.get('../../pg')).toMatchObject({ name: '../../pg', state: 'stopped' });
  expect(readFileSync(join(directory, 'state/%2E%2E%2F%2E%2E%2Fpg.json'), 'utf8')).toContain('sleep');
});

test('a second service of one name is refused', async () => {
  await services.create(definition());
  await expect(services.create(definition())).rejects.toMatchObject({ reason: { code: 'service-exists' } });
});

test('a running service is not deleted, and a start mode is kept', async () => {
  await services.create(definition());
  await services.setStartMode('pg', 'automatic');
  expect((await restartedDaemon().get('pg'))?.startMode).toBe('automatic');
  await services.start('pg', { timeoutMs: 5_000 });
  await expect(services.delete('pg')).rejects.toMatchObject({ reason: { code: 'service-running' } });
});

test.skipIf(!isRoot)(
  '(needs root) a service of another account runs as that account, under its own process id',
  async () => {
    await services.create(definition({ user: 'nobody' }));
    await services.start('pg', { timeoutMs: 5_000 });
    const view = await processes.get(await runningPid(services));
    expect(view).toMatchObject({ executable: '/usr/bin/sleep', uid: 65_534 });
  },
);

test('K-06 arguments are put behind the command of a service, over a change of its start mode, and taken back', async () => {
  await services.create(definition({ command: ['/usr/bin/sleep'] }));
  await services.appendArguments('pg', ['59']);
  await services.setStartMode('pg', 'automatic');
  expect((await services.get('pg'))?.command).toEqual(['/usr/bin/sleep', '59']);
  await services.start('pg', { timeoutMs: 5_000 });
  const pid = await runningPid(services);
  expect((await processes.get(pid))?.title).toContain('59');
  await services.appendArguments('pg', []);
  expect((await restartedDaemon().get('pg'))?.command).toEqual(['/usr/bin/sleep']);
  await expect(services.appendArguments('none', ['1'])).rejects.toThrow('service-missing');
});
