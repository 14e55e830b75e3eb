import { allow, because, type Reason } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';
import { basename } from 'node:path';
import { HostError, type ProcessView, type ServiceView } from '../host.ts';
import type { Finding, FixResult } from '../kit.ts';
import { observeCluster, type Cluster } from './cluster.ts';
import { parseOptionsFile, parseStartOptions } from './lock-file.ts';
import { createMissingService, ownerOf, takeOverProcess } from './service.ts';
import { performRestore } from './start.ts';
import { performRemove } from './stop.ts';

export interface FixPortContext {
  readonly signal: AbortSignal;
  readonly progress: (reason: Reason) => void;
}

/** How a service's start command gets the port, and how that is taken back. */
interface StartCommandChange {
  /** For people: what is changed. */
  readonly place: string;
  apply(): Promise<void>;
  takeBack(): Promise<void>;
}

const startByHandMs = 60_000;

/**
 * Gives the start command of the service the missing `-p port` and restarts the database cluster, which disconnects its
 * clients (K-06). What fails is taken back at once; what succeeded can be taken back by `undo` when the creation fails
 * later (K-09).
 */
export async function performFixPort(cluster: Cluster, context: FixPortContext): Promise<FixResult> {
  const { host, parameters } = cluster;
  const { service, port } = parameters;
  const sight = await observeCluster(cluster);
  if (sight.kind !== 'running' && sight.kind !== 'elsewhere')
    return notFixed(because('postmaster-not-running', { dataDirectory: parameters.dataDirectory }));
  const found = await host.services.get(service);
  const before = await rememberStart(cluster, sight.postmaster);
  const change = found ? await chooseChange(cluster, found) : addService(cluster);
  if (!change) {
    const command = found?.command.join(' ').slice(0, 300) ?? '';
    return notFixed(because('start-command-unknown', { service, command }));
  }
  // On a machine of several servers an operator has just said whose it is, as with an adoption.
  const isByHand = sight.kind === 'elsewhere' || sight.byHand;
  const undo = async (): Promise<void> => {
    await performRemove(cluster, uninterrupted(context));
    await change.takeBack();
    if (isByHand) await startByHand(cluster, before);
    else await performRestore(cluster, { ...uninterrupted(context), permit: allow });
  };
  try {
    await change.apply();
    if (sight.kind === 'elsewhere') await takeOverProcess(cluster, sight.postmaster);
    const result = await restart(cluster, context);
    if (result.state !== 'ok') {
      await undo();
      return notFixed(
        because('restart-failed', { service, cause: result.reason.code, ...result.reason.facts }),
      );
    }
  } catch (error) {
    await undo();
    return notFixed(because('restart-failed', { service, ...factsOf(error) }));
  }
  const reason = because('port-argument-fixed', { service, port, place: change.place });
  return { state: 'fixed', findings: [{ check: 'port-argument', outcome: 'warned', reason }], undo };
}

/** Taking back goes on when the time for the change is over: half a change is worse than a late answer. */
function uninterrupted(context: FixPortContext): FixPortContext {
  return { ...context, signal: new AbortController().signal };
}

async function restart(cluster: Cluster, context: FixPortContext): Promise<ActionResult> {
  const stopped = await performRemove(cluster, context);
  if (stopped.state !== 'ok') return stopped;
  return performRestore(cluster, { ...context, permit: allow });
}

function notFixed(reason: Reason): FixResult {
  const finding: Finding = { check: 'port-argument', outcome: 'failed', reason };
  return { state: 'failed', finding };
}

function factsOf(error: unknown): Readonly<Record<string, string | number | boolean>> {
  return error instanceof HostError
    ? { ...error.reason.facts, cause: error.reason.code }
    : { cause: 'action-threw', message: String(error).slice(0, 300) };
}

/** The service that is made has the port in its command from the beginning. */
function addService(cluster: Cluster): StartCommandChange {
  const { host, parameters } = cluster;
  return {
    place: parameters.service,
    apply: async () => {
      await createMissingService(cluster);
    },
    takeBack: () => host.services.delete(parameters.service),
  };
}

