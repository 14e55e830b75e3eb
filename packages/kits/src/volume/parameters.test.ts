import { expect, test } from 'vitest';
import { defaultTag, volumeParameters } from './parameters.ts';

const device = { type: 'device', device: '/dev/disk/by-id/x-1', mountPoint: '/srv/data', fsType: 'ext4' };

test('a device volume needs a path below /dev, a mount point and a journaled file system', () => {
  expect(volumeParameters.parse(device)).toMatchObject({ options: [] });
  for (const wrong of [
    { device: 'UUID=1234' },
    { device: '/srv/image' },
    { mountPoint: 'data' },
    { mountPoint: '/srv/../data' },
    { mountPoint: '/srv/data/' },
    { mountPoint: '/srv/a\nb' },
    { fsType: 'ext2' },
  ]) {
    expect(volumeParameters.safeParse({ ...device, ...wrong }).success, JSON.stringify(wrong)).toBe(false);
  }
});

test('S-04 a mount option is one option, and none that defeats the kit', () => {
  const accepts = (option: string): boolean =>
    volumeParameters.safeParse({ ...device, options: [option] }).success;
  expect(['noatime', 'data=ordered', 'logbufs=8', 'context=system_u:object_r:x'].map(accepts)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  for (const wrong of ['ro', 'noload', 'norecovery', 'loop', 'a,b', '-o x', 'a b', '']) {
    expect(accepts(wrong), wrong).toBe(false);
  }
});

test('K-04 the tag names the place', () => {
  expect(defaultTag(volumeParameters.parse(device))).toBe('volume-srv-data');
  expect(defaultTag({ type: 'directory', path: '/srv/ä b' })).toBe('volume-srv-b');
});
