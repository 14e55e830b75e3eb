import { createError, createKeys, type ServerFile } from '@holdfast/contract';
import { profiles, type Reason, type TimingProfile } from '@holdfast/core';
import { createEngine } from '@holdfast/engine';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { flushCompileCache } from 'node:module';
import { pino, type Logger } from 'pino';
import { createAuditLog } from './access/index.ts';
import { createKeptOperations } from './api/kept-operations.ts';
import { createApi } from './api/server.ts';
import type { ApiContext } from './api/context.ts';
import {
  createClusterApi,
  joinPath,
  createJoinToken,
  type VoterKeeper,
  finishPuttingAside,
  isRemoved,
  standingPath,
} from './cluster/index.ts';
import { createGateway, type Gateway } from './etcd/gateway.ts';
import { createStore } from './etcd/store.ts';
import { etcdFilesOf } from './etcd/existing-tls.ts';
import { chooseHeirs, tendLeadership } from './etcd/leadership.ts';
import { ownClientUrl, type EmbeddedEtcd } from './etcd/member-arguments.ts';
import { createMember, type Member } from './etcd/member.ts';
import {
  closeFor,
  createDeparture,
  endWhatIsLeft,
  serialsOf,
  wasRemoved,
  watchStanding,
  type Departure,
  type End,
} from './departure.ts';
import { createStallWatch, type StallWatch } from './doctor/stalls.ts';
import { askForPromises, keepPromises } from './failsafe/failsafe.ts';
import { serveConsole } from './console/serve.ts';
import { createCommands, type Commands } from './exec/commands.ts';
import { createConfigurationFollower } from './follow-configuration.ts';
import { createGuardLink, type GuardLink, type GuardLinkOptions } from './guard/link.ts';
import { createEngineClock } from './engine-clock.ts';
import { createMembershipPort, settleMembership, tendVoters } from './membership.ts';
import { createLinuxHost } from './host/linux/index.ts';
import { createInstances } from './instances.ts';
import type { CareKeeper } from './care/care-keeper.ts';
import { openCareRecords, type CareRecords } from './care/care-records.ts';
import { keepCare } from './care/keep-care.ts';
import { createKits } from './kits.ts';
import { isServerEnding, leaveInOrder } from './leave.ts';
import {
  createPathKeeper,
  createPathListener,
  createTrust,
  type PathKeeper,
  type Trust,
} from './paths/index.ts';
import { reviveExpired } from './certificates/revive.ts';
import { createCertificateKeeper } from './certificates/tend.ts';
import { followEtcdFiles, openEtcdTls, type EtcdTls } from './certificates/existing-etcd.ts';
import { createIdentity, toCredentials, type Identity } from './certificates/identity.ts';
import { readPki, type Pki } from './pki/index.ts';
import { askServer, handleRemoteRequests, runOnServer } from './remote-requests.ts';
import { takeRunDirectory } from './run-directory.ts';
import { readServerFile } from './server-file.ts';
import { announceReady } from './service-manager.ts';
import { createTelling } from './telling.ts';
import { createTunableSources, defaultsFilePath } from './tunables.ts';
import { version } from './version.ts';
import { writeLog } from './write-log.ts';

export interface DaemonOptions {
  readonly stateDirectory: string;
  readonly runDirectory: string;
  /** Aborts when the daemon is to end. What runs goes on running (C-10). */
  readonly signal: AbortSignal;
}

/** What one daemon consists of, in the order in which it is started; it is ended backwards. */
interface Parts {
  readonly file: ServerFile;
  readonly etcdTls: EtcdTls;
  readonly identity: Identity;
  readonly trust: Trust;
  readonly log: Logger;
  readonly gateway: Gateway;
  readonly guard: GuardLink;
  readonly paths: PathKeeper;
  readonly care: CareRecords;
  readonly stalls: StallWatch;
  readonly departure: Departure;
  readonly commands: Commands;
}

