import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Addresses } from '@holdfast/kits/host';
import { createLoopbackAddresses } from './addresses-loopback.ts';
import { createLinuxFiles } from './files.ts';

const address = { address: '127.5.6.7', prefix: 32, device: 'lo' };
let directory: string;
let addresses: Addresses;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-loopback-'));
  addresses = createLoopbackAddresses({ files: createLinuxFiles(), runDirectory: directory });
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

test('an address is up exactly while its bookkeeping file is there', async () => {
  expect(await addresses.list()).toEqual([]);
  await addresses.add(address);
  await addresses.add(address);
  expect(addresses.isUp(address)).toBe(true);
  expect(await addresses.list()).toEqual([address]);
  rmSync(addresses.bookkeepingFile(address.address) ?? '');
  expect(addresses.isUp(address)).toBe(false);
  await addresses.remove(address);
  expect(await addresses.list()).toEqual([]);
});

test('an address outside of 127.0.0.0/8, or a path, is refused', async () => {
  for (const wrong of ['10.0.0.1', '127.0.0.1/../../x', '::1']) {
    await expect(addresses.add({ ...address, address: wrong })).rejects.toMatchObject({
      reason: { code: 'address-not-loopback' },
    });
  }
});
