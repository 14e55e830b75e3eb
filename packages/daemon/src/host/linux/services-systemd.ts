import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HostError, type Files, type ServiceView, type Services, type StartMode } from '@holdfast/kits/host';
import { formatStartFile, parseDebianCluster } from './debian-cluster.ts';
import { programFailure, runChecked, runProgram } from './program.ts';
import {
  formatCommand,
  formatEnvironment,
  formatUnitFile,
  ownUnitMark,
  parseProperties,
  parseServiceView,
  parseStartCommand,
  shownProperties,
} from './systemd-unit.ts';

const systemctl = '/usr/bin/systemctl';
const journalctl = '/usr/bin/journalctl';

/** Where units of the administrator stand; a drop-in for one start goes where the next boot forgets it. */
const unitDirectory = '/etc/systemd/system';
const runtimeUnitDirectory = '/run/systemd/system';

/** The drop-in that puts arguments behind the start command of a unit. */
const appendedArguments = 'holdfast-arguments.conf';

/** systemd answers within milliseconds; reloading many unit files takes longest. */
const commandTimeoutMs = 10_000;

/** Services of systemd, by its command: a few milliseconds each, and no library for D-Bus. */
export function createSystemdServices(options: { readonly files: Files }): Services {
  const { files } = options;
  const get = async (name: string): Promise<ServiceView | undefined> =>
    parseServiceView(name, await show(name, shownProperties));
  const reload = (): Promise<void> => control(['daemon-reload'], commandTimeoutMs);

  return {
    kind: 'systemd',
    needsPassword: false,
    get,
    create: async (definition) => {
      const unit = unitName(definition.name);
      if (await get(definition.name)) throw new HostError('service-exists', { service: definition.name });
      await files.write(join(unitDirectory, unit), formatUnitFile(definition), { mode: 0o644 });
      await reload();
    },
    delete: async (name) => {
      const path = join(unitDirectory, unitName(name));
      const text = await files.read(path);
      if (text === undefined) return;
      if (!text.startsWith(ownUnitMark)) throw new HostError('service-not-ours', { service: name, path });
      const view = await get(name);
      if (view?.mainPid !== undefined) throw new HostError('service-running', { service: name });
      await control(['disable', '--', unitName(name)], commandTimeoutMs);
      await files.delete(path);
      await reload();
    },
    setStartMode: async (name, mode) => {
      const unit = unitName(name);
      if (await setDebianStart(files, unit, mode)) await reload();
      else await control([mode === 'automatic' ? 'enable' : 'disable', '--', unit], commandTimeoutMs);
      const startMode = (await get(name))?.startMode;
      if (startMode !== mode) throw new HostError('start-mode-not-set', { service: name, mode });
    },
    appendArguments: async (name, args) => {
      const directory = join(unitDirectory, `${unitName(name)}.d`);
      const path = join(directory, appendedArguments);
      await files.delete(path);
      if (args.length > 0) {
        const text = await runChecked(systemctl, ['cat', '--', unitName(name)], {
          timeoutMs: commandTimeoutMs,
        });
        const command = parseStartCommand(text);
        if (command === undefined) throw new HostError('start-command-unclear', { service: name });
        await files.makeDirectory(directory, 0o755);
        await files.write(path, formatCommand(command, args), { mode: 0o644 });
      }
      await reload();
    },
    start: async (name, { environment, timeoutMs }) => {
      const withdraw = await addEnvironment(files, name, environment ?? {});
      try {
        await startUnit(name, timeoutMs);
      } finally {
        await withdraw();
      }
    },
    settle: async (name, timeoutMs) => {
      await awaitRest(name, performance.now() + timeoutMs);
      // A unit without a process is only a state to clear; one with a process is not stopped by this call.
      const empty = (await get(name))?.mainPid === undefined && (await isOpen(name));
      if (empty) await control(['stop', '--', unitName(name)], timeoutMs);
      if ((await get(name))?.state === 'failed')
        await control(['reset-failed', '--', unitName(name)], timeoutMs);
    },
    adopt: () => Promise.resolve(),
    disown: () => Promise.resolve(),
    mark: () => undefined,
    output: async (name, maxBytes) => {
      const which = await ofLastStart(name);
      const args = [
        '--unit',
        unitName(name),
        '--output=cat',
        '--no-pager',
        '--quiet',
        '--lines=1000',
        ...which,
      ];
      const text = await runChecked(journalctl, args, { timeoutMs: commandTimeoutMs });
      return Buffer.from(text).subarray(-maxBytes).toString('utf8');
    },
  };
}

/** Answers whether it is a database cluster of Debian's, whose own file says how it is started. */
async function setDebianStart(files: Files, unit: string, mode: StartMode): Promise<boolean> {
  const cluster = parseDebianCluster(unit);
  const text = cluster && (await files.read(cluster.startFile));
  if (!cluster || text === undefined) return false;
  const changed = formatStartFile(text, mode === 'automatic' ? 'auto' : 'manual');
  const { mode: fileMode = 0o644, uid, gid } = (await files.stat(cluster.startFile)) ?? {};
  await files.write(cluster.startFile, changed, {
    mode: fileMode,
    ...(uid !== undefined && gid !== undefined && { uid, gid }),
  });
  return true;
}

