import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Parameters } from '@holdfast/core';
import { bindKit, type Host } from '@holdfast/kits';
import { actContext, checkContext, type TrialChange } from '@holdfast/kits/trial';
import { volumeKit } from '@holdfast/kits/volume/index';
import { readPlace } from './proc.ts';
import { createTestDisk, type TestDisk } from './testing-disk.ts';
import { createMountNamespace, type MountNamespace } from './testing-mounts.ts';

const isRoot = process.geteuid?.() === 0;
const kit = bindKit(volumeKit);

describe.skipIf(!isRoot)('a volume on a device (needs root)', () => {
  let directory: string;
  let mountPoint: string;
  let namespace: MountNamespace;
  let host: Host;
  let disk: TestDisk;
  let parameters: Parameters;
  const users: ChildProcess[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-volume-'));
    mountPoint = join(directory, 'mount');
    mkdirSync(mountPoint);
    namespace = await createMountNamespace();
    disk = createTestDisk(join(directory, 'image'), 'ext4');
    host = namespace.createHost({
      serviceManager: 'direct',
      addressKind: 'loopback',
      processScope: 'own',
      runDirectory: join(directory, 'run'),
      stateDirectory: join(directory, 'state'),
    });
    parameters = { type: 'device', device: disk.device, mountPoint, fsType: 'ext4', uuid: disk.uuid };
  });

  afterEach(async () => {
    for (const user of users.splice(0)) user.kill('SIGKILL');
    await namespace.dispose();
    await expect.poll(() => host.volumes.isHeld(disk.device), { timeout: 5_000, interval: 10 }).toBe(false);
    disk.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  const subject = (change: Parameters = {}) => ({ kit, host, parameters: { ...parameters, ...change } });
  const restore = (change: TrialChange = {}, other: Parameters = {}) =>
    kit.restore(actContext(subject(other), change));
  const remove = () => kit.remove(actContext(subject(), {}));
  const quickCheck = () => kit.quickCheck(checkContext(subject(), 1_000));
  const deepCheck = (limitMs = 5_000) => kit.deepCheck(checkContext(subject(), limitMs));

  function inside(...command: readonly string[]): string {
    const [executable = '', ...args] = [...namespace.prefix, ...command];
    return execFileSync(executable, args, { encoding: 'utf8' });
  }

  async function use(...command: readonly string[]): Promise<ChildProcess> {
    const [executable = '', ...args] = [...namespace.prefix, '/usr/bin/env', '-C', mountPoint, ...command];
    const user = spawn(executable, args, { stdio: 'ignore' });
    users.push(user);
    await expect.poll(() => readPlace(user.pid ?? 0, 'cwd'), { timeout: 5_000 }).toBe(mountPoint);
    return user;
  }

  async function isMounted(): Promise<boolean> {
    return (await host.volumes.mounts()).some((mount) => mount.mountPoint === mountPoint);
  }

  test('the volume names its owner and the term, and keeps that when it goes out of service', async () => {
    await restore({ term: 5 });
    expect(await remove()).toEqual({ state: 'ok' });
    await host.volumes.mount({
      device: disk.device,
      mountPoint,
      type: 'ext4',
      options: [],
      timeoutMs: 5_000,
    });
    const text = await host.files.read(join(mountPoint, '.holdfast-owner'));
    expect(JSON.parse(text ?? '')).toMatchObject({
      formatVersion: 1,
      cluster: 'trial',
      hierarchy: 'trial',
      server: 'server1',
      incarnation: 'incarnation-1',
      bootId: host.bootId,
      term: 5,
    });
  });

  test('S1 a volume that a later term had is refused, named, and not left mounted', async () => {
    expect(await restore({ term: 5 })).toEqual({ state: 'ok' });
    await remove();
    expect(await restore({ term: 4 })).toMatchObject({
      state: 'failed',
      scope: 'server',
      reason: { code: 'volume-held-by-newer-term', facts: { server: 'server1', term: 5, ownTerm: 4 } },
    });
    expect(await isMounted()).toBe(false);
  });

  test('S4 a permit that ends while the record is written ends the start, and nothing is left mounted', async () => {
    let isMine = true;
    const files = { ...host.files };
    host = {
      ...host,
      files: { ...files, write: (...args) => files.write(...args).finally(() => void (isMine = false)) },
    };
    const permit = () =>
      isMine
        ? ({ allowed: true } as const)
        : ({ allowed: false, reason: { code: 'term-over', facts: {} } } as const);
    expect(await restore({ permit })).toEqual({
      state: 'not-running',
      reason: { code: 'term-over', facts: {} },
    });
    expect(await isMounted()).toBe(false);
  });

  test('another device on the mount point is not touched', async () => {
    inside('/usr/bin/mount', '-t', 'tmpfs', 'something', mountPoint);
    const taken = { code: 'mount-point-taken', facts: { mountPoint, source: 'something' } };
    expect(await restore()).toMatchObject({ state: 'failed', scope: 'server', reason: taken });
    expect(await quickCheck()).toEqual({ state: 'not-running', reason: taken });
    expect(await remove()).toEqual({ state: 'ok' });
    expect(await isMounted()).toBe(true);
  });

  test('a device that is mounted elsewhere is refused, here and in another mount namespace', async () => {
    const elsewhere = join(directory, 'elsewhere');
    mkdirSync(elsewhere);
    inside('/usr/bin/mount', '-t', 'ext4', disk.device, elsewhere);
    expect(await restore()).toMatchObject({
      state: 'failed',
      reason: { code: 'volume-mounted-elsewhere', facts: { elsewhere } },
    });
    inside('/usr/bin/umount', elsewhere);
    const other = await createMountNamespace();
    const [executable = '', ...args] = [
      ...other.prefix,
      '/usr/bin/mount',
      '-t',
      'ext4',
      disk.device,
      elsewhere,
    ];
    execFileSync(executable, args);
    expect(await restore()).toMatchObject({ state: 'failed', reason: { code: 'device-in-use' } });
    await other.dispose();
    expect(await restore()).toEqual({ state: 'ok' });
  });

  test('a start waits for a namespace that is being taken down, as that of a lost server is', async () => {
    const other = await createMountNamespace();
    const [executable = '', ...args] = [
      ...other.prefix,
      '/usr/bin/mount',
      '-t',
      'ext4',
      disk.device,
      mountPoint,
    ];
    execFileSync(executable, args);
    const restoring = restore();
    await other.dispose();
    expect(await restoring).toEqual({ state: 'ok' });
  });

  test('a disk that is not this volume is never mounted', async () => {
    const uuid = '00000000-1111-2222-3333-444444444444';
    expect(await restore({}, { uuid })).toMatchObject({
      state: 'failed',
      scope: 'server',
      reason: { code: 'device-not-this-volume', facts: { expected: uuid, found: disk.uuid } },
    });
    expect(await isMounted()).toBe(false);
  });

  test('a device or a mount point that is not there has its code', async () => {
    expect(await restore({}, { device: '/dev/no-such-device' })).toMatchObject({
      state: 'failed',
      scope: 'server',
      reason: { code: 'device-missing' },
    });
    expect(await restore({}, { mountPoint: join(directory, 'none') })).toMatchObject({
      reason: { code: 'mount-point-missing' },
    });
    symlinkSync(mountPoint, join(directory, 'link'));
    expect(await restore({}, { mountPoint: join(directory, 'link') })).toMatchObject({
      reason: { code: 'mount-point-is-link' },
    });
  });

  test('R-09 a damaged file system is a cause in the data', async () => {
    execFileSync('/usr/sbin/debugfs', ['-w', '-R', 'clri <8>', disk.device], { stdio: 'ignore' });
    expect(await restore()).toMatchObject({
      state: 'failed',
      scope: 'data',
      reason: { code: 'mount-bad-file-system' },
    });
  });

  test('K-17 R-06 users of a busy volume are named and ended, also those that ignore SIGTERM', async () => {
    await restore();
    const polite = await use('/usr/bin/sleep', '60');
    const stubborn = await use('/usr/bin/perl', '-e', '$SIG{TERM} = "IGNORE"; sleep 60');
    const told: string[] = [];
    const context = actContext(subject(), {});
    const result = await kit.remove({
      ...context,
      progress: ({ facts }) => told.push(String(facts['processes'])),
    });
    expect(result).toMatchObject({
      state: 'ok',
      warning: { code: 'volume-users-ended', facts: { users: 2 } },
    });
    expect(JSON.stringify(result)).toContain(`${polite.pid} /usr/bin/sleep 60`);
    expect(told.join('\n')).toContain(`${polite.pid} /usr/bin/sleep 60`);
    expect(told.join('\n')).toContain(`${stubborn.pid} /usr/bin/perl`);
    expect([readPlace(polite.pid ?? 0, 'cwd'), readPlace(stubborn.pid ?? 0, 'cwd')]).toEqual([
      undefined,
      undefined,
    ]);
    expect(await isMounted()).toBe(false);
  });

  test('S1 a volume that another mount namespace still has is not called stopped', async () => {
    await restore();
    const [executable = '', ...args] = [
      ...namespace.prefix,
      '/usr/bin/unshare',
      '--mount',
      '--propagation',
      'private',
      '/usr/bin/sleep',
      '60',
    ];
    const holder = spawn(executable, args, { stdio: 'ignore' });
    users.push(holder);
    await expect.poll(() => readPlace(holder.pid ?? 0, 'exe'), { timeout: 5_000 }).toBe('/usr/bin/sleep');
    expect(await remove()).toMatchObject({ state: 'failed', reason: { code: 'volume-held-elsewhere' } });
  });

  test('a file system that gave up after an error of its device has failed', async () => {
    await restore();
    inside('/usr/sbin/xfs_io', '-x', '-c', 'shutdown', mountPoint);
    expect(await quickCheck()).toMatchObject({
      state: 'failed',
      scope: 'server',
      reason: { code: 'volume-read-only' },
    });
    expect(await remove()).toEqual({ state: 'ok' });
    expect(await restore({ term: 2 })).toEqual({ state: 'ok' });
  });

  test('a volume that was made read-only has failed', async () => {
    await restore();
    inside('/usr/bin/mount', '-o', 'remount,ro', mountPoint);
    expect(await quickCheck()).toMatchObject({ state: 'failed', reason: { code: 'volume-read-only' } });
  });

  test('S1 a volume that another server has taken is found by the next check', async () => {
    await restore();
    const path = join(mountPoint, '.holdfast-owner');
    const text = await host.files.read(path);
    await host.files.write(path, (text ?? '').replace('server1', 'server2'));
    expect(await quickCheck()).toMatchObject({
      state: 'failed',
      reason: { code: 'volume-taken', facts: { server: 'server2' } },
    });
  });

  test('a full volume is a warning, and no reason to move', async () => {
    await restore();
    // What was freed comes back only with the next commit of the journal, so it is filled until nothing goes in.
    const fill = (name: string, size: string): string =>
      `dd if=/dev/zero of=${mountPoint}/${name} bs=${size} status=none`;
    const steps = [
      fill('a', '64k'),
      fill('b', '1k'),
      'sync',
      fill('c', '1k'),
      'sync',
      fill('d', '1k'),
      'true',
    ];
    inside('/bin/sh', '-c', `(${steps.join('; ')}) 2>&1`);
    expect(await deepCheck()).toMatchObject({ state: 'ok', warning: { code: 'volume-full' } });
    expect(await quickCheck()).toEqual({ state: 'ok' });
  });

  test('a disk that reads but does not write back in time is slow, and the check keeps its deadline', async () => {
    await restore();
    inside('/usr/sbin/fsfreeze', '--freeze', mountPoint);
    try {
      const startedAt = performance.now();
      expect(await deepCheck(700)).toMatchObject({ state: 'ok', warning: { code: 'volume-slow' } });
      expect(await deepCheck(700)).toMatchObject({ state: 'ok', warning: { code: 'volume-slow' } });
      expect(performance.now() - startedAt).toBeLessThan(3_000);
      expect(await quickCheck()).toEqual({ state: 'ok' });
    } finally {
      inside('/usr/sbin/fsfreeze', '--unfreeze', mountPoint);
    }
    await expect.poll(() => deepCheck(), { timeout: 10_000 }).toEqual({ state: 'ok' });
  });

  test('K-05 a sound volume passes every creation check, and each fault has its code', async () => {
    const codes = async (change: Parameters = {}) =>
      (await kit.validate(checkContext(subject(change), 10_000)))
        .filter(({ outcome }) => outcome !== 'passed')
        .map(({ outcome, reason }) => `${outcome} ${reason.code}`);
    expect(await codes()).toEqual([]);
    expect(await codes({ device: '/dev/no-such-device' })).toEqual(['failed device-missing']);
    expect(await codes({ device: '/dev/null' })).toEqual(['failed not-a-block-device']);
    expect(await codes({ fsType: 'xfs' })).toEqual(['failed file-system-differs']);
    expect(await codes({ mountPoint: '/etc/fstab' })).toContain('failed mount-point-no-directory');
    expect(await codes({ mountPoint: '/proc' })).toContain('failed mount-point-taken');
    await restore();
    expect(await codes()).toEqual(['failed volume-has-owner']);
    expect((await kit.prepareExtend(checkContext(subject(), 10_000))).at(-1)).toMatchObject({
      outcome: 'failed',
      reason: { code: 'volume-mounted-here' },
    });
  });

  test('defaults come from the device, or from what is mounted', async () => {
    const found = { type: 'device', fsType: 'ext4', uuid: disk.uuid, device: disk.device };
    expect(await kit.defaults({ device: disk.device }, host)).toEqual(found);
    await restore();
    expect(await kit.defaults({ mountPoint }, host)).toEqual({ ...found, mountPoint });
    expect(await kit.defaults({ path: '/srv' }, host)).toEqual({ type: 'directory' });
  });

  test('K-13 a volume that is let go forgets its owner and stays mounted', async () => {
    await restore();
    expect(await kit.letGo(checkContext(subject(), 5_000))).toEqual({ state: 'ok' });
    expect(await host.files.read(join(mountPoint, '.holdfast-owner'))).toBeUndefined();
    expect(await isMounted()).toBe(true);
  });
});
