import { because, type Reason } from '@holdfast/core';
import type { Host, ServiceView } from '../host.ts';
import type { Finding, StandbyContext } from '../kit.ts';
import { findAccount } from './account.ts';
import { classifyAnswer } from './answer.ts';
import { loginOf, observeCluster, readLockFile, type Cluster } from './cluster.ts';
import type { ClusterLogin } from './connection-keeper.ts';
import { judgeDataAccess } from './data-access.ts';
import { checkDefaultCluster } from './default-cluster.ts';
import { isPortFree } from './door.ts';
import { readMajorVersion } from './executables.ts';
import { parseOptionsFile, parseStartOptions } from './lock-file.ts';
import { parseTold } from './inspect.ts';
import { adviseLogin } from './login-advice.ts';
import { postgresPath, type PostgresqlParameters } from './parameters.ts';
import { ownerOf } from './service.ts';
import { getSettledService, isStillStarting } from './settled-service.ts';
import { checkStandbyLogin } from './standby-login.ts';
import { judgeDirectory, judgeExecutables, judgeVersion } from './start-conditions.ts';
import type { StartFailure } from './start-failure.ts';
import { listDatabases, readCatalogs } from './statements.sql.ts';

type Facts = Reason['facts'];

/** Left for the answer after a wait that has used up its time. */
const answerMs = 1_000;

function passed(check: string, facts: Facts = {}): Finding {
  return { check, outcome: 'passed', reason: because(`${check}-ok`, facts) };
}

function warned(check: string, code: string, facts: Facts = {}): Finding {
  return { check, outcome: 'warned', reason: because(code, facts) };
}

function failed(check: string, code: string, facts: Facts = {}): Finding {
  return { check, outcome: 'failed', reason: because(code, facts) };
}

function ofFailure(check: string, failure: StartFailure | undefined, facts: Facts = {}): Finding {
  return failure ? { check, outcome: 'failed', reason: failure.reason } : passed(check, facts);
}

/** One check that could not be made at all, because the disk or the service manager failed, is a failed check. */
async function attempt(check: string, make: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await make();
  } catch (error) {
    return [failed(check, 'check-failed', { check, problem: String(error).slice(0, 300) })];
  }
}

/** The checks of a creation (K-05), all of them: a person sees at once what is to be put right. */
export async function performValidate(cluster: Cluster, deadline: number): Promise<readonly Finding[]> {
  const { parameters } = cluster;
  const findings = await Promise.all([
    attempt('executables', async () => [ofFailure('executables', await judgeExecutables(cluster))]),
    attempt('major-version', async () => [ofFailure('major-version', await judgeVersion(cluster))]),
    attempt('service', async () => [await checkService(cluster, deadline)]),
    attempt('data-directory', async () => [ofFailure('data-directory', await judgeDirectory(cluster))]),
    attempt('data-access', async () => [await checkDataAccess(cluster, deadline)]),
    attempt('postmaster-running', async () => [await checkRunning(cluster)]),
    attempt('port-argument', async () => [await checkPortArgument(cluster, parameters.port)]),
    attempt('login', () => checkLogin(cluster, deadline)),
  ]);
  return findings.flat();
}

/** Could this account run a new service's postmaster? `undefined`: yes. */
export async function judgeAccount(host: Host, account: string): Promise<Reason | undefined> {
  const found = await findAccount(host, account);
  if (!found) return because('account-missing', { account });
  if (found.uid === 0) return because('service-runs-as-root', { account });
  return host.isRoot || found.uid === process.geteuid?.()
    ? undefined
    : because('not-root', { action: `run PostgreSQL as ${account}` });
}

async function checkService(cluster: Cluster, deadline: number): Promise<Finding> {
  const { host, parameters } = cluster;
  const service = await getSettledService(host, parameters.service, deadline - answerMs);
  if (service) return checkExistingService(cluster, service);
  if (parameters.serviceOrigin === 'existing')
    return failed('service', 'service-missing', { service: parameters.service });
  const account = parameters.account ?? (await ownerOf(cluster));
  if (account === undefined) return failed('service', 'account-needed', { service: parameters.service });
  const wrong = await judgeAccount(host, account);
  if (wrong) return failed('service', wrong.code, wrong.facts);
  return passed('service', { service: parameters.service, user: account, created: true });
}

