import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createClientBox } from '../client-box.ts';
import { findCgroupTree } from '../control-group.ts';
import { clientHost, createLabNetwork, networkDevice, secondNetwork } from '../lab-network.ts';
import { cleanLeftovers, removeLab } from '../leftovers.ts';
import { claimLab } from '../manifest.ts';
import { whyNoNamespaces } from '../namespace-boxes.ts';
import { createSharedDisk, detachDisk } from '../shared-disk.ts';
import type { ServerBoxes } from '../server-box.ts';
import { ensureBaseTree } from './base-tree.ts';
import { createHost, type HostSurroundings, type SystemdHost } from './host.ts';

/** Hosts with systemd, as servers of a lab: what watches and faults servers works with them as well. */
export interface Hosts extends ServerBoxes {
  readonly servers: ReadonlyMap<string, SystemdHost>;
  server(name: string): SystemdHost;
}

/** The directory of the project that this file is part of. */
const project = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '');

/** Where the tests' hosts have the shared volume. */
export const volumeMountPoint = '/srv/pg';

/** Tells why this machine cannot boot hosts; `undefined` when it can, which makes the base tree where it is missing. */
export async function whyNoHosts(): Promise<string | undefined> {
  for (const file of ['/usr/bin/systemd-nspawn', '/usr/sbin/debootstrap', '/usr/sbin/nft'])
    if (!existsSync(file)) return `${file} is missing`;
  if (findCgroupTree() === undefined) return 'no tree of cgroup v2 that can be written to';
  const why = await whyNoNamespaces();
  if (why !== undefined) return why;
  try {
    await ensureBaseTree({ onProgress: (line) => process.stderr.write(`${line}\n`) });
    return undefined;
  } catch (error) {
    return `the base tree cannot be built: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/**
 * Boots hosts, joined by two networks, with a shared disk for the first `withVolume` of them, after removing what earlier labs
 * left behind. The caller disposes of them; what a `kill -9` of the caller leaves is removed at the next call.
 */
export async function createHosts(options: {
  readonly servers: readonly string[];
  readonly withVolume: number;
}): Promise<Hosts> {
  await cleanLeftovers();
  const cgroupTree = findCgroupTree();
  if (cgroupTree === undefined) throw new Error('no tree of cgroup v2 that can be written to');
  const baseTree = await ensureBaseTree();
  const claim = claimLab();
  try {
    const [first, second, paths] = await Promise.all([
      createLabNetwork(claim),
      createLabNetwork(claim, secondNetwork),
      createSharedDisk(claim, options.withVolume),
    ]);
    const names = options.servers.map((name, index) => `${first.address(11 + index)} ${name}\n`).join('');
    const surroundings: HostSurroundings = {
      claim,
      networks: [first, second],
      cgroupTree,
      baseTree,
      project,
      names: `127.0.0.1 localhost\n${names}`,
    };
    for (const name of options.servers) mkdirSync(`${claim.directory}/${name}`);
    const hosts = options.servers.map((name, index) =>
      createHost(surroundings, { name, index: index + 1, disk: paths[index] }),
    );
    await Promise.all(hosts.map((host) => host.powerOn()));
    return assemble(surroundings, hosts, () => detachDisk(paths));
  } catch (error) {
    await removeLab(claim.directory);
    throw error;
  }
}

function assemble(
  { claim, networks: [first, second] }: HostSurroundings,
  hosts: readonly SystemdHost[],
  detach: () => Promise<void>,
): Hosts {
  const client = createClientBox({
    address: first.address(clientHost),
    enter: ['/usr/bin/nsenter', `--net=/proc/${String(first.clientPid)}/ns/net`],
  });
  const servers = new Map(hosts.map((host) => [host.name, host]));
  return {
    mode: 'namespaces',
    number: claim.number,
    directory: claim.directory,
    servers,
    volume: { kind: 'device', mountPoint: volumeMountPoint, fileSystem: 'ext4' },
    socketDirectory: '/run/postgresql',
    floatingAddress: first.address(100),
    prefix: first.prefix,
    networkDevice,
    network: true,
    server: (name) => {
      const found = servers.get(name);
      if (!found) throw new Error(`the lab has no host ${name}`);
      return found;
    },
    client,
    dispose: async () => {
      await Promise.all([...hosts.map((host) => host.powerOff()), client.end()]);
      for (const network of [first, second]) network.dispose();
      await detach();
      await removeLab(claim.directory);
    },
  };
}
