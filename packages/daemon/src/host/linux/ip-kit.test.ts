import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allow, refuse, type Parameters, type Verdict } from '@holdfast/core';
import { bindKit, type Host } from '@holdfast/kits';
import { ipKit } from '@holdfast/kits/ip/index';
import { actContext, checkContext, type TrialChange } from '@holdfast/kits/trial';
import { createKernelAddresses } from './addresses-kernel.ts';
import { createLinuxHost } from './index.ts';
import { createNetworkPair, type NetworkPair } from './testing-network.ts';

const isRoot = process.geteuid?.() === 0;
const kit = bindKit(ipKit);

describe.skipIf(!isRoot)('a floating address (needs root)', () => {
  let directory: string;
  let network: NetworkPair;
  let host: Host;
  let parameters: Parameters;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-ip-'));
    network = createNetworkPair();
    const addresses = createKernelAddresses({ commandPrefix: network.left.prefix });
    const base = createLinuxHost({
      serviceManager: 'direct',
      addressKind: 'kernel',
      processScope: 'own',
      runDirectory: join(directory, 'run'),
      stateDirectory: join(directory, 'state'),
    });
    host = { ...base, addresses };
    parameters = { address: network.address(100), prefix: 24, device: network.left.device };
  });

  afterEach(() => {
    network.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  const subject = (change: Parameters = {}) => ({ kit, host, parameters: { ...parameters, ...change } });
  const restore = (change: TrialChange = {}, other: Parameters = {}) =>
    kit.restore(actContext(subject(other), change));
  const remove = () => kit.remove(actContext(subject(), {}));
  const quickCheck = () => kit.quickCheck(checkContext(subject(), 1_000));
  const deepCheck = () => kit.deepCheck(checkContext(subject(), 5_000));

  /** Gives the floating address to the neighbour. */
  function takeElsewhere(): void {
    const { right } = network;
    right.run('/usr/bin/ip', 'address', 'add', `${network.address(100)}/24`, 'dev', right.device);
  }

  function cutLink(): void {
    network.right.run('/usr/bin/ip', 'link', 'set', network.right.device, 'down');
  }

  test('X-02 an address that somebody else has is refused, naming the hardware address, and not added', async () => {
    takeElsewhere();
    const result = await restore();
    expect(result).toMatchObject({ state: 'failed', scope: 'server', reason: { code: 'address-in-use' } });
    const mac = result.state === 'failed' ? String(result.reason.facts['mac']) : '';
    expect(mac.toLowerCase()).toBe(network.right.mac());
    expect((await quickCheck()).state).toBe('not-running');
  });

  test('X-02 the duplicate check can warn only, or not ask at all', async () => {
    takeElsewhere();
    expect(await restore({}, { duplicateCheck: 'warn' })).toMatchObject({
      state: 'ok',
      warning: { code: 'address-in-use' },
    });
    await remove();
    expect(await restore({}, { duplicateCheck: 'off' })).toEqual({ state: 'ok' });
  });

  test('a duplicate that appears later is a warning of the deep check', async () => {
    await restore();
    expect(await deepCheck()).toEqual({ state: 'ok' });
    takeElsewhere();
    expect(await deepCheck()).toMatchObject({ state: 'ok', warning: { code: 'address-in-use' } });
  });

  test('X-02 a link that is down fails the start, and what runs', async () => {
    await restore();
    cutLink();
    const down = { state: 'failed', scope: 'server', reason: { code: 'link-down' } };
    expect(await quickCheck()).toMatchObject(down);
    expect(await remove()).toEqual({ state: 'ok' });
    expect((await quickCheck()).state).toBe('not-running');
    expect(await restore()).toMatchObject(down);
  });

  test('S4 the permit is asked again after the probe, right before the address is added', async () => {
    let asked = 0;
    const permit = (): Verdict => (++asked === 1 ? allow() : refuse('lease-not-good'));
    expect(await restore({ permit })).toEqual({
      state: 'not-running',
      reason: { code: 'lease-not-good', facts: {} },
    });
    expect(asked).toBe(2);
    expect((await quickCheck()).state).toBe('not-running');
  });

  test('R-04 an address that was lost is put back in place', async () => {
    await restore();
    network.left.run(
      '/usr/bin/ip',
      'address',
      'del',
      `${network.address(100)}/24`,
      'dev',
      network.left.device,
    );
    expect((await quickCheck()).state).toBe('not-running');
    expect(await kit.recover?.(actContext(subject(), {}))).toEqual({ state: 'ok' });
    expect(await quickCheck()).toEqual({ state: 'ok' });
  });

  test('S1 an address is removed also when it was added with another prefix or on another device', async () => {
    const add = (prefix: number, device: string): void =>
      void network.left.run(
        '/usr/bin/ip',
        'address',
        'add',
        `${network.address(100)}/${prefix}`,
        'dev',
        device,
      );
    add(32, network.left.device);
    expect(await quickCheck()).toEqual({ state: 'ok' });
    expect(await remove()).toEqual({ state: 'ok' });
    expect((await quickCheck()).state).toBe('not-running');
    add(32, 'lo');
    expect(await restore()).toMatchObject({
      state: 'failed',
      reason: { code: 'address-on-other-device', facts: { other: 'lo' } },
    });
    expect(await remove()).toEqual({ state: 'ok' });
    expect((await quickCheck()).state).toBe('not-running');
  });

  test('defaults are the device and the prefix of the network that holds the address', async () => {
    const { address } = parameters;
    const found = { device: network.left.device, prefix: 24 };
    expect(await kit.defaults({ address }, host)).toEqual(found);
    expect(await kit.defaults({ address: '192.0.2.1' }, host)).toEqual({});
    expect(await kit.defaults({ address, device: 'other0' }, host)).toEqual({});
  });

  test('K-05 the creation checks find a taken address, a foreign network, a dead link', async () => {
    const codes = async (change: Parameters = {}) =>
      (await kit.validate(checkContext(subject(change), 10_000)))
        .filter(({ outcome }) => outcome !== 'passed')
        .map(({ outcome, reason }) => `${outcome} ${reason.code}`);
    expect(await codes()).toEqual([]);
    expect(await codes({ address: network.address(2) })).toEqual(['failed address-in-use']);
    expect(await codes({ address: '192.0.2.1' })).toEqual(['warned address-outside-network']);
    await restore();
    expect(await codes()).toEqual(['warned address-already-here']);
    cutLink();
    expect(await codes()).toEqual(['failed link-down']);
  });

  test('K-10 an extension is refused where the address is up, and does not mind its owner elsewhere', async () => {
    const codes = async () =>
      (await kit.prepareExtend(checkContext(subject(), 10_000))).map(({ outcome }) => outcome);
    takeElsewhere();
    expect(await codes()).toEqual(['passed', 'passed', 'passed']);
    await restore({}, { duplicateCheck: 'off' });
    expect(await codes()).toEqual(['passed', 'passed', 'failed']);
  });

  test('S3 the kill plan takes the address off its device', () => {
    const { address, device } = parameters;
    expect(kit.killPlan(parameters, host)).toEqual([{ kind: 'address', address, device }]);
  });
});