/** A running service must be the one of this postmaster, because its processes are what will be stopped. */
async function checkExistingService(cluster: Cluster, service: ServiceView): Promise<Finding> {
  const facts = { service: service.name, user: service.user, created: false };
  if (isStillStarting(service)) return failed('service', 'service-still-starting', { service: service.name });
  if (service.mainPid === undefined) return passed('service', facts);
  const sight = await observeCluster(cluster);
  return sight.kind === 'running' && !sight.byHand
    ? passed('service', facts)
    : failed('service', 'service-of-another', { service: service.name, pid: service.mainPid });
}

async function checkDataAccess(cluster: Cluster, deadline: number): Promise<Finding> {
  const judged = await judgeDataAccess(cluster, deadline);
  return judged.wrong === undefined
    ? passed('data-access', { entries: judged.entries, complete: judged.complete })
    : failed('data-access', 'data-not-accessible', { path: judged.wrong, account: judged.account });
}

async function checkRunning(cluster: Cluster): Promise<Finding> {
  const { dataDirectory, executables } = cluster.parameters;
  const sight = await observeCluster(cluster);
  return sight.kind === 'running' || sight.kind === 'elsewhere'
    ? passed('postmaster-running', { pid: sight.postmaster.pid })
    : failed('postmaster-running', 'postmaster-not-running', { dataDirectory, executables });
}

async function checkPortArgument(cluster: Cluster, port: number): Promise<Finding> {
  const path = `${cluster.parameters.dataDirectory}/postmaster.opts`;
  const command = parseOptionsFile((await cluster.host.files.read(path)) ?? '');
  if (!command) return failed('port-argument', 'options-file-missing', { path });
  const found = parseStartOptions(command.arguments).port;
  if (found === undefined) {
    const running = (await readLockFile(cluster))?.port;
    if (running !== undefined && running !== port)
      return failed('port-argument', 'port-differs', { path, port, found: running });
    return { ...failed('port-argument', 'port-argument-missing', { path, port }), fixable: true };
  }
  return found === port
    ? passed('port-argument', { port })
    : failed('port-argument', 'port-differs', { path, port, found });
}

/** The administrator user connects without a prompt, lists the databases and reads the system catalogues. */
async function checkLogin(cluster: Cluster, deadline: number): Promise<readonly Finding[]> {
  const { host, state } = cluster;
  const login = await loginOf(cluster, await readLockFile(cluster));
  const facts = { host: login.door.host, port: login.door.port, user: login.user };
  const leftMs = (): number => Math.max(1, deadline - host.clock.now());
  let databases: number;
  try {
    databases = (await state.connections.ask(login, listDatabases, leftMs())).length;
  } catch (error) {
    const refusal = classifyAnswer(error);
    const code = refusal.kind === 'error' ? 'databases-not-listed' : refusal.kind;
    const said = { sqlstate: refusal.code, message: refusal.message.slice(0, 300) };
    const advice = refusal.kind === 'login-refused' ? await adviseLogin(login) : {};
    return [failed('login', code, { ...facts, ...said, ...advice })];
  }
  const first = [passed('login', facts), passed('list-databases', { databases })];
  return [...first, await checkCatalogs(cluster, login, leftMs())];
}

async function checkCatalogs(cluster: Cluster, login: ClusterLogin, timeoutMs: number): Promise<Finding> {
  const { user } = login;
  try {
    const [row] = await cluster.state.connections.ask(login, readCatalogs, timeoutMs);
    if (row?.['readable'] !== true)
      return failed('read-catalogs', 'catalogs-not-readable', { user, message: '' });
    return row['superuser'] === true
      ? passed('read-catalogs', { user })
      : warned('read-catalogs', 'not-superuser', { user, setting: 'superuser_reserved_connections' });
  } catch (error) {
    const message = classifyAnswer(error).message.slice(0, 300);
    return failed('read-catalogs', 'catalogs-not-readable', { user, message });
  }
}

