import { profiles, type ProfileName } from '@holdfast/core';
import type { StatusAnswer } from '@holdfast/contract';
import { assembleCluster, type ClusterOf, type ClusterServer } from '../cluster.ts';
import { createDaemonApi } from '../daemon-api.ts';
import type { LabDatabase } from '../database.ts';
import { waitFor } from '../deadline.ts';
import { ProgramError } from '../program.ts';
import { createTwoWritersDetector } from '../two-writers-detector.ts';
import type { SystemdHost } from './host.ts';
import { createHosts, type Hosts } from './hosts.ts';
import { readmeBlocks } from './readme.ts';

/** A host with Holdfast on it, as its unit runs it. */
export interface HostServer extends ClusterServer {
  readonly box: SystemdHost;
  /** The daemon's process as this machine counts; `undefined` while it does not run. */
  daemonPid(): Promise<number | undefined>;
}

/** Hosts that are one Holdfast cluster: server1, server2 and a witness. */
export interface HostServers {
  readonly hosts: Hosts;
  readonly servers: readonly HostServer[];
  server(name: string): HostServer;
  dispose(): Promise<void>;
}

export type HostCluster = ClusterOf<HostServer>;

const names = ['server1', 'server2', 'witness'];
const command = '/usr/local/bin/holdfast';

/** Boots the hosts and makes them a cluster, as the README tells an administrator to. */
export async function createHostServers(options: { readonly profile: ProfileName }): Promise<HostServers> {
  const hosts = await createHosts({ servers: names, withVolume: 2 });
  const servers = names.map((name) => createHostServer(hosts.server(name)));
  const server = (name: string): HostServer => {
    const found = servers.find((one) => one.name === name);
    if (!found) throw new Error(`the lab has no host ${name}`);
    return found;
  };
  try {
    await joinServers(servers, options.profile);
    return { hosts, servers, server, dispose: () => hosts.dispose() };
  } catch (cause) {
    const logs = await Promise.all(servers.map(async (one) => `${one.name}: ${await logOf(one.box)}`));
    await hosts.dispose();
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the hosts' cluster was not made: ${problem}\n${logs.join('\n')}`, { cause });
  }
}

/** The end of what the daemon of a host has written. */
export async function logOf(host: SystemdHost, lines = 20): Promise<string> {
  const args = ['--unit=holdfast', '--output=cat', '--no-pager', `--lines=${String(lines)}`];
  return host.must('/usr/bin/journalctl', args).catch(String);
}

function createHostServer(host: SystemdHost): HostServer {
  const api = createDaemonApi(() => host.seenFromOutside(host.directories.run));
  return {
    name: host.name,
    role: host.name === 'witness' ? 'witness' : 'member',
    box: host,
    defaultsFile: '/etc/default/holdfast',
    api,
    holdfast: async (args, { timeoutMs = 120_000, input } = {}) => {
      const result = await host.exec(command, args, {
        timeoutMs,
        ...(input === undefined ? {} : { input }),
      });
      if (result.code !== 0) throw new ProgramError(['holdfast', ...args], result);
      return result.stdout;
    },
    start: () => host.powerOn(),
    waitForDaemon: async (timeoutMs) => {
      await waitFor(() => api.status().catch(() => undefined), {
        what: `the daemon of ${host.name}`,
        timeoutMs,
        everyMs: 20,
        describe: () => logOf(host),
      });
    },
    daemonPid: async () => {
      const shown = await host.must('/usr/bin/systemctl', ['show', '--value', '-p', 'MainPID', 'holdfast']);
      const own = Number(shown.trim());
      return own > 0 ? host.processes().find(({ pid }) => host.ownPid(pid) === own)?.pid : undefined;
    },
    dispose: () => undefined,
  };
}

async function joinServers(servers: readonly HostServer[], profile: ProfileName): Promise<void> {
  const [first, ...others] = servers;
  if (!first) throw new Error('a cluster needs a server');
  await Promise.all(servers.map(({ box }) => install(box)));
  const describe = ({ name, box }: HostServer): readonly string[] => [
    ...['--name', name, ...box.addresses.flatMap((address) => ['--address', address])],
  ];
  await first.holdfast(['init', '--cluster', 'lab', '--profile', profile, ...describe(first)]);
  await startService(first);
  for (const server of others) {
    const token = await first.holdfast(['token']);
    const witness = server.role === 'witness' ? ['--witness'] : [];
    await server.holdfast(['join', '-', ...describe(server), ...witness], { input: token });
    await startService(server);
    await waitFor(async () => isThere(await first.api.status().catch(() => undefined), server.name), {
      what: `${server.name} to be a part of the cluster`,
      timeoutMs: 30_000,
      everyMs: 20,
      describe: async () => JSON.stringify(await first.api.status().catch(String)),
    });
  }
}

/** The commands of the README, for a server that has the project in its place. */
async function install(host: SystemdHost): Promise<void> {
  const [block] = readmeBlocks('As a service').filter(({ on }) => on === 'each server');
  await host.must('/bin/sh', ['-ec', block?.lines.join('\n') ?? 'exit 1']);
}

async function startService(server: HostServer): Promise<void> {
  await server.box.must('/usr/bin/systemctl', ['start', 'holdfast']);
  await server.waitForDaemon(20_000);
}

function isThere(status: StatusAnswer | undefined, name: string): boolean {
  return status?.servers.some((server) => server.name === name && server.lease === 'good') === true;
}

/** A cluster with its hierarchy, for tests that write to it while something happens. */
export function watchCluster(
  { hosts, servers }: HostServers,
  options: {
    readonly profile: ProfileName;
    readonly database: LabDatabase;
    readonly tags: HostCluster['tags'];
  },
): HostCluster {
  const { database, tags } = options;
  const detector = createTwoWritersDetector(hosts, { dataDirectory: database.dataDirectory });
  return assembleCluster({
    boxes: hosts,
    servers,
    database,
    tags,
    profile: profiles[options.profile],
    detector,
    dispose: () => {
      detector.dispose();
      return Promise.resolve();
    },
  });
}
