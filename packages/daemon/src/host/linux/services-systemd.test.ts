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
  const files = createLinuxFiles();
  const services = createSystemdServices({ files });
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

  async function end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const view = await services.get(name);
    if (view?.mainPid !== undefined) {
      const found = await processes.get(view.mainPid);
      if (found) await processes.signal(found.pid, signal, found.startTicks);
    }
    await expect
      .poll(async () => (await services.get(name))?.mainPid, { timeout: 10_000, interval: 10 })
      .toBeUndefined();
  }

  async function systemctl(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await processes.run('/usr/bin/systemctl', args, { timeoutMs: 10_000 });
    expect(code, stderr).toBe(0);
    return stdout;
  }

  beforeEach(() => end());
  afterEach(async () => {
    await files.delete(`/run/systemd/system/${name}.service.d/stop.conf`);
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

  /** Gives the unit a stop command that takes its time and finds nothing to stop. */
  async function makeSlowToStop(): Promise<void> {
    const directory = `/run/systemd/system/${name}.service.d`;
    await files.makeDirectory(directory, 0o755);
    await files.write(`${directory}/stop.conf`, "[Service]\nExecStop=/bin/sh -c 'sleep 0.5; exit 2'\n");
    await systemctl('daemon-reload');
  }

  test('K-17 a unit whose own stop command fails, because nothing is left to stop, has stopped once it is settled', async () => {
    await services.create(definition());
    await makeSlowToStop();
    await services.start(name, { timeoutMs: 10_000 });
    await end('SIGTERM');
    await services.settle(name, 10_000);
    expect((await services.get(name))?.state).toBe('stopped');
  });

  test('K-14 a start while the last stop is not over yet waits for that, and is none that failed', async () => {
    await services.create(definition());
    await makeSlowToStop();
    await services.start(name, { timeoutMs: 10_000 });
    await end('SIGTERM');
    await services.start(name, { timeoutMs: 10_000 });
    expect((await services.get(name))?.state).toBe('running');
  });

  test('K-17 a start that still waits for a process that is gone is taken back when the unit is settled', async () => {
    await services.create(definition());
    const dropIn = `/run/systemd/system/${name}.service.d/stop.conf`;
    await files.makeDirectory(`/run/systemd/system/${name}.service.d`, 0o755);
    const waits = '[Service]\nType=forking\nExecStart=\nExecStart=/usr/bin/sleep 60\n';
    await files.write(dropIn, waits, { mode: 0o644 });
    await systemctl('daemon-reload');
    await systemctl('start', '--no-block', name);
    await expect.poll(async () => (await services.get(name))?.state, { timeout: 10_000 }).toBe('starting');
    await services.settle(name, 10_000);
    expect((await services.get(name))?.state).toBe('stopped');
    await files.delete(dropIn);
    await systemctl('daemon-reload');
    await services.start(name, { timeoutMs: 10_000 });
    expect((await services.get(name))?.state).toBe('running');
  });

  test('K-21 a unit that was frozen can be settled and started again once its process was killed', async () => {
    await services.create(definition());
    await makeSlowToStop();
    await services.start(name, { timeoutMs: 10_000 });
    await systemctl('freeze', name);
    await end();
    await services.settle(name, 10_000);
    await services.start(name, { timeoutMs: 10_000 });
    expect((await services.get(name))?.state).toBe('running');
    expect(await systemctl('show', '--value', '--property=FreezerState', name)).toBe('running\n');
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
