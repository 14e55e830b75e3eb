import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeys, type ServerFile } from '@holdfast/contract';
import { profiles } from '@holdfast/core';
import type { Store } from '@holdfast/engine/ports';
import { createGateway, type Gateway } from '../etcd/gateway.ts';
import type { EmbeddedEtcd } from '../etcd/member-arguments.ts';
import { createMember, type Member } from '../etcd/member.ts';
import { createStore } from '../etcd/store.ts';
import { createPathKeeper, createPathListener, createTrust } from '../paths/index.ts';
import { pickNetwork, until } from '../paths/testing.ts';
import { readPki, type Pki } from '../pki/files.ts';
import { describeIssued } from '../pki/inspect.ts';
import type { AdmitDeps } from './admit.ts';
import { createClusterApi } from './cluster-api.ts';
import { initCluster, registerFirstServer, type InitOptions } from './init.ts';
import { joinCluster, type JoinOptions } from './join.ts';
import { writeServerFile } from '../server-file.ts';
import { createJoinToken } from './token.ts';
import { createVoterKeeper, type VoterKeeper } from './voter-keeper.ts';

/**
 * Builders for tests of clusters: real etcd members and real ports, each server on a loopback address of its
 * own.
 */

export const cluster = 'test';
export const keys = createKeys(cluster);

export interface TestPlace {
  readonly stateDir: string;
  readonly address: string;
}

export interface TestSite {
  /** Names of the servers that count as living. */
  readonly alive: Set<string>;
  /** Where the server of that number lives. */
  place(number: number): Promise<TestPlace>;
  /** Options of `init` for a place. */
  initOptions(place: TestPlace, change?: Partial<InitOptions>): InitOptions;
  joinOptions(place: TestPlace, server: string, change?: Partial<JoinOptions>): JoinOptions;
  /** Starts a server that was set up: its etcd member, if it has one, and its port. */
  start(place: TestPlace, file: ServerFile): Promise<TestNode>;
  /** Sets up the first server of a cluster and starts it. */
  startFirst(): Promise<TestNode>;
  close(): Promise<void>;
}

export interface TestNode {
  readonly place: TestPlace;
  /** As it was at the start. */
  readonly file: ServerFile;
  readonly pki: Pki;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly deps: AdmitDeps;
  /** Looks after this server's vote once it has been begun. */
  readonly voters: VoterKeeper;
  token(options?: { readonly validForMs?: number; readonly now?: Date }): Promise<string>;
  join(place: TestPlace, server: string, change?: Partial<JoinOptions>): ReturnType<typeof joinCluster>;
  stop(): Promise<void>;
}

/** Ports are the same on every server: the addresses differ. */
const ports = { port: 7600, clientPort: 2379, peerPort: 2380 } as const;

export async function createSite(): Promise<TestSite> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-cluster-'));
  const at = pickNetwork();
  const nodes: TestNode[] = [];
  let made = 0;
  const common = (place: TestPlace) => ({
    stateDir: place.stateDir,
    addresses: [place.address],
    port: ports.port,
    etcd: { kind: 'embedded', clientPort: ports.clientPort, peerPort: ports.peerPort } as const,
    serviceManager: 'direct' as const,
    addressKind: 'loopback' as const,
    processScope: 'own' as const,
    watchdog: null,
  });
  const site: TestSite = {
    alive: new Set(),
    async place(number) {
      made += 1;
      const stateDir = join(directory, `${made}-server${number}`);
      await mkdir(stateDir, { mode: 0o700 });
      return { stateDir, address: at(number) };
    },
    initOptions: (place, change) => ({
      ...common(place),
      cluster,
      server: 'server1',
      profile: 'test',
      ...change,
    }),
    joinOptions: (place, server, change) => ({ ...common(place), server, role: 'member', ...change }),
    async start(place, file) {
      const node = await startNode(site, place, file);
      nodes.push(node);
      return node;
    },
    async startFirst() {
      const place = await site.place(1);
      const { file } = await initCluster(site.initOptions(place));
      const node = await site.start(place, file);
      await registerFirstServer(node.store, keys, { file, certificates: describeIssued(node.pki) });
      return node;
    },
    async close() {
      await Promise.all(nodes.map((node) => node.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
  return site;
}

async function startNode(site: TestSite, place: TestPlace, file: ServerFile): Promise<TestNode> {
  const { stateDir } = place;
  const pki = await readPki(stateDir);
  const create = memberFactory(place, file);
  const member = file.etcd.kind === 'embedded' ? create(file.etcd) : undefined;
  await member?.start();
  const gateway = createGateway({
    endpoints: file.etcdEndpoints,
    tls: { ca: pki.caCertificate, cert: pki.etcdClientCertificate, key: pki.etcdClientKey.reveal() },
    callTimeoutMs: 2_000,
  });
  const answers = async (): Promise<boolean> =>
    await gateway.range({ key: 'x', prefix: false }).then(
      () => true,
      () => false,
    );
  await until('etcd answers', answers, () => JSON.stringify(member?.state()), 20_000);
  const store = createStore(gateway);
  const deps: AdmitDeps = { file, pki: () => pki, keys, store };
  let now = file;
  let stopped = false;
  const voters = createVoterKeeper({
    server: file.server,
    stateDirectory: stateDir,
    gateway,
    store,
    keys,
    file: () => now,
    keepFile: async (change) => {
      now = { ...now, ...change };
      await writeServerFile(stateDir, now);
    },
    member,
    createMember: create,
    alive: () => site.alive,
    onMembers: () => void followMembers(gateway).catch(() => undefined),
    report: () => undefined,
  });
  const api = createClusterApi(deps, (error) => console.error(error));
  await api.ready();
  const trust = createTrust({
    caCertificate: pki.caCertificate,
    certificate: pki.serverCertificate,
    key: pki.serverKey,
  });
  const listener = await createPathListener({
    addresses: file.addresses,
    port: file.port,
    trust,
    paths: createPathKeeper({ server: file.server, trust }),
    onApiRequest: api.routing,
    onError: (error) => console.error(error),
  });
  const token: TestNode['token'] = async (options) =>
    (await createJoinToken({ store, keys, caCertificate: pki.caCertificate, ...options })).token;
  return {
    place,
    file,
    pki,
    store,
    gateway,
    deps,
    voters,
    token,
    join: async (at, server, change) =>
      await joinCluster(await token(), site.joinOptions(at, server, change)),
    async stop() {
      if (stopped) return;
      stopped = true;
      await listener.close();
      await api.close();
      voters.release();
      gateway.close();
      const last = voters.member();
      await last?.start();
      await last?.stop();
    },
  };
}

async function followMembers(gateway: Gateway): Promise<void> {
  const voters = (await gateway.memberList()).filter(({ isLearner }) => !isLearner);
  gateway.setEndpoints(voters.flatMap(({ clientUrls }) => clientUrls));
}

function memberFactory({ stateDir }: TestPlace, file: ServerFile): (etcd: EmbeddedEtcd) => Member {
  const { server, addresses } = file;
  const runDir = join(stateDir, 'run');
  return (etcd) =>
    createMember({ cluster, server, addresses, etcd, profile: profiles.test, stateDir, runDir });
}
