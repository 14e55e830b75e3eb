import type { StatusAnswer } from '@holdfast/contract';
import { profiles } from '@holdfast/core';
import { toClientTls } from '@holdfast/daemon/etcd/client-tls';
import { createGateway } from '@holdfast/daemon/etcd/gateway';
import { readPki } from '@holdfast/daemon/pki/files';
import { readServerFile } from '@holdfast/daemon/server-file';
import { waitFor } from '@holdfast/lab';
import { createServerBoxes } from '@holdfast/lab/boxes';
import { createLabServer, type LabServer } from '@holdfast/lab/lab-server';
import { findFreePort } from '@holdfast/lab/ports';
import { ProgramError } from '@holdfast/lab/program';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

/** How long a change of the members of etcd may take on a slow machine. */
export const settleMs = 60_000;

/** Servers that come and go, and one hierarchy of a shared folder, which costs nothing to start. */
export interface Servers {
  readonly tag: string;
  readonly folder: string;
  server(name: string): LabServer;
  /** Those that are switched on and of the cluster, as far as this test knows. */
  readonly there: Set<string>;
  /** Makes the cluster with its first server. */
  found(name: string): Promise<void>;
  join(name: string, options?: { readonly via?: string; readonly token?: readonly string[] }): Promise<void>;
  /** Runs the command line on a server; answers the error's code where it is refused. */
  ask(name: string, ...args: readonly string[]): Promise<string>;
  /** Waits until every living server sees the same, and etcd has the voters of the configuration and no other. */
  settle(): Promise<StatusAnswer>;
  /** Kill -9 of everything of a server. */
  powerOff(name: string): Promise<void>;
  start(name: string): Promise<void>;
  members(): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

export async function createServers(names: readonly string[]): Promise<Servers> {
  const boxes = await createServerBoxes('loopback', { servers: names });
  const ports = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  const all = new Map(
    names.map((name) => {
      const options = { role: 'member' as const, profile: profiles.test, onReset: () => undefined };
      return [name, createLabServer(boxes.server(name), options)];
    }),
  );
  const there = new Set<string>();
  const server = (name: string): LabServer => {
    const found = all.get(name);
    if (!found) throw new Error(`there is no server ${name}`);
    return found;
  };
  const describe = (name: string): readonly string[] => [
    ...['--name', name, '--address', server(name).box.address, '--service-manager', 'direct'],
    ...['--address-kind', 'loopback', '--process-scope', 'own'],
    ...[
      '--port',
      String(ports[0]),
      '--etcd-client-port',
      String(ports[1]),
      '--etcd-peer-port',
      String(ports[2]),
    ],
  ];
  const start = async (name: string): Promise<void> => {
    await server(name).start();
    there.add(name);
  };
  const any = (): LabServer => server([...there][0] ?? '');
  const members = (): Promise<readonly string[]> => listMembers([...there].map(server));
  const folder = path.join(boxes.volume.mountPoint, 'folder');
  await mkdir(folder);
  const servers: Servers = {
    tag: 'folder',
    folder,
    server,
    there,
    start,
    members,
    async found(name) {
      await server(name).holdfast(['init', '--cluster', 'lab', '--profile', 'test', ...describe(name)]);
      await start(name);
      await server(name).waitForDaemon(settleMs);
    },
    async join(name, { via = any().name, token = [] } = {}) {
      const text = await server(via).holdfast(['token', ...token]);
      await server(name).holdfast(['join', '-', ...describe(name)], { input: text });
      await start(name);
    },
    async ask(name, ...args) {
      try {
        return await server(name).holdfast(args);
      } catch (error) {
        if (error instanceof ProgramError) return /HF-[A-Z]+-\d+/.exec(String(error))?.[0] ?? String(error);
        throw error;
      }
    },
    async powerOff(name) {
      there.delete(name);
      await server(name).box.powerOff();
    },
    async settle() {
      let state = '';
      return await waitFor(
        async () => {
          const judged = await judgeSettled([...there].map(server));
          if ('status' in judged) return judged.status;
          state = judged.why;
          return undefined;
        },
        { what: 'servers and members that agree', timeoutMs: settleMs, everyMs: 100, describe: () => state },
      );
    },
    async dispose() {
      for (const one of all.values()) one.dispose();
      await boxes.dispose();
    },
  };
  return servers;
}

/** Makes a hierarchy of the folder that the servers share, in service on `name`. */
export async function createFolder(servers: Servers, name: string): Promise<void> {
  const asked = ['--tag', servers.tag, '--type', 'directory', '--path', servers.folder];
  await servers.server(name).holdfast(['create', 'volume', ...asked]);
}

async function listMembers(servers: readonly LabServer[]): Promise<readonly string[]> {
  for (const { box } of servers) {
    const { state } = box.directories;
    const { etcdEndpoints } = await readServerFile(state);
    const tls = toClientTls(await readPki(state));
    const gateway = createGateway({ endpoints: etcdEndpoints, tls, callTimeoutMs: 2_000 });
    try {
      const members = await gateway.memberList();
      return members.map(({ name, isLearner }) => `${name}${isLearner ? ' (no vote)' : ''}`).toSorted();
    } catch {
      continue;
    } finally {
      gateway.close();
    }
  }
  return [];
}

/** Whether all that live see the same servers, all of those alive, and etcd has exactly the voters. */
async function judgeSettled(
  servers: readonly LabServer[],
): Promise<{ readonly status: StatusAnswer } | { readonly why: string }> {
  const answers = await Promise.all(servers.map(({ api }) => api.status().catch(() => undefined)));
  const [first] = answers;
  const silent = servers.filter((_, index) => !answers[index]).map(({ name }) => name);
  if (!first || silent.length > 0) return { why: `no answer of ${silent.join(', ')}` };
  const views = answers.map((answer) =>
    (answer?.servers ?? []).map(({ name, etcd, lease }) => `${name} ${etcd} ${lease}`).join(', '),
  );
  if (new Set(views).size > 1) return { why: `different views: ${views.join(' | ')}` };
  const living = servers.map(({ name }) => name);
  const voters = first.servers.filter(({ etcd }) => etcd === 'voter').map(({ name }) => name);
  // etcd takes no member while it misses one.
  const mayGrow = voters.every((name) => living.includes(name));
  const unready = first.servers.filter(
    ({ name, etcd, lease }) =>
      // The lease of one that has died must have ended.
      living.includes(name) !== (lease === 'good') || (mayGrow && etcd === 'learner'),
  );
  if (unready.length > 0)
    return { why: `not ready: ${unready.map(({ name }) => name).join(', ')}; ${views[0] ?? ''}` };
  const members = await listMembers(servers);
  const isFull = !mayGrow || voters.length === Math.min(5, first.servers.length);
  if (members.join() !== voters.toSorted().join() || !isFull)
    return { why: `members ${members.join(', ')}, voters ${voters.join(', ')}` };
  return { status: first };
}
