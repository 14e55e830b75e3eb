import { waitFor, type HistoryVerdict } from '@holdfast/lab';
import { tables, type LabDatabase } from '@holdfast/lab/database';
import {
  createHostServers,
  logOf,
  watchCluster,
  type HostCluster,
  type HostServer,
  type HostServers,
} from '@holdfast/lab/hosts/host-cluster';
import { volumeMountPoint } from '@holdfast/lab/hosts/hosts';
import { ProgramError } from '@holdfast/lab/program';
import type { EventBody, StatusAnswer } from '@holdfast/contract';
import { recoveryMs } from '../integration/testing.ts';

export type { HistoryVerdict };

export const tag = 'pgsql-5432';
/** As Holdfast names the resources of a hierarchy that are not named. */
export function tagsOf(address: string): HostCluster['tags'] {
  return { postgresql: tag, volume: 'volume-srv-pg', address: `ip-${address}` };
}
export const port = 5432;
export const dataDirectory = `${volumeMountPoint}/data`;
export const configuration = `${volumeMountPoint}/conf`;

/** A daemon may be away for 20 s before its guard gives up, which a restart on a busy machine fits into. */
export const profile = 'normal';

/** What comes back in service after a loss of the server, whose lease ends first. */
export const failoverMs = recoveryMs;

const database: LabDatabase = {
  binDirectory: '/usr/lib/postgresql/15/bin',
  dataDirectory,
  port,
  administrator: 'postgres',
  applicationUser: 'application',
  account: undefined,
};

/** Hosts with Holdfast, and a shared volume on which nothing is yet. */
export function makeServers(): Promise<HostServers> {
  return createHostServers({ profile });
}

/** Begins to watch the hierarchy that has been created meanwhile. */
export function watch(servers: HostServers): HostCluster {
  return watchCluster(servers, { profile, database, tags: tagsOf(servers.hosts.floatingAddress) });
}

/** A line of commands as an administrator types them. Ends at the first that fails. */
export function shell({ box }: HostServer, lines: string): Promise<string> {
  return box.must('/bin/sh', ['-ec', lines], { timeoutMs: 90_000 });
}

/** As {@link shell}, and answers whatever the commands end with. */
export async function ask({ box }: HostServer, line: string): Promise<string> {
  const { stdout } = await box.exec('/bin/sh', ['-c', line], { timeoutMs: 30_000 });
  return stdout.trim();
}

/** What Holdfast said when it refused. */
export async function refusalOf(command: Promise<unknown>): Promise<string> {
  try {
    await command;
  } catch (error) {
    if (error instanceof ProgramError) return `${error.result.stdout}${error.result.stderr}`;
    throw error;
  }
  throw new Error('the command did not fail');
}

/** The table that the writing client needs. */
export async function makeTables(server: HostServer): Promise<void> {
  await server.box.must('/usr/bin/psql', ['-U', 'postgres', '-q', '-v', 'ON_ERROR_STOP=1', 'postgres'], {
    input: tables,
    timeoutMs: 30_000,
  });
}

/** Waits until systemd has the unit in this state: it goes on with what a stop or a start leaves to be done. */
export async function waitForUnit(
  server: HostServer,
  unit: string,
  state: 'active' | 'inactive',
): Promise<void> {
  let found = '';
  await waitFor(async () => (found = await ask(server, `systemctl is-active ${unit}`)) === state, {
    what: `${unit} of ${server.name} to be ${state}`,
    timeoutMs: recoveryMs,
    everyMs: 50,
    describe: () => found,
  });
}

/** The main process that systemd has for a unit. */
export async function mainPid(server: HostServer, unit: string): Promise<number> {
  return Number(await ask(server, `systemctl show --value -p MainPID ${unit}`));
}

/** The states of the hierarchy's root on the servers. */
export function stateOn(status: StatusAnswer, server: string): string | undefined {
  return status.hierarchies[0]?.resources.find((resource) => resource.tag === tag)?.instances[server]?.state;
}

/** Waits until the state of the hierarchy's root is as `judge` wants it. */
export async function waitForStatus(
  cluster: Pick<HostCluster, 'status'>,
  what: string,
  judge: (status: StatusAnswer) => boolean,
): Promise<StatusAnswer> {
  return waitFor(
    async () => {
      const status = await cluster.status().catch(() => undefined);
      return status && judge(status) ? status : undefined;
    },
    {
      what,
      timeoutMs: recoveryMs,
      everyMs: 50,
      describe: async () => JSON.stringify(await cluster.status()),
    },
  );
}

/** Brings the hierarchy back to `server1`, so that each test begins alike. */
export async function backToFirst(cluster: HostCluster): Promise<void> {
  for (const server of cluster.servers) {
    await server.start();
    await server.waitForDaemon(recoveryMs);
  }
  for (const { name, role } of cluster.servers)
    if (role === 'member') await cluster.waitForServer(name, recoveryMs);
  if ((await cluster.waitForService({ timeoutMs: recoveryMs })) === 'server1') return;
  await cluster.server('server1').holdfast(['in-service', tag, '--on', 'server1']);
  await cluster.waitForService({ on: 'server1', timeoutMs: recoveryMs });
}

/** For a failed test: the last events and the daemons' logs. */
export async function tellState(servers: HostServers, since: number): Promise<void> {
  for (const server of servers.servers) {
    const events: readonly EventBody[] = await server.api.events({}).catch(() => []);
    process.stderr.write(
      `${server.name}: ${events
        .filter(({ instant }) => (instant ?? 0) >= since)
        .map(({ code, tag: one, facts }) => `${code} ${one ?? ''} ${JSON.stringify(facts)}`)
        .join('\n')}\n${await logOf(server.box, 60)}\n`,
    );
  }
}
