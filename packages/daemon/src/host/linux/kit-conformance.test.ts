import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { bindKit } from '@holdfast/kits';
import { describeKit } from '@holdfast/kits/conformance';
import type { KitTrial } from '@holdfast/kits/trial';
import { ipKit } from '@holdfast/kits/ip/index';
import { volumeKit } from '@holdfast/kits/volume/index';
import { createKernelAddresses } from './addresses-kernel.ts';
import { createLinuxHost, type LinuxHostOptions } from './index.ts';
import { startActionApart } from './testing-apart.ts';
import { createTestDisk } from './testing-disk.ts';
import { createMountNamespace } from './testing-mounts.ts';
import { createNetworkPair } from './testing-network.ts';

const isRoot = process.geteuid?.() === 0;

interface Place {
  readonly directory: string;
  readonly options: LinuxHostOptions;
}

function createPlace(addressKind: 'kernel' | 'loopback'): Place {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-kits-'));
  return {
    directory,
    options: {
      serviceManager: 'direct',
      addressKind,
      processScope: 'own',
      runDirectory: join(directory, 'run'),
      stateDirectory: join(directory, 'state'),
    },
  };
}

describe.skipIf(!isRoot)('volumes on devices (needs root)', () => {
  describeKit('volume, ext4 on a device', () => createDeviceTrial('ext4'));
  describeKit('volume, xfs on a device', () => createDeviceTrial('xfs'));
});

describeKit('volume, a directory', () => {
  const { directory, options } = createPlace('loopback');
  const path = join(directory, 'volume');
  mkdirSync(path);
  const host = createLinuxHost(options);
  const parameters = { type: 'directory', path };
  const order = { module: '@holdfast/kits/volume/index', name: 'volumeKit', parameters, host: options };
  const trial: KitTrial = {
    kit: bindKit(volumeKit),
    host,
    parameters,
    limitMs: 5_000,
    isGone: async () => ((await host.files.list(join(options.runDirectory, 'volumes'))) ?? []).length === 0,
    startApart: (action, term) => startActionApart({ ...order, action, term }),
    dispose: () => {
      rmSync(directory, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
  return Promise.resolve(trial);
});

describeKit('ip, a loopback address', () => {
  const { directory, options } = createPlace('loopback');
  const host = createLinuxHost(options);
  const parameters = { address: '127.9.8.7', prefix: 32, device: 'lo' };
  const order = { module: '@holdfast/kits/ip/index', name: 'ipKit', parameters, host: options };
  const trial: KitTrial = {
    kit: bindKit(ipKit),
    host,
    parameters,
    limitMs: 5_000,
    isGone: async () => (await host.addresses.list()).length === 0,
    startApart: (action, term) => startActionApart({ ...order, action, term }),
    dispose: () => {
      rmSync(directory, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
  return Promise.resolve(trial);
});

describe.skipIf(!isRoot)('addresses of the kernel (needs root)', () => {
  describeKit('ip, an address of the kernel', () => {
    const { directory, options } = createPlace('kernel');
    const network = createNetworkPair();
    const { prefix, device } = network.left;
    const addresses = createKernelAddresses({ commandPrefix: prefix });
    const parameters = { address: network.address(100), prefix: 24, device };
    const order = { module: '@holdfast/kits/ip/index', name: 'ipKit', parameters, host: options };
    const trial: KitTrial = {
      kit: bindKit(ipKit),
      host: { ...createLinuxHost(options), addresses },
      parameters,
      limitMs: 5_000,
      isGone: () => Promise.resolve(!network.left.run('/usr/bin/ip', 'address').includes(parameters.address)),
      startApart: (action, term) => startActionApart({ ...order, action, term }, prefix),
      dispose: () => {
        network.dispose();
        rmSync(directory, { recursive: true, force: true });
        return Promise.resolve();
      },
    };
    return Promise.resolve(trial);
  });
});

async function createDeviceTrial(fsType: 'ext4' | 'xfs'): Promise<KitTrial> {
  const { directory, options } = createPlace('loopback');
  const namespace = await createMountNamespace();
  const disk = createTestDisk(join(directory, 'image'), fsType);
  const mountPoint = join(directory, 'mount');
  mkdirSync(mountPoint);
  const { device, uuid } = disk;
  const parameters = { type: 'device', device, mountPoint, fsType, options: ['noatime'], uuid };
  const order = { module: '@holdfast/kits/volume/index', name: 'volumeKit', parameters, host: options };
  let host = namespace.createHost(options);
  return {
    kit: bindKit(volumeKit),
    get host() {
      return host;
    },
    parameters,
    limitMs: 10_000,
    isGone: async () => {
      const mounts = await host.volumes.mounts();
      return !mounts.some((mount) => mount.mountPoint === mountPoint) && !(await host.volumes.isHeld(device));
    },
    startApart: async (action, term) => {
      const apart = await startActionApart({ ...order, action, term }, namespace.prefix);
      // What a daemon that starts after the killed one knows of the mounts that are under way.
      const restart = (): void => void (host = namespace.createHost(options));
      return { kill: () => apart.kill().then(restart) };
    },
    hang: () => {
      const freeze = (how: string): void => {
        const [enter = '', ...args] = [...namespace.prefix, '/usr/sbin/fsfreeze', how, mountPoint];
        execFileSync(enter, args);
      };
      freeze('--freeze');
      return Promise.resolve(() => Promise.resolve(freeze('--unfreeze')));
    },
    dispose: async () => {
      await host.volumes.unmount(mountPoint, 10_000);
      await namespace.dispose();
      disk.dispose();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