/**
 * Runs this server's daemon until `signal` aborts. Rejects with an error of the catalogue when it cannot start; what had
 * been started by then, is ended again, but for guard and etcd member, which outlive a daemon.
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { stateDirectory, runDirectory } = options;
  await finishPuttingAside(stateDirectory);
  const file = await readServerFile(stateDirectory);
  const { apiSocket } = await takeRunDirectory(runDirectory);
  const log = pino({ base: { server: file.server } });
  const pki = await reviveExpired(stateDirectory, file, await readPki(stateDirectory));
  const etcdTls = await openEtcdTls(stateDirectory, file, pki);
  const removed = await wasRemoved(file, pki);
  if (removed) await endWhatIsLeft(file, { ...options, guard: describeGuard(file, etcdTls, options, log) });
  const end = removed ? 'removed' : await serve(options, { file, pki, etcdTls, apiSocket, log });
  if (end !== 'ended') await closeFor(end, file, { stateDirectory, report: reporter(log) });
}

/** Answers how it has ended. */
async function serve(
  options: DaemonOptions,
  own: Pick<Parts, 'file' | 'etcdTls' | 'log'> & { readonly pki: Pki; readonly apiSocket: string },
): Promise<End> {
  const { stateDirectory, signal } = options;
  const { file, pki, etcdTls, apiSocket, log } = own;
  await using ending = new AsyncDisposableStack();
  const profile = profiles[file.profile];
  const createOwnMember = memberFactory(file, options, log);
  const member = file.etcd.kind === 'embedded' ? createOwnMember(file.etcd) : undefined;
  ending.defer(() => member?.release());
  await member?.start();
  const gateway = createGateway({
    endpoints: file.etcdEndpoints,
    tls: etcdTls.material,
    callTimeoutMs: profile.callTimeoutMs,
    report: reporter(log),
  });
  ending.defer(() => gateway.close());
  const stalls = createStallWatch();
  ending.defer(() => stalls.close());
  const guard = createGuardLink({
    ...describeGuard(file, etcdTls, options, log),
    onLate: (lateMs) => stalls.noteGuard(lateMs),
  });
  ending.defer(() => guard.close());
  await guard.start();
  const trust = createTrust(toCredentials(pki));
  const paths = createPathKeeper({ server: file.server, trust });
  ending.defer(() => paths.close());
  const care = await openCareRecords(join(stateDirectory, 'care'), (name, message) =>
    log.warn({ name, message }, 'a record of what is in care cannot be read'),
  );
  const identity = createIdentity(pki, {
    stateDirectory,
    trust,
    gateway,
    guard,
    isForEtcd: !etcdFilesOf(file),
    onError: (error) => log.error({ error }, 'the list of revoked certificates cannot be written'),
  });
  const departure = createDeparture(signal);
  const commands = createCommands({ server: file.server, environment: process.env });
  ending.defer(() => commands.close());
  const parts: Parts = {
    file,
    etcdTls,
    identity,
    trust,
    log,
    gateway,
    guard,
    paths,
    stalls,
    care,
    departure,
    commands,
  };
  const { context, voters } = startEngine({ ...parts, member, createOwnMember }, options, ending);
  handleRemoteRequests(paths, context, commands);
  await openPort(parts, context, ending);
  await openSocket(context, apiSocket, ending);
  void settleMembership(parts, context, voters, signal).then(() => context.certificates.begin());
  if (file.etcd.kind !== 'existing') ending.defer(keepLeaderAway(parts, context, voters, file.etcd));
  log.info({ socket: apiSocket, version }, 'daemon ready');
  stalls.begin();
  await announceReady(reporter(log));
  // A daemon may never end in order: what it has compiled is kept for the next one now.
  flushCompileCache();
  const end = await departure.end;
  if (end !== 'ended') await endForGood(parts, context, voters);
  else if (file.serviceManager === 'systemd' && (await isServerEnding())) await leave(parts, context);
  else log.info('daemon ends; what runs goes on running');
  return end;
}

/** This server is of the cluster no more: nothing of it stays, and whatever should still run is stopped by the guard. */
async function endForGood({ guard, log }: Parts, { engine }: ApiContext, voters: VoterKeeper): Promise<void> {
  log.info('this server is no longer of the cluster: guard and etcd member end with the daemon');
  engine.stop();
  await guard.release();
  await voters.member()?.stop();
}