/** The checks of an extension on the target server (K-10), where the data directory is not there. */
export async function performPrepareExtend(
  cluster: Cluster,
  context: Pick<StandbyContext<PostgresqlParameters>, 'told' | 'volumes'>,
): Promise<readonly Finding[]> {
  const told = parseTold(context.told);
  const findings = await Promise.all([
    attempt('executables', async () => [ofFailure('executables', await judgeExecutables(cluster))]),
    attempt('major-version', async () => [await checkSameVersion(cluster)]),
    attempt('account', async () => [await checkAccount(cluster, told.ownerUid)]),
    attempt('service', async () => [await checkServiceThere(cluster)]),
    attempt('port-free', async () => [await checkPortFree(cluster)]),
    attempt('password-file', async () => [await checkStandbyLogin(cluster, told.needsPassword)]),
    attempt('default-cluster', async () => [await checkDefaultCluster(cluster, context.volumes ?? [])]),
  ]);
  return findings.flat();
}

async function checkSameVersion(cluster: Cluster): Promise<Finding> {
  const { parameters } = cluster;
  const ours = await readMajorVersion(cluster.host, postgresPath(parameters));
  if (ours === undefined) {
    return failed('major-version', 'executables-unusable', { executables: parameters.executables });
  }
  if (parameters.majorVersion === undefined)
    return warned('major-version', 'version-unknown', { executables: ours });
  return ours === parameters.majorVersion
    ? passed('major-version', { version: ours })
    : failed('major-version', 'version-mismatch', { executables: ours, data: parameters.majorVersion });
}

/** The account that runs the service here must have the number that owns the data. */
async function checkAccount(cluster: Cluster, toldUid: number | undefined): Promise<Finding> {
  const { host, parameters } = cluster;
  const service = await host.services.get(parameters.service);
  const name = service && service.user !== '' && service.user !== 'root' ? service.user : parameters.account;
  const ownerUid = toldUid ?? parameters.ownerUid;
  const found = await findAccount(host, name ?? ownerUid ?? '');
  if (!found) return failed('account', 'account-missing', { account: name ?? `uid ${ownerUid ?? '?'}` });
  if (ownerUid === undefined) return warned('account', 'owner-unknown', { account: found.name });
  return found.uid === ownerUid
    ? passed('account', { account: found.name, uid: found.uid })
    : failed('account', 'account-number-differs', { account: found.name, uid: found.uid, owner: ownerUid });
}

async function checkServiceThere(cluster: Cluster): Promise<Finding> {
  const { host, parameters } = cluster;
  const service = await host.services.get(parameters.service);
  if (service) {
    return (await runsHere(cluster, service))
      ? failed('service', 'service-runs-here', { service: service.name })
      : passed('service', { service: service.name, user: service.user, created: false });
  }
  return parameters.serviceOrigin === 'created'
    ? passed('service', { service: parameters.service, user: parameters.account ?? '', created: true })
    : failed('service', 'service-missing', { service: parameters.service });
}

/** A service manager may not have noticed yet that the process it started has ended: systemd takes a moment. */
async function runsHere({ host }: Cluster, { state, mainPid }: ServiceView): Promise<boolean> {
  if (state !== 'running' && state !== 'starting') return false;
  return mainPid !== undefined && (await host.processes.get(mainPid)) !== undefined;
}

/** Servers that share one machine share its ports too: there the protected postmaster itself holds this one. */
async function checkPortFree(cluster: Cluster): Promise<Finding> {
  const { host, parameters } = cluster;
  const { port } = parameters;
  if (await isPortFree(port)) return passed('port-free', { port });
  if (host.processScope === 'own') {
    const sight = await observeCluster(cluster);
    if (sight.kind === 'elsewhere') return passed('port-free', { port });
  }
  return failed('port-free', 'port-in-use', { port, line: '' });
}
