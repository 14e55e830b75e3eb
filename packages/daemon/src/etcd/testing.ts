import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  createAuthority,
  createRequest,
  issueEtcdClientCertificate,
  issueServerCertificate,
} from '../pki/authority.ts';
import { pkiPaths, readPki, writePki, type PkiPaths } from '../pki/files.ts';
import { monotonicNow } from './clock.ts';
import { createGateway, type Gateway, type TlsMaterial } from './gateway.ts';
import { toClientTls } from './client-tls.ts';

/** For tests only: a certificate authority, a real etcd cluster on loopback, and waiting with a deadline. */

/**
 * Writes the `pki` folder of a server of a new cluster, by the same code as `init`, and answers where its
 * files are.
 */
export async function writeTestPki(stateDir: string, addresses: readonly string[]): Promise<PkiPaths> {
  const authority = await createAuthority('test');
  const [server, client] = [await createRequest(), await createRequest()];
  await writePki(stateDir, {
    caCertificate: authority.certificate,
    caKey: authority.key,
    serverCertificate: await issueServerCertificate(authority, {
      server: 'server1',
      addresses,
      request: server.request,
    }),
    serverKey: server.key,
    etcdClientCertificate: await issueEtcdClientCertificate(authority, { request: client.request }),
    etcdClientKey: client.key,
  });
  return pkiPaths(stateDir);
}

/** A port that is free now, below the range from which the kernel takes the ports of outgoing connections. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(12_000, 32_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, host, () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error('no free port found');
}

/**
 * Waits until `condition` gives something other than undefined or false. Throws with `state()` when time is
 * up.
 */
export async function waitFor<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  options: { readonly timeoutMs: number; readonly what: string; readonly state?: () => unknown },
): Promise<T> {
  const deadline = monotonicNow() + options.timeoutMs;
  let last: unknown;
  while (monotonicNow() < deadline) {
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const state = options.state === undefined ? inspect(last) : JSON.stringify(options.state());
  throw new Error(`not in ${options.timeoutMs} ms: ${options.what}; ${state}`);
}

export interface TestMember {
  readonly name: string;
  readonly clientUrl: string;
  readonly clientPort: number;
  readonly peerUrl: string;
  pid(): number;
  signal(signal: NodeJS.Signals): void;
  /** Kills it and waits until it is gone. */
  kill(): Promise<void>;
  start(): void;
  log(): string;
}

export interface TestCluster {
  readonly directory: string;
  readonly pki: PkiPaths;
  readonly tls: TlsMaterial;
  readonly members: readonly TestMember[];
  /** A gateway to all members (or those given); closed with the cluster. */
  gateway(options?: { readonly endpoints?: readonly string[]; readonly callTimeoutMs?: number }): Gateway;
  /** The member that leads now. */
  leader(): Promise<TestMember>;
  close(): Promise<void>;
}

/**
 * Starts real etcd members with mutual TLS, heartbeat 50 ms and election 500 ms, and waits until they elect a
 * leader.
 */
export async function startTestCluster(size: number): Promise<TestCluster> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-etcd-'));
  const pki = await writeTestPki(directory, ['127.0.0.1']);
  const plans: MemberPlan[] = [];
  for (let index = 1; index <= size; index += 1) {
    const [clientPort, peerPort] = [await freePort(), await freePort()];
    plans.push({ name: `server${index}`, clientPort, peerPort, dataDir: join(directory, `server${index}`) });
  }
  const members = plans.map((plan) => startTestMember(plan, plans, pki));
  const tls = toClientTls(await readPki(directory));
  const gateways: Gateway[] = [];
  const gateway: TestCluster['gateway'] = (options = {}) => {
    const created = createGateway({
      endpoints: options.endpoints ?? members.map((member) => member.clientUrl),
      tls,
      callTimeoutMs: options.callTimeoutMs ?? 750,
    });
    gateways.push(created);
    return created;
  };
  const admin = gateway();
  const leader = async (): Promise<TestMember> => {
    const views = await Promise.allSettled(members.map((member) => admin.status(member.clientUrl)));
    const found = views.findIndex((v) => v.status === 'fulfilled' && v.value.leaderId === v.value.memberId);
    const member = members[found];
    if (member === undefined) throw new Error('no member leads');
    return member;
  };
  const close = async (): Promise<void> => {
    for (const each of gateways) each.close();
    await Promise.all(members.map((member) => member.kill()));
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await waitFor(() => admin.range({ key: 'x', prefix: false }), { timeoutMs: 15_000, what: 'a leader' });
  } catch (error) {
    const logs = members.map((member) => member.log().slice(-500)).join('\n');
    await close();
    throw new Error(`etcd did not start:\n${logs}`, { cause: error });
  }
  return { directory, pki, tls, members, gateway, leader, close };
}

interface MemberPlan {
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly dataDir: string;
}

function startTestMember(plan: MemberPlan, all: readonly MemberPlan[], pki: PkiPaths): TestMember {
  const clientUrl = `https://127.0.0.1:${plan.clientPort}`;
  const peerUrl = `https://127.0.0.1:${plan.peerPort}`;
  const cluster = all.map(({ name, peerPort }) => `${name}=https://127.0.0.1:${peerPort}`).join(',');
  const args = [
    ...['--name', plan.name, '--data-dir', plan.dataDir, '--initial-cluster', cluster, '--pre-vote'],
    ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...[
      '--heartbeat-interval',
      '50',
      '--election-timeout',
      '500',
      '--logger',
      'zap',
      '--log-outputs',
      'stderr',
    ],
    ...['--cert-file', pki.serverPair, '--key-file', pki.serverPair, '--trusted-ca-file', pki.caCertificate],
    ...['--client-cert-auth', '--peer-client-cert-auth', '--peer-trusted-ca-file', pki.caCertificate],
    ...['--peer-cert-file', pki.serverPair, '--peer-key-file', pki.serverPair],
  ];
  const logFile = `${plan.dataDir}.log`;
  let child: ChildProcess;
  let ended: Promise<void>;
  const start = (): void => {
    const log = openSync(logFile, 'a');
    // It ends with the test that started it, also when that is killed.
    const bound = ['--pdeathsig', 'KILL', '--', '/usr/bin/etcd', ...args];
    child = spawn('/usr/bin/setpriv', bound, { stdio: ['ignore', log, log], env: {} });
    closeSync(log);
    ended = new Promise((resolve) => child.once('close', () => resolve()));
  };
  start();
  return {
    name: plan.name,
    clientUrl,
    clientPort: plan.clientPort,
    peerUrl,
    pid: () => child.pid ?? 0,
    signal: (signal) => child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    start,
    log: () => readFileSync(logFile, 'utf8'),
  };
}