/** What the guard is started with. */
function describeGuard(
  file: ServerFile,
  { guard: tls }: EtcdTls,
  { runDirectory }: DaemonOptions,
  log: Logger,
): GuardLinkOptions {
  return {
    runDirectory,
    nodeBinary: process.execPath,
    cluster: file.cluster,
    server: file.server,
    profile: profiles[file.profile],
    etcd: { endpoints: file.etcdEndpoints, tls },
    watchdog: file.watchdog ?? undefined,
    report: (severity, reason) => writeLog(log, severity, reason),
  };
}

async function leave({ file, guard, log }: Parts, { engine }: ApiContext): Promise<void> {
  log.info('this server is shut down: what runs here is handed over or stopped');
  try {
    const isDone = await leaveInOrder({ server: file.server, engine, guard });
    log.info({ isDone }, 'daemon ends with its server');
  } catch (error) {
    log.error({ error }, 'daemon ends with its server, and its guard does not');
  }
}

/** Makes the embedded etcd member; starts nothing. */
function memberFactory(
  { cluster, server, addresses, profile }: ServerFile,
  { stateDirectory: stateDir, runDirectory: runDir }: DaemonOptions,
  log: Logger,
): (etcd: EmbeddedEtcd) => Member {
  const own = { cluster, server, addresses, profile: profiles[profile], stateDir, runDir };
  return (etcd) => createMember({ ...own, etcd, report: reporter(log) });
}

/** Leads etcd nowhere where a hierarchy runs. Returns how to end it. */
function keepLeaderAway(
  { file, gateway, log }: Parts,
  { engine }: ApiContext,
  voters: VoterKeeper,
  etcd: Pick<EmbeddedEtcd, 'clientPort'>,
): () => void {
  const { addresses, server } = file;
  const heirs = (): readonly string[] => (voters.member() ? chooseHeirs(engine.state(), server) : []);
  return tendLeadership({
    gateway,
    endpoint: ownClientUrl({ addresses, etcd }),
    heirs,
    report: reporter(log),
  });
}

/** Host, kits, engine and everything that listens to it. */
function startEngine(
  parts: Parts & {
    readonly member: Member | undefined;
    readonly createOwnMember: (etcd: EmbeddedEtcd) => Member;
  },
  options: DaemonOptions,
  ending: AsyncDisposableStack,
): { readonly context: ApiContext; readonly voters: VoterKeeper } {
  const { file, identity, gateway, guard, paths, log, departure } = parts;
  const { stateDirectory, runDirectory } = options;
  const keys = createKeys(file.cluster);
  const store = createStore(gateway);
  const host = createLinuxHost({ ...file, stateDirectory, runDirectory });
  const kits = createKits(file.role);
  ending.defer(() => kits.close());
  const report = reporter(log);
  const {
    events,
    reports,
    recorder,
    reporter: told,
    tell,
  } = createTelling({ ...parts, keys, store, host, stateDirectory }, ending);
  let voters: VoterKeeper | undefined;
  const follower = createConfigurationFollower(file, {
    stateDirectory,
    gateway,
    guard,
    paths,
    onServers: () => voters?.look(),
    report: (code, facts) => report({ code, facts }),
  });
  const tunables = createTunableSources({
    files: host.files,
    defaultsFile: file.defaultsFile ?? defaultsFilePath,
    clock: host.clock,
    report: (reason, tag) => tell({ ...reason, severity: 'warning', ...(tag !== undefined && { tag }) }),
  });
  const instances = createInstances({
    cluster: file.cluster,
    server: file.server,
    host,
    guard,
    kits: kits.byName,
    tunables,
  });
  const audit = createAuditLog({
    keys,
    store,
    lost: (record, error) => log.error({ record, error }, 'an audit record could not be kept'),
  });
  let keeper: CareKeeper | undefined;
  const { server } = file;
  const clock = createEngineClock(host.clock);
  const profile = (): TimingProfile => profiles[follower.file().profile];
  const promises = keepPromises({ server, keys, clock, runDirectory, paths }, ending);
  const engine = createEngine({
    server: file.server,
    role: file.role,
    version,
    keys,
    profile,
    clock,
    store,
    guard,
    promises: () => promises.promises(),
    instances: recorder.witness(instances),
    kits: [...kits.byName.keys()],
    reporter: told,
    onSnapshot: (snapshot, sentAt) => {
      promises.accept(snapshot, sentAt);
      tunables.setCluster(snapshot.settings?.tunables ?? {});
      identity.setRevoked(Object.keys(snapshot.revoked));
      follower.accept(snapshot);
      const own = { server: file.server, serials: serialsOf(identity.current()) };
      if (isRemoved(snapshot, own)) departure.begin('removed');
      keeper?.accept(snapshot);
      recorder.look(snapshot, { sentAt, leaseTtlMs: profile().leaseTtlMs });
    },
  });
  ending.defer(() => engine.stop());
  const failsafe = askForPromises({ server, clock, profile, guard, paths, promises, tell }, ending);
  const ask: ApiContext['ask'] = (server, route, body, timeoutMs) =>
    askServer(paths, server, route, body, timeoutMs);
  const endpoints = (): readonly string[] => gateway.endpoints();
  const certificates = createCertificateKeeper(
    { file, store, keys, engine, ask },
    { identity, endpoints, tell },
  );
  ending.defer(() => certificates.end());
  ending.defer(followEtcdFiles(parts, { stateDirectory, tell }));
  const context: ApiContext = {
    file,
    version,
    keys,
    store: promises.bind(store),
    engine,
    guard,
    failsafe: () => failsafe.state(),
    instances,
    host,
    kits: kits.byName,
    events,
    tunables,
    audit,
    reports,
    operations: createKeptOperations(),
    care: parts.care,
    certificates,
    instruments: {
      stateDirectory,
      etcdVersions: () => readMemberVersions(gateway),
      stalls: () => parts.stalls.read(),
    },
    membership: createMembershipPort({ file, gateway, voters: () => voters, departure }),
    profile: () => follower.file().profile,
    paths: () => paths.states(),
    runOn: (server, asked) =>
      server === file.server ? parts.commands.run(asked) : runOnServer(paths, server, asked),
    ask,
    createToken: (asked) =>
      createJoinToken({ store, keys, caCertificate: identity.current().caCertificate, ...asked }),
  };
  keeper = keepCare(context, tell);
  const { member, createOwnMember: createMember } = parts;
  voters = tendVoters({ ...parts, stateDirectory, follower, member, createMember }, context);
  ending.defer(() => voters?.release());
  const watched = { engine, identity, departure, now: () => host.clock.now(), file: () => follower.file() };
  ending.defer(watchStanding(watched));
  return { context, voters };
}