/** A service's name as its unit's. Throws `service-name` for what could leave the folder of units. */
function unitName(name: string): string {
  if (!/^[A-Za-z0-9:_.@\\-]+$/.test(name) || name.startsWith('-') || name.startsWith('.')) {
    throw new HostError('service-name', { service: name });
  }
  return name.endsWith('.service') ? name : `${name}.service`;
}

function show(name: string, properties: readonly string[]): Promise<string> {
  const args = ['show', `--property=${properties.join(',')}`, '--', unitName(name)];
  return runChecked(systemctl, args, { timeoutMs: commandTimeoutMs });
}

async function control(args: readonly string[], timeoutMs: number): Promise<void> {
  await runChecked(systemctl, args, { timeoutMs });
}

/**
 * Active, or still on its way there: a start program that waits for a process that has been stopped meanwhile (Debian's
 * pg_ctlcluster looks each second) would otherwise end as a failure in the middle of the next start.
 */
async function isOpen(name: string): Promise<boolean> {
  const active = parseProperties(await show(name, ['ActiveState'])).get('ActiveState');
  return active === 'active' || active === 'reloading' || active === 'activating';
}

/**
 * Waits until a unit whose process has ended is at rest. systemd still runs its ExecStop= then, which finds nothing to stop and
 * may end as a failure (systemd.service(5); Debian's pg_ctlcluster does): only after that the state is the unit's last one. In
 * a unit that was frozen that program would be held for ever; to be asked to stop lets systemd thaw it.
 */
async function awaitRest(name: string, deadline: number): Promise<void> {
  let isThawed = false;
  for (;;) {
    const shown = parseProperties(await show(name, ['ActiveState', 'MainPID', 'FreezerState']));
    const hasProcess = Number(shown.get('MainPID') ?? 0) > 0;
    if (shown.get('ActiveState') !== 'deactivating' || hasProcess) return;
    if (!isThawed && shown.get('FreezerState') === 'frozen') {
      isThawed = true;
      await control(['stop', '--no-block', '--', unitName(name)], commandTimeoutMs);
    }
    if (performance.now() >= deadline) throw new HostError('service-does-not-rest', { service: name });
    await delay(20);
  }
}

/** Each start of a unit has an id of its own, which its messages carry (systemd.journal-fields(7)). */
async function ofLastStart(name: string): Promise<readonly string[]> {
  const invocation = parseProperties(await show(name, ['InvocationID'])).get('InvocationID') ?? '';
  return invocation === '' ? ['--unit', unitName(name)] : [`_SYSTEMD_INVOCATION_ID=${invocation}`];
}

/**
 * systemd cannot pass an environment to one start, so a drop-in adds it and is taken away again. The daemon's other
 * units do not see it, as they would with `set-environment`.
 */
async function addEnvironment(
  files: Files,
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<() => Promise<void>> {
  if (Object.keys(environment).length === 0) return () => Promise.resolve();
  const directory = join(runtimeUnitDirectory, `${unitName(name)}.d`);
  const path = join(directory, 'holdfast-start.conf');
  await files.makeDirectory(directory, 0o755);
  await files.write(path, formatEnvironment(environment), { mode: 0o644 });
  await control(['daemon-reload'], commandTimeoutMs);
  return async () => {
    await files.delete(path);
    await control(['daemon-reload'], commandTimeoutMs);
  };
}

/**
 * Starts without waiting for the unit's own idea of readiness, which for PostgreSQL may be the end of a long crash
 * recovery, and returns as soon as a process of it is there. A start that did not come true in time is taken back: it must
 * not come true later.
 */
async function startUnit(name: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const unit = unitName(name);
  await awaitRest(name, deadline);
  // Otherwise an old failure would be taken for that of this start.
  await control(['reset-failed', '--', unit], commandTimeoutMs).catch(() => undefined);
  const result = await runProgram(systemctl, ['start', '--no-block', '--', unit], { timeoutMs });
  if (result.code !== 0) throw programFailure(systemctl, result, timeoutMs);
  while (performance.now() < deadline) {
    if (await hasStarted(name)) return;
    await delay(20);
  }
  await control(['stop', '--no-block', '--', unit], commandTimeoutMs);
  throw new HostError('service-not-started', { service: name, timeoutMs });
}

/** Is a process of the unit there? Throws `service-ended` when the start has failed; while it waits its turn it has not. */
async function hasStarted(name: string): Promise<boolean> {
  const shown = parseProperties(
    await show(name, ['ActiveState', 'MainPID', 'ControlPID', 'Result', 'ExecMainStatus', 'Job']),
  );
  const state = shown.get('ActiveState');
  const has = (key: string): boolean => Number(shown.get(key) ?? 0) > 0;
  if (state === 'active') return true;
  if (state === 'activating' && (has('MainPID') || has('ControlPID'))) return true;
  if (state !== 'failed' || has('Job')) return false;
  const detail = `${shown.get('Result')}, exit status ${shown.get('ExecMainStatus')}`;
  throw new HostError('service-ended', { service: name, detail });
}
