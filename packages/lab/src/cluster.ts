import { readFileSync } from 'node:fs';
import { profiles, type ProfileName, type TimingProfile } from '@holdfast/core';
import type { EventBody, ReportAnswer, ReportSummary, StatusAnswer } from '@holdfast/contract';
import { createServerBoxes } from './boxes.ts';
import { setUpCluster } from './cluster-setup.ts';
import type { LabDatabase } from './database.ts';
import { waitFor } from './deadline.ts';
import { createLabServer, type LabServer } from './lab-server.ts';
import type { LabMode, ServerBoxes } from './server-box.ts';
import { createTwoWritersDetector, type TwoWritersDetector } from './two-writers-detector.ts';
import type { Overlap } from './two-writers.ts';
import { createWritingClient, type WritingClient, type WritingClientOptions } from './writing-client.ts';

export interface LabClusterOptions {
  readonly mode: LabMode;
  /** Servers that can run the hierarchy: server1, server2, … Two when not given. */
  readonly servers?: number;
  /** One more that only votes. Yes when not given. */
  readonly witness?: boolean;
  readonly profile: ProfileName;
  /**
   * One when not given. Two: every server has an address in each, clients are on the first. Three, in namespaces: the
   * first is for clients alone.
   */
  readonly networks?: 1 | 2 | 3;
  /** Give each server a watchdog. Yes when not given. */
  readonly watchdog?: boolean;
  /** Told what is being done, in words, and of watchdog resets. */
  readonly onProgress?: (line: string) => void;
  readonly onOverlap?: (overlap: Overlap) => void;
  /**
   * Told of the servers as soon as they are there, so that they can be taken away before the cluster is made.
   */
  readonly onBoxes?: (boxes: ServerBoxes) => void;
}

/** A whole cluster on one machine, with a PostgreSQL hierarchy that is in service on server1. */
export interface LabCluster {
  readonly boxes: ServerBoxes;
  readonly profile: TimingProfile;
  readonly database: LabDatabase;
  readonly detector: TwoWritersDetector;
  readonly servers: readonly LabServer[];
  /** Tags of the hierarchy's resources. */
  readonly tags: { readonly postgresql: string; readonly volume: string; readonly address: string };
  server(name: string): LabServer;
  /** What a living server knows. Rejects when none answers. */
  status(): Promise<StatusAnswer>;
  /** The server that has the hierarchy in service, by the word of the cluster; `undefined` when none has. */
  serviceOn(): Promise<string | undefined>;
  /** Waits until the hierarchy is wholly in service, on one server if that is named. Returns the server. */
  waitForService(options: { readonly on?: string; readonly timeoutMs: number }): Promise<string>;
  /** Waits until a server is a full part of the cluster again, and can take over. */
  waitForServer(name: string, timeoutMs: number): Promise<void>;
  events(since?: string): Promise<readonly EventBody[]>;
  /** How the hierarchy came back in service, the newest first. */
  reports(): Promise<readonly ReportSummary[]>;
  report(id: string): Promise<ReportAnswer>;
  createClient(options?: Partial<Omit<WritingClientOptions, 'client'>>): WritingClient;
  /** Takes everything away. */
  dispose(): Promise<void>;
}

/** Makes a cluster: servers, daemons, a database cluster, a hierarchy of volume, address and PostgreSQL. */
export async function createLabCluster(options: LabClusterOptions): Promise<LabCluster> {
  const tell = options.onProgress ?? (() => undefined);
  const members = Array.from({ length: options.servers ?? 2 }, (_, index) => `server${String(index + 1)}`);
  const names = options.witness === false ? members : [...members, 'witness'];
  tell('making the servers');
  const boxes = await createServerBoxes(options.mode, {
    servers: names,
    withVolume: members.length,
    networks: options.networks ?? 1,
  });
  options.onBoxes?.(boxes);
  const servers = names.map((name) =>
    createLabServer(boxes.server(name), {
      role: members.includes(name) ? 'member' : 'witness',
      profile: profiles[options.profile],
      onReset: (silentMs) => {
        tell(`the watchdog has reset ${name}: not fed for ${silentMs.toFixed(0)} ms`);
      },
    }),
  );
  const disposeAll = async (): Promise<void> => {
    for (const server of servers) server.dispose();
    await boxes.dispose();
  };
  try {
    const made = await setUpCluster({ boxes, servers, options, tell });
    const detector = createTwoWritersDetector(boxes, {
      dataDirectory: made.database.dataDirectory,
      ...(options.onOverlap ? { onOverlap: options.onOverlap } : {}),
    });
    const dispose = async (): Promise<void> => {
      detector.dispose();
      await disposeAll();
    };
    return assembleCluster({
      boxes,
      servers,
      ...made,
      profile: profiles[options.profile],
      detector,
      dispose,
    });
  } catch (cause) {
    const logs = servers.map(({ name, box }) => `${name}: ${lastLines(box.directories.log)}`).join('\n');
    await disposeAll();
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the lab's cluster was not made: ${problem}\n${logs}`, { cause });
  }
}

