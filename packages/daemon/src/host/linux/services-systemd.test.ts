import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServiceDefinition } from '@holdfast/kits/host';
import { createLinuxFiles } from './files.ts';
import { createLinuxProcesses } from './processes.ts';
import { createSystemdServices } from './services-systemd.ts';

const isRoot = process.geteuid?.() === 0;
/** sd_booted(3): systemd is the first process. */
const hasSystemd = existsSync('/run/systemd/system');

describe.skipIf(!isRoot || !hasSystemd)('services of systemd (needs root and systemd)', () => {
  const processes = createLinuxProcesses();
  const services = createSystemdServices({ files: createLinuxFiles() });
  const name = `holdfast-test-${process.pid}`;

  function definition(change: Partial<ServiceDefinition> = {}): ServiceDefinition {
    return {
      name,
      user: 'nobody',
      command: ['/usr/bin/sleep', '60'],
      directory: '/',
      environment: { A: 'b "c" %d\\e $f' },
      ...change,
    };
  }

  async function end(): Promise<void> {
    const view = await services.get(name);
    if (view?.mainPid !== undefined) {
      const found = await processes.get(view.mainPid);
      if (found) await processes.signal(found.pid, 'SIGKILL', found.startTicks);
    }
    await expect
      .poll(async () => (await services.get(name))?.mainPid, { timeout: 10_000, interval: 10 })
      .toBeUndefined();
  }

  beforeEach(end);
  afterEach(async () => {
    await end();
    await services.settle(name, 10_000);
    await services.delete(name);
    expect(await services.get(name)).toBeUndefined();
  });

  test('K-02 a service that is made runs as its account, and is not started at boot', async () => {
    await services.create(definition());
    expect(await services.get(name)).toEqual({
      name,
      state: 'stopped',
      mainPid: undefined,
      startMode: 'manual',
      user: 'nobody',
      command: ['/usr/bin/sleep', '60'],
    });
    await services.start(name, { timeoutMs: 10_000 });
    const view = await services.get(name);
    expect(view).toMatchObject({ state: 'running' });
    expect(await processes.get(view?.mainPid ?? 0)).toMatchObject({
      executable: '/usr/bin/sleep',
      cwd: '/',
      uid: 65_534,
    });
    expect(environmentOf(view?.mainPid)).toContain('A=b "c" %d\\e $f');
  });

  test('arguments reach the program as they are', async () => {
    const odd = ['a b', '$HOME', '%n', '"q"', "it's", 'back\\slash', 'tab\tx', '${A}', ';', ''];
    await services.create(definition({ command: ['/usr/bin/perl', '-e', 'sleep 60', ...odd] }));
    await services.start(name, { timeoutMs: 10_000 });
    const pid = (await services.get(name))?.mainPid ?? 0;
    const given = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(3, -1);
    expect(given).toEqual(odd);
  });

  test('an environment for one start only', async () => {
    await services.create(definition());
    await services.start(name, { environment: { ONCE: 'x y' }, timeoutMs: 10_000 });
    expect(environmentOf((await services.get(name))?.mainPid)).toContain('ONCE=x y');
    await end();
    await services.settle(name, 10_000);
    await services.start(name, { timeoutMs: 10_000 });
    expect(environmentOf((await services.get(name))?.mainPid)).not.toContain('ONCE=x y');
  });

  test('K-03 the start mode is set and shown', async () => {
    await services.create(definition());
    await services.setStartMode(name, 'automatic');
    expect((await services.get(name))?.startMode).toBe('automatic');
    await services.setStartMode(name, 'manual');
    expect((await services.get(name))?.startMode).toBe('manual');
  });

  test.skipIf(!existsSync('/etc/postgresql/15/main/start.conf'))(
    'K-03 a database cluster of Debian is set in its own file',
    async () => {
      const cluster = 'postgresql@15-main';
      await services.setStartMode(cluster, 'manual');
      expect((await services.get(cluster))?.startMode).toBe('manual');
      await services.setStartMode(cluster, 'automatic');
      expect((await services.get(cluster))?.startMode).toBe('automatic');
      const file = readFileSync('/etc/postgresql/15/main/start.conf', 'utf8');
      expect(file).toMatch(/^# Automatic startup[^]*\n\nauto\n$/);
    },
  );

  test('starting what runs succeeds and starts nothing', async () => {
    await services.create(definition());
    await services.start(name, { timeoutMs: 10_000 });
    const before = (await services.get(name))?.mainPid;
    await services.start(name, { timeoutMs: 10_000 });
    expect((await services.get(name))?.mainPid).toBe(before);
  });

  test('a service that was killed has failed until it is settled, and starts again', async () => {
    await services.create(definition());
    await services.start(name, { timeoutMs: 10_000 });
    await end();
    expect((await services.get(name))?.state).toBe('failed');
    await services.settle(name, 10_000);
    expect((await services.get(name))?.state).toBe('stopped');
    await services.start(name, { timeoutMs: 10_000 });
    expect((await services.get(name))?.state).toBe('running');
  });

  test('a start that fails says why, and the output is that of this start', async () => {
    await services.create(definition({ command: ['/usr/bin/ls', '/no/such/folder'] }));
    await services.start(name, { timeoutMs: 10_000 }).catch((error: unknown) => {
      expect(error).toMatchObject({ reason: { code: 'service-ended' } });
    });
    await expect.poll(() => services.output(name, 4_096), { timeout: 10_000 }).toContain('/no/such/folder');
  });

  test('a program that is not there is a failed start', async () => {
    await services.create(definition({ command: ['/nowhere/postgres'] }));
    await expect(services.start(name, { timeoutMs: 10_000 })).rejects.toMatchObject({
      reason: { code: expect.stringMatching(/^(service-ended|program-failed)$/) },
    });
  });

  test('K-02 a unit of somebody else is never deleted', async () => {
    await services.create(definition());
    await expect(services.create(definition())).rejects.toMatchObject({ reason: { code: 'service-exists' } });
    expect(await services.get('dbus')).toMatchObject({ state: 'running' });
    await services.delete('dbus');
    expect(await services.get('dbus')).toMatchObject({ state: 'running' });
  });

  test('S-04 a name never leaves the folder of units', async () => {
    for (const wrong of ['../x', 'a/b', '-x', '.x', 'a b', '']) {
      await expect(services.get(wrong), wrong).rejects.toMatchObject({ reason: { code: 'service-name' } });
    }
  });
});

function environmentOf(pid: number | undefined): readonly string[] {
  return pid === undefined ? [] : readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
}
