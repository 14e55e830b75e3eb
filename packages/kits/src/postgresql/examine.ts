import { examineWithin, failedFinding, passedFinding, warnedFinding } from '../findings.ts';
import type { ExamineContext, Finding } from '../kit.ts';
import type { Cluster } from './cluster.ts';
import { parseServerVersion, readVersion } from './executables.ts';
import { inspectCluster, parseTold, type Inspection } from './inspect.ts';
import { judgeSettings } from './judge-settings.ts';
import { adviseLogin } from './login-advice.ts';
import { postgresPath, type PostgresqlParameters } from './parameters.ts';
import { adviseStartCommand, adviseStartMode } from './start-advice.ts';
import { performPrepareExtend, performValidate } from './validate.ts';

type Context = ExamineContext<PostgresqlParameters>;

/** These use the kept session, which an older rule may have let in: the doctor logs in anew. */
const replacedChecks: readonly string[] = ['login', 'list-databases', 'read-catalogs'];

/** The doctor's checks of a database cluster, on the server that runs it or on one that stands by (K-22). */
export async function performExamine(cluster: Cluster, context: Context): Promise<readonly Finding[]> {
  const { clock } = cluster.host;
  const limited = (check: string, make: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> =>
    examineWithin(check, context.deadline - clock.now(), make);
  const common = [
    limited('start-mode', async () => [await examineStartMode(cluster)]),
    limited('database-cluster', () =>
      context.role === 'in-service' ? examineRunning(cluster, context) : examineStandby(cluster, context),
    ),
  ];
  return (await Promise.all(common)).flat();
}

/** The boot must not start what only the owner of a lease may start (K-03). */
async function examineStartMode({ host, parameters }: Cluster): Promise<Finding> {
  const { service } = parameters;
  const found = await host.services.get(service);
  return found?.startMode === 'automatic'
    ? failedFinding('start-mode', 'start-mode-automatic', {
        service,
        ...adviseStartMode(service, host.services.kind),
      })
    : passedFinding('start-mode', { service });
}

async function examineRunning(cluster: Cluster, context: Context): Promise<readonly Finding[]> {
  const [basics, inspection, version, startAdvice] = await Promise.all([
    performValidate(cluster, context.deadline),
    inspectCluster(cluster, context.deadline),
    readVersion(cluster.host, postgresPath(cluster.parameters)),
    adviseStartCommand(cluster),
  ]);
  const running =
    inspection.state === 'answered'
      ? parseServerVersion(inspection.settings['server_version'] ?? '')
      : undefined;
  return [
    ...basics
      .filter(({ check }) => !replacedChecks.includes(check))
      .map((finding) => withStartAdvice(softenUnknown(finding), startAdvice)),
    compareVersions(version, running),
    ...(await judgeLogin(inspection)),
    ...(inspection.state === 'answered'
      ? judgeSettings(inspection.settings)
      : [warnedFinding('settings', 'settings-unknown')]),
  ];
}

/** A check that could not be made knows nothing. */
function softenUnknown(finding: Finding): Finding {
  return finding.reason.code === 'check-failed' ? { ...finding, outcome: 'warned' } : finding;
}

/** A creation can put a missing port right by itself; here the line is told. */
function withStartAdvice(finding: Finding, advice: Finding['reason']['facts']): Finding {
  const { code, facts } = finding.reason;
  return code === 'port-argument-missing'
    ? { ...finding, reason: { code, facts: { ...facts, ...advice } } }
    : finding;
}

async function judgeLogin(inspection: Inspection): Promise<readonly Finding[]> {
  const { login } = inspection;
  const facts = { host: login.door.host, port: login.door.port, user: login.user };
  if (inspection.state === 'refused') {
    const { kind, code, message } = inspection.refusal;
    const all = { ...facts, sqlstate: code, message: message.slice(0, 300) };
    if (kind === 'login-refused')
      return [failedFinding('login', 'login-refused', { ...all, ...(await adviseLogin(login)) })];
    return kind === 'not-yet' || kind === 'too-many-clients'
      ? [warnedFinding('login', kind, { ...all, setting: 'superuser_reserved_connections' })]
      : [failedFinding('login', kind === 'error' ? 'databases-not-listed' : kind, all)];
  }
  const { user } = login;
  const { readsCatalogs, isSuperuser, databases } = inspection;
  return [
    passedFinding('login', facts),
    passedFinding('list-databases', { databases }),
    readsCatalogs
      ? isSuperuser
        ? passedFinding('read-catalogs', { user })
        : warnedFinding('read-catalogs', 'not-superuser', { user, setting: 'superuser_reserved_connections' })
      : failedFinding('read-catalogs', 'catalogs-not-readable', { user, message: '' }),
  ];
}

/** A standby with another minor version works; an older one may lack a fix that the data needs by now. */
function compareVersions(version: string | undefined, running: string | undefined): Finding {
  if (version === undefined) return warnedFinding('minor-version', 'version-unknown', { executables: '?' });
  return running === undefined || running === version
    ? passedFinding('minor-version', { version })
    : warnedFinding('minor-version', 'minor-version-differs', { version, running });
}

async function examineStandby(cluster: Cluster, context: Context): Promise<readonly Finding[]> {
  const told = parseTold(context.told);
  const [basics, version] = await Promise.all([
    performPrepareExtend(cluster, context),
    readVersion(cluster.host, postgresPath(cluster.parameters)),
  ]);
  return [...basics.map(softenUnknown), compareVersions(version, told.version)];
}