/** The end of a daemon's log, which goes with the lab. */
function lastLines(directory: string): string {
  try {
    return readFileSync(`${directory}/daemon.log`, 'utf8').split('\n').slice(-6).join('\n');
  } catch {
    return 'no log';
  }
}

type Parts = Pick<LabCluster, 'boxes' | 'database' | 'tags' | 'profile' | 'detector' | 'dispose'>;

/** What a cluster needs of its servers, whatever runs their daemons. */
export type ClusterServer = Omit<LabServer, 'daemon'>;

/** A cluster, whatever its servers are. */
export type ClusterOf<S extends ClusterServer> = Omit<LabCluster, 'servers' | 'server'> & {
  readonly servers: readonly S[];
  server(name: string): S;
};

/** Puts a cluster together of servers whose daemons run and a hierarchy that is there. */
export function assembleCluster<S extends ClusterServer>(
  parts: Parts & { readonly servers: readonly S[] },
): ClusterOf<S> {
  const { boxes, servers, database, tags } = parts;
  const ask = async <T>(question: (server: S) => Promise<T>): Promise<T> => {
    const able = servers.filter(({ box }) => box.state() === 'on');
    return Promise.any(able.map((server) => question(server)));
  };
  const status = (): Promise<StatusAnswer> =>
    ask(({ api }) => askInformed(api)).catch(() => ask(({ api }) => api.status()));
  const cluster: ClusterOf<S> = {
    ...parts,
    server: (name) => {
      const found = servers.find((server) => server.name === name);
      if (!found) throw new Error(`the lab has no server ${name}`);
      return found;
    },
    status,
    serviceOn: async () => findServer(await status(), tags.postgresql),
    waitForService: ({ on, timeoutMs }) =>
      waitFor(
        async () => {
          const where = await cluster.serviceOn().catch(() => undefined);
          return where !== undefined && (on === undefined || on === where) ? where : undefined;
        },
        {
          what: `${tags.postgresql} in service${on === undefined ? '' : ` on ${on}`}`,
          timeoutMs,
          everyMs: 20,
          describe: async () => JSON.stringify(await status().catch(String)),
        },
      ),
    waitForServer: async (name, timeoutMs) => {
      await waitFor(async () => canTakeOver(await status(), name), {
        what: `${name} to be able to take over`,
        timeoutMs,
        everyMs: 50,
        describe: async () => JSON.stringify(await status().catch(String)),
      });
    },
    events: (since) => ask(({ api }) => api.events(since === undefined ? {} : { since })),
    reports: () => ask(({ api }) => api.reports()),
    report: (id) => ask(({ api }) => api.report(id)),
    createClient: (options = {}) =>
      createWritingClient({
        client: boxes.client,
        address: boxes.floatingAddress,
        port: database.port,
        user: database.applicationUser,
        ...options,
      }),
  };
  return cluster;
}

/** A server that cannot read the store answers with what it knew last: others know better. */
async function askInformed(api: LabServer['api']): Promise<StatusAnswer> {
  const answer = await api.status();
  if (answer.store.state !== 'available') throw new Error(`${answer.answeredBy} cannot read the store`);
  return answer;
}

/** Where every resource of the hierarchy is in service, and the hierarchy is owned. */
function findServer(status: StatusAnswer, tag: string): string | undefined {
  const hierarchy = status.hierarchies.find(({ resources }) =>
    resources.some((resource) => resource.tag === tag),
  );
  const server = hierarchy?.owner?.server;
  if (!hierarchy || server === undefined) return undefined;
  const states = hierarchy.resources.map(({ instances }) => instances[server]?.state);
  return states.every((state) => state === 'in-service' || state === 'degraded') ? server : undefined;
}

function canTakeOver(status: StatusAnswer, name: string): boolean {
  const server = status.servers.find((candidate) => candidate.name === name);
  if (server?.state !== 'alive' && server?.state !== 'warning') return false;
  if (server.lease !== 'good') return false;
  return status.hierarchies.every(({ resources }) =>
    resources.every(({ instances }) => {
      const state = instances[name]?.state;
      return state === undefined || state === 'standby' || state === 'in-service' || state === 'degraded';
    }),
  );
}
