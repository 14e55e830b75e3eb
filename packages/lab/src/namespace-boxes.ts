import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createClientBox } from './client-box.ts';
import { findCgroupTree } from './control-group.ts';
import { createLabNetwork, clientHost, networkDevice, secondNetwork, thirdNetwork } from './lab-network.ts';
import { removeLab } from './leftovers.ts';
import { claimLab } from './manifest.ts';
import { createNamespaceBox, type Surroundings } from './namespace-box.ts';
import { runProgram } from './program.ts';
import { socketDirectoryName, type LabVolume, type ServerBox, type ServerBoxes } from './server-box.ts';
import { createSharedDisk } from './shared-disk.ts';

const nsenter = '/usr/bin/nsenter';

export interface NamespaceBoxesOptions {
  readonly servers: readonly string[];
  /** How many of the servers, from the first, have a way to the shared disk. */
  readonly withVolume: number;
  /** Three: the first one is for clients alone. */
  readonly networks: 1 | 2 | 3;
}

/** Tells why this machine cannot make servers of namespaces; `undefined` when it can. */
export async function whyNoNamespaces(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'not root';
  for (const file of [
    '/usr/sbin/ip',
    '/usr/sbin/mkfs.ext4',
    '/usr/sbin/losetup',
    '/usr/bin/perl',
    '/dev/loop-control',
  ])
    if (!existsSync(file)) return `${file} is missing`;
  const args = ['--fork', '--pid', '--mount-proc', '--mount', '--ipc', '--uts', '--net', '/bin/true'];
  const result = await runProgram('/usr/bin/unshare', args, { timeoutMs: 10_000 });
  return result.code === 0 ? undefined : `namespaces are not allowed here: ${result.stderr.trim()}`;
}

/** Makes servers of namespaces, joined by a network of their own, with a shared disk. Needs root. */
export async function createNamespaceBoxes(options: NamespaceBoxesOptions): Promise<ServerBoxes> {
  const claim = claimLab();
  try {
    const places = [secondNetwork, thirdNetwork].slice(0, options.networks - 1);
    const [network, paths, ...others] = await Promise.all([
      createLabNetwork(claim),
      createSharedDisk(claim, options.withVolume),
      ...places.map((place) => createLabNetwork(claim, place)),
    ]);
    const volume = {
      kind: 'device',
      mountPoint: path.join(claim.directory, 'volume'),
      fileSystem: 'ext4',
    } as const;
    for (const name of [socketDirectoryName, 'volume']) mkdirSync(path.join(claim.directory, name));
    const surroundings: Surroundings = {
      claim,
      networks: [network, ...others],
      cgroupTree: findCgroupTree(),
    };
    const boxes = await Promise.all(
      options.servers.map((name, index) =>
        createNamespaceBox(surroundings, { name, index: index + 1, disk: paths[index] }),
      ),
    );
    return assemble(surroundings, volume, boxes);
  } catch (error) {
    await removeLab(claim.directory);
    throw error;
  }
}

function assemble(
  { claim, networks }: Surroundings,
  volume: LabVolume,
  boxes: readonly ServerBox[],
): ServerBoxes {
  const [network] = networks;
  const client = createClientBox({
    address: network.address(clientHost),
    enter: [nsenter, `--net=/proc/${String(network.clientPid)}/ns/net`],
  });
  const servers = new Map(boxes.map((box) => [box.name, box]));
  return {
    mode: 'namespaces',
    number: claim.number,
    directory: claim.directory,
    servers,
    volume,
    socketDirectory: path.join(claim.directory, socketDirectoryName),
    floatingAddress: network.address(100),
    prefix: network.prefix,
    networkDevice,
    network: true,
    server: (name) => {
      const found = servers.get(name);
      if (!found) throw new Error(`the lab has no server ${name}`);
      return found;
    },
    client,
    dispose: async () => {
      await Promise.all([...boxes.map((box) => box.powerOff()), client.end()]);
      for (const one of networks) one.dispose();
      await removeLab(claim.directory);
    },
  };
}
