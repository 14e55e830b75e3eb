import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Addresses, AddressView } from '@holdfast/kits/host';
import { createKernelAddresses } from './addresses-kernel.ts';
import { createNetworkPair, type NetworkPair } from './testing-network.ts';

const isRoot = process.geteuid?.() === 0;

test('addresses and link that are asked for in one breath cost one program, later questions one more', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-addresses-'));
  try {
    const runs = join(directory, 'runs');
    const addresses = createKernelAddresses({
      commandPrefix: ['/bin/sh', '-c', `echo "$@" >> '${runs}'; exec "$0" "$@"`],
    });
    const [list, isUp] = await Promise.all([addresses.list(), addresses.linkUp('lo')]);
    expect(list.map(({ address }) => address)).toContain('127.0.0.1');
    expect(isUp).toBe(true);
    await addresses.list();
    expect(readFileSync(runs, 'utf8')).toBe('-j address show\n'.repeat(2));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

describe.skipIf(!isRoot)('addresses of a network namespace (needs root)', () => {
  let network: NetworkPair;
  let addresses: Addresses;
  let floating: AddressView;

  beforeEach(() => {
    network = createNetworkPair();
    addresses = createKernelAddresses({ commandPrefix: network.left.prefix });
    floating = { address: network.address(100), prefix: 24, device: network.left.device };
  });

  afterEach(() => {
    network.dispose();
  });

  const wrongMac = '02:00:00:00:00:01';

  /** The neighbour believes that somebody else has the address. */
  function rememberWrong(): void {
    const entry = [floating.address, 'lladdr', wrongMac, 'nud', 'stale', 'dev', network.right.device];
    network.right.run('/usr/bin/ip', 'neighbour', 'replace', ...entry);
  }

  function remembered(): string {
    return network.right.run('/usr/bin/ip', 'neighbour', 'show', 'to', floating.address);
  }

  test('an address is added and removed, twice each', async () => {
    await addresses.add(floating);
    await addresses.add(floating);
    expect(await addresses.list()).toContainEqual(floating);
    await addresses.remove(floating);
    await addresses.remove(floating);
    expect(await addresses.list()).not.toContainEqual(floating);
  });

  test('an address that is up is seen without a process, until its link is down', async () => {
    const script = `
      const { createKernelAddresses } = await import(process.argv[1]);
      console.log(createKernelAddresses().isUp(JSON.parse(process.argv[2])));`;
    const isUp = (): string => {
      const module = new URL('addresses-kernel.ts', import.meta.url).href;
      const view = JSON.stringify(floating);
      return network.left.run(process.execPath, '--input-type=module', '-e', script, module, view).trim();
    };
    expect(isUp()).toBe('false');
    await addresses.add(floating);
    expect(isUp()).toBe('true');
    network.right.run('/usr/bin/ip', 'link', 'set', network.right.device, 'down');
    expect(isUp()).toBe('false');
  });

  test('X-02 a link without a carrier is down', async () => {
    expect(await addresses.linkUp(floating.device)).toBe(true);
    network.right.run('/usr/bin/ip', 'link', 'set', network.right.device, 'down');
    expect(await addresses.linkUp(floating.device)).toBe(false);
    expect(await addresses.linkUp('none')).toBe(false);
  });

  test('X-02 somebody who answers for the address is named by hardware address, at once', async () => {
    const taken = { ...floating, address: network.address(2) };
    const startedAt = performance.now();
    expect((await addresses.conflict(taken, { timeoutMs: 1_000, questions: 3 }))?.toLowerCase()).toBe(
      network.right.mac(),
    );
    expect(performance.now() - startedAt).toBeLessThan(900);
  });

  test('X-02 nobody answers for a free address, and that is known at the deadline', async () => {
    const startedAt = performance.now();
    expect(await addresses.conflict(floating, { timeoutMs: 75, questions: 3 })).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(600);
  });

  /** Every question goes through this script of the shell, with the program and its arguments as "$@". */
  function askThrough(script: string): Addresses {
    return createKernelAddresses({ commandPrefix: ['/bin/sh', '-c', script, 'sh', ...network.left.prefix] });
  }

  test('X-02 an answer that comes late, but within the time of a start, is heard', async () => {
    const taken = { ...floating, address: network.address(2) };
    const slow = askThrough('sleep 0.03; exec "$@"');
    expect((await slow.conflict(taken, { timeoutMs: 75, questions: 3 }))?.toLowerCase()).toBe(
      network.right.mac(),
    );
  });

  test('X-02 two lost questions of three do not hide who has the address', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-addresses-'));
    try {
      const count = join(directory, 'count');
      const lossy = askThrough(
        `echo >> '${count}'; [ $(($(wc -l < '${count}') % 3)) = 0 ] || exec sleep 5; exec "$@"`,
      );
      const taken = { ...floating, address: network.address(2) };
      expect((await lossy.conflict(taken, { timeoutMs: 300, questions: 3 }))?.toLowerCase()).toBe(
        network.right.mac(),
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('X-02 a single question is enough where another one comes later', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-addresses-'));
    try {
      const count = join(directory, 'count');
      const counted = askThrough(`echo >> '${count}'; exec "$@"`);
      expect(await counted.conflict(floating, { timeoutMs: 1_000, questions: 1 })).toBeUndefined();
      expect(readFileSync(count, 'utf8')).toBe('\n');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('X-02 silence is not taken for "free" while fewer than two questions were sent', async () => {
    const mute = askThrough('exec sleep 5');
    await expect(mute.conflict(floating, { timeoutMs: 75, questions: 3 })).rejects.toMatchObject({
      reason: { code: 'address-probe-failed' },
    });
  });

  test('an address that is up here is no conflict with itself', async () => {
    await addresses.add(floating);
    expect(await addresses.conflict(floating, { timeoutMs: 150, questions: 3 })).toBeUndefined();
  });

  test('X-02 an announcement corrects what the neighbours remember', async () => {
    rememberWrong();
    await addresses.add(floating);
    addresses.announce(floating);
    await expect.poll(remembered, { timeout: 5_000, interval: 10 }).toContain(network.left.mac());
  });

  test('an announcement ends when the address is taken away', async () => {
    await addresses.add(floating);
    addresses.announce(floating);
    await addresses.remove(floating);
    rememberWrong();
    // Longer than the first repetitions would take.
    await addresses.conflict(floating, { timeoutMs: 900, questions: 3 });
    expect(remembered()).toContain(wrongMac);
  });

  test('a network device that is not there has its code', async () => {
    const nowhere = { ...floating, device: 'none' };
    const missing = { reason: { code: 'network-device-missing', facts: { device: 'none' } } };
    await expect(addresses.add(nowhere)).rejects.toMatchObject(missing);
    await expect(addresses.remove(nowhere)).resolves.toBeUndefined();
    await expect(addresses.conflict(nowhere, { timeoutMs: 150, questions: 3 })).rejects.toMatchObject({
      reason: { code: 'address-probe-failed' },
    });
  });
});