/** The versions of the etcd members that answer. Rejects when none does. */
async function readMemberVersions(gateway: Gateway): Promise<readonly string[]> {
  const asked = gateway.endpoints().map(async (endpoint) => (await gateway.status(endpoint)).version);
  const answers = await Promise.allSettled(asked);
  const versions = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  if (versions.length === 0) await Promise.any(asked);
  return versions;
}

/** The one port: other servers' paths, joining, and the API for whoever signs in. Rejects with HF-CLUSTER-009 when it is in use. */
async function openPort(parts: Parts, context: ApiContext, ending: AsyncDisposableStack): Promise<void> {
  const { file, identity, trust, paths, log } = parts;
  const { keys, store } = context;
  const joining = createClusterApi({ file, pki: identity.current, keys, store }, (error) =>
    log.error({ error }, 'a join failed'),
  );
  const api = createApi(context, 'port');
  if (!(await serveConsole(api))) log.info('the console has not been built: npm run console');
  await Promise.all([joining.ready(), api.ready()]);
  ending.defer(() => api.close());
  const listener = await createPathListener({
    addresses: file.addresses,
    port: file.port,
    trust,
    paths,
    onApiRequest: (request, response) =>
      (isForStrangers(request.url) ? joining : api).routing(request, response),
    onError: (error) => log.error({ error }, 'the port takes no more connections'),
  }).catch((cause: unknown) => {
    throw createError('HF-CLUSTER-009', { port: file.port, address: file.addresses.join(' ') }, { cause });
  });
  ending.defer(() => listener.close());
}

function isForStrangers(url: string | undefined): boolean {
  return url === joinPath || url === standingPath;
}

async function openSocket(context: ApiContext, path: string, ending: AsyncDisposableStack): Promise<void> {
  const api = createApi(context, 'local');
  await api.listen({ path });
  await chmod(path, 0o600);
  ending.defer(() => api.close());
}

function reporter(log: Logger): (reason: Reason) => void {
  return (reason) => log.info(reason.facts, reason.code);
}