/** By what starts the postmaster: itself, pg_ctl, or the program of Debian's packages. */
async function chooseChange(cluster: Cluster, service: ServiceView): Promise<StartCommandChange | undefined> {
  const { host, parameters } = cluster;
  const port = String(parameters.port);
  const append = (args: readonly string[]): StartCommandChange => ({
    place: service.name,
    apply: () => host.services.appendArguments(service.name, args),
    takeBack: () => host.services.appendArguments(service.name, []),
  });
  switch (basename(service.command[0] ?? '')) {
    case 'postgres':
    case 'postmaster':
      return append(['-p', port]);
    case 'pg_ctl':
      return append(['-o', `-p ${port}`]);
    case 'pg_ctlcluster':
      return changeDebianOptions(cluster, service);
    default:
      return undefined;
  }
}

/** `pg_ctl.conf` of Debian's packages holds for systemd and for starts by hand alike (pg_ctlcluster(1)). */
async function changeDebianOptions(
  { host, parameters }: Cluster,
  service: ServiceView,
): Promise<StartCommandChange | undefined> {
  const [, version, name] = /^postgresql@(\d[\d.]*)-([A-Za-z0-9_-]+)(?:\.service)?$/.exec(service.name) ?? [];
  if (version === undefined || name === undefined) return undefined;
  const path = `/etc/postgresql/${version}/${name}/pg_ctl.conf`;
  const text = await host.files.read(path);
  const stat = await host.files.stat(path);
  const write = (changed: string): Promise<void> =>
    host.files.write(path, changed, {
      mode: (stat?.mode ?? 0o644) & 0o777,
      ...(stat && { uid: stat.uid, gid: stat.gid }),
    });
  return {
    place: path,
    apply: () => write(formatDebianOptions(text ?? '', parameters.port)),
    takeBack: () => (text === undefined ? host.files.delete(path) : write(text)),
  };
}

/** The options file with the port among the options; what it had stays. Its reader splits at blanks and knows no quotes. */
export function formatDebianOptions(text: string, port: number): string {
  const option = `-o -p${port}`;
  const line = /^(\s*pg_ctl_options\s*=\s*)(?:'([^']*)'|"([^"]*)"|([^#\s][^#]*?)?)(\s*(?:#.*)?)$/m;
  const found = line.exec(text);
  if (!found) {
    const gap = text === '' || text.endsWith('\n') ? '' : '\n';
    return `${text}${gap}pg_ctl_options = '${option}'\n`;
  }
  const had = (found[2] ?? found[3] ?? found[4] ?? '').trim();
  const options = had === '' ? option : `${had} ${option}`;
  return text.replace(line, () => `${found[1] ?? ''}'${options}'${found[5] ?? ''}`);
}

/** What a start by hand was: its arguments, and where its messages went. */
interface StartByHand {
  readonly args: readonly string[];
  readonly log: string;
  readonly account: string | undefined;
}

async function rememberStart(cluster: Cluster, postmaster: ProcessView): Promise<StartByHand> {
  const { host, parameters } = cluster;
  const command = parseOptionsFile(
    (await host.files.read(`${parameters.dataDirectory}/postmaster.opts`)) ?? '',
  );
  const output = await host.files.realPath(`/proc/${postmaster.pid}/fd/1`).catch(() => undefined);
  const stat = output === undefined ? undefined : await host.files.stat(output).catch(() => undefined);
  return {
    args: parseStartOptions(command?.arguments ?? []).others,
    log: output !== undefined && stat?.kind === 'file' ? output : '/dev/null',
    account: await ownerOf(cluster),
  };
}

/** Starts it again as it was: by `pg_ctl`, which hands its options to a shell. */
async function startByHand(cluster: Cluster, { args, log, account }: StartByHand): Promise<void> {
  const { host, parameters } = cluster;
  const { executables, dataDirectory } = parameters;
  const options = args.map((arg) => `'${arg.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  const result = await host.processes.run(
    `${executables}/pg_ctl`,
    ['start', '-w', '-s', '-t', '50', '-D', dataDirectory, '-l', log, '-o', options],
    { timeoutMs: startByHandMs, cwd: '/', ...(host.isRoot && account !== undefined && { user: account }) },
  );
  if (result.code !== 0) {
    const detail = `${result.stdout} ${result.stderr}`.trim().slice(0, 300);
    throw new HostError('start-failed', { service: parameters.service, problem: detail, line: '' });
  }
}
