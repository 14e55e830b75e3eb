import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Volumes } from '@holdfast/kits/host';
import { parseBootMounts, parseMountTable } from './mount-table.ts';
import { readPlace } from './proc.ts';
import { createMountNamespace, type MountNamespace } from './testing-mounts.ts';
import { createTestDisk, type TestDisk } from './testing-disk.ts';
import { createLinuxVolumes, formatDeviceNumber } from './volumes.ts';

const isRoot = process.geteuid?.() === 0;
const volumes = createLinuxVolumes();

describe('what the kernel shows', () => {
  test('a mount is parsed with its device, and blanks in its name', () => {
    const text =
      '42 27 7:0 / /mnt/a\\040b rw,relatime shared:1 - ext4 /dev/loop0 rw\n' +
      '43 27 8:17 /sub /mnt/c rw - xfs /dev/sdb1 ro,attr2\n';
    expect(parseMountTable(text)).toEqual([
      {
        source: '/dev/loop0',
        mountPoint: '/mnt/a b',
        type: 'ext4',
        readOnly: false,
        deviceNumber: '7:0',
        root: '/',
      },
      {
        source: '/dev/sdb1',
        mountPoint: '/mnt/c',
        type: 'xfs',
        readOnly: true,
        deviceNumber: '8:17',
        root: '/sub',
      },
    ]);
  });

  test('a device number is taken apart as the kernel puts it together', () => {
    expect(formatDeviceNumber(0x0801)).toBe('8:1');
    expect(formatDeviceNumber(0x10fe05)).toBe('254:261');
  });

  test('only lines of fstab without noauto are mounted at boot', () => {
    const text = '# c\n/dev/sda1 / ext4 defaults 0 1\nUUID=ab /data ext4 rw,noauto 0 2\n\n';
    expect(parseBootMounts(text)).toEqual([
      { source: '/dev/sda1', mountPoint: '/', automatic: true },
      { source: 'UUID=ab', mountPoint: '/data', automatic: false },
    ]);
  });

  test('the mounts of this server are read', async () => {
    const root = (await volumes.mounts()).find((mount) => mount.mountPoint === '/');
    expect(root).toMatchObject({ mountPoint: '/', readOnly: false });
  });

  test('a path that is no block device has no device number', async () => {
    expect(await volumes.deviceNumber('/dev/null')).toBeUndefined();
    expect(await volumes.deviceNumber('/dev/no-such-device')).toBeUndefined();
  });
});

describe('small files past the cache', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-volumes-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  test('what was written synced is read directly', async () => {
    const path = join(directory, 'check');
    await volumes.writeSynced(path, 'one', 5_000);
    await volumes.writeSynced(path, 'two', 5_000);
    expect(await volumes.readDirect(path, 5_000)).toBe('two');
    await volumes.probe(path, 5_000);
  });

  test('S-04 a link is not followed to another file', async () => {
    const target = join(directory, 'target');
    writeFileSync(target, 'keep');
    symlinkSync(target, join(directory, 'check'));
    await expect(volumes.writeSynced(join(directory, 'check'), 'x', 5_000)).rejects.toMatchObject({
      reason: { code: 'disk-failed' },
    });
    expect(await volumes.readDirect(target, 5_000)).toBe('keep');
  });

  test('a disk that hangs holds one process for each path, and the caller no longer than its deadline', async () => {
    // A pipe that nobody writes to hangs as a dead disk does.
    const path = join(directory, 'pipe');
    execFileSync('/usr/bin/mkfifo', [path]);
    const startedAt = performance.now();
    const first = volumes.readDirect(path, 200);
    await expect(volumes.readDirect(path, 200)).rejects.toMatchObject({ reason: { code: 'disk-hangs' } });
    await expect(first).rejects.toMatchObject({ reason: { code: 'disk-hangs', facts: { path } } });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe.skipIf(!isRoot).each(['ext4', 'xfs'] as const)('a loop device with %s (needs root)', (type) => {
  let directory: string;
  let namespace: MountNamespace;
  let volumes: Volumes;
  let disk: TestDisk;
  let device: string;
  let mountPoint: string;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-volumes-'));
    namespace = await createMountNamespace();
    volumes = namespace.createVolumes();
    disk = createTestDisk(join(directory, 'image'), type);
    device = disk.device;
    mountPoint = join(directory, 'mount');
    mkdirSync(mountPoint);
  });

  afterEach(async () => {
    await volumes.unmount(mountPoint, 10_000);
    await namespace.dispose();
    disk.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  function mount(
    change: { device?: string; mountPoint?: string; options?: readonly string[] } = {},
  ): Promise<void> {
    return volumes.mount({ device, mountPoint, type, options: [], timeoutMs: 20_000, ...change });
  }

  test('it is mounted, held while it is, and free after the unmount', async () => {
    expect(await volumes.isHeld(device)).toBe(false);
    await mount({ options: ['noatime'] });
    expect(await volumes.isHeld(device)).toBe(true);
    const [found] = (await volumes.mounts()).filter((view) => view.mountPoint === mountPoint);
    expect(found).toMatchObject({ source: device, type, readOnly: false, root: '/' });
    expect(found?.deviceNumber).toBe(await volumes.deviceNumber(device));
    expect(volumes.isChanging(mountPoint)).toBe(false);
    await volumes.unmount(mountPoint, 10_000);
    await volumes.unmount(mountPoint, 10_000);
    expect(await volumes.isHeld(device)).toBe(false);
  });

  test('its file system is recognised', async () => {
    expect(await volumes.signature(device, 5_000)).toMatchObject({ type });
    execFileSync('/usr/sbin/wipefs', ['--all', '--quiet', device]);
    expect(await volumes.signature(device, 5_000)).toBeUndefined();
    await expect(mount()).rejects.toMatchObject({ reason: { code: 'mount-bad-file-system' } });
  });

  test('a lazily unmounted volume is still held', async () => {
    await mount();
    const [enter = '', ...args] = [
      ...namespace.prefix,
      '/usr/bin/env',
      '-C',
      mountPoint,
      '/usr/bin/sleep',
      '60',
    ];
    const user = spawn(enter, args, { stdio: 'ignore' });
    await expect.poll(() => readPlace(user.pid ?? 0, 'cwd'), { timeout: 5_000 }).toBe(mountPoint);
    await expect(volumes.unmount(mountPoint, 5_000)).rejects.toMatchObject({
      reason: { code: 'volume-busy' },
    });
    const [nsenter = '', ...inside] = [...namespace.prefix, '/usr/bin/umount', '--lazy', mountPoint];
    execFileSync(nsenter, inside);
    expect(await volumes.isHeld(device)).toBe(true);
    user.kill('SIGKILL');
    await expect.poll(() => volumes.isHeld(device), { timeout: 5_000, interval: 10 }).toBe(false);
  });

  test('what is missing or taken has its own code', async () => {
    const codeOf = (call: Promise<void>): Promise<unknown> =>
      call.then(
        () => undefined,
        (error: { reason?: { code?: string } }) => error.reason?.code,
      );
    expect(await codeOf(mount({ device: '/dev/no-such-device' }))).toBe('device-missing');
    expect(await codeOf(mount({ mountPoint: join(directory, 'none') }))).toBe('mount-point-missing');
    expect(await codeOf(mount({ options: ['no-such-option'] }))).toBe('mount-bad-file-system');
    await mount();
    expect(await codeOf(mount())).toBe('mount-busy');
  });

  test('the device itself is probed past the cache', async () => {
    await volumes.probe(device, 5_000);
  });
});
