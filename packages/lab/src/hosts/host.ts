import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { asUser, startProcess } from '../box-process.ts';
import { instantMs, waitFor } from '../deadline.ts';
import { wakeEntrances } from '../entrances.ts';
import { holdNetworkNamespace, type Cable, type LabNetwork } from '../lab-network.ts';
import { killCgroup } from '../leftovers.ts';
import type { Claim } from '../manifest.ts';
import {
  childrenOf,
  isAlive,
  isErrno,
  listPids,
  readPidNamespace,
  readStat,
  sendSignal,
  type ProcessId,
  type ProcessStat,
} from '../processes.ts';
import { ProgramError, runProgram, type ProgramResult } from '../program.ts';
import { createSerial } from '../serial.ts';
import type { ExecOptions, PowerOffReport, ServerBox } from '../server-box.ts';
import { isInUse, losePower, type DiskPath } from '../shared-disk.ts';
import { createHostGroups, type HostGroups } from './host-groups.ts';

const nsenter = '/usr/bin/nsenter';
const nspawn = '/usr/bin/systemd-nspawn';

/** How systemd-nspawn ends when its machine wants to boot again (systemd-nspawn(1), `--keep-unit`). */
const wantsReboot = 133;

const bootTimeoutMs = 60_000;
const stopTimeoutMs = 120_000;

/** Where a host finds the project, and the shared disk. */
export const installedAt = '/usr/lib/holdfast';
export const diskOnHost = '/dev/sdb';

/** A server with systemd as its first process. */
export interface SystemdHost extends ServerBox {
  /** Runs a program to its end, as a person who is logged in as root. Rejects with {@link ProgramError} unless it ends with 0. */
  must(executable: string, args: readonly string[], options?: Partial<ExecOptions>): Promise<string>;
  /** Times it has been booted since it was made. */
  boots(): number;
  /** `systemctl reboot`: returns once it has booted again. */
  reboot(): Promise<void>;
  /** `systemctl poweroff`: returns once it is off. */
  shutDown(): Promise<void>;
  /** What its console has shown, the end of it. */
  console(): string;
  /** The number that the host itself has for a process of this machine. */
  ownPid(pid: number): number | undefined;
}

/** What the hosts of one lab stand in. */
export interface HostSurroundings {
  readonly claim: Claim;
  readonly networks: readonly [LabNetwork, LabNetwork];
  readonly cgroupTree: string;
  /** The file system that every host's own is laid over. */
  readonly baseTree: string;
  /** The project, shown to the hosts read-only. */
  readonly project: string;
  /** Text of /etc/hosts. */
  readonly names: string;
}

/** A host while it is switched on. */
interface Life {
  readonly machine: ChildProcess;
  readonly init: ProcessId;
  readonly pidNamespace: string;
  readonly holder: ProcessId;
  readonly cables: readonly [Cable, Cable];
}

interface HostPlace {
  readonly name: string;
  readonly index: number;
  readonly disk: DiskPath | undefined;
  readonly directory: string;
  readonly groups: HostGroups;
}

/** A host that is switched off. `index` is its place among the hosts, from 1. */
export function createHost(
  surroundings: HostSurroundings,
  host: { readonly name: string; readonly index: number; readonly disk: DiskPath | undefined },
): SystemdHost {
  const { claim, networks, cgroupTree } = surroundings;
  const directory = path.join(claim.directory, host.name);
  const place: HostPlace = {
    ...host,
    directory,
    groups: createHostGroups(claim, cgroupTree, host.name),
  };
  furnish(surroundings, place);
  const serial = createSerial();
  const listeners = new Set<() => void>();
  let life: Life | undefined;
  let frozen = false;
  let boots = 0;
  const living = (): Life => {
    if (!life) throw new Error(`${host.name} is switched off`);
    return life;
  };
  const processes = (): readonly ProcessStat[] => (life ? membersOf(life) : []);
  const boot = async (): Promise<void> => {
    const started = await startLife(surroundings, place);
    life = started;
    boots += 1;
    // A machine that ends by itself has been shut down, or wants to boot again.
    started.machine.once('exit', (code) => {
      void serial(async () => {
        if (life !== started) return;
        await unplug(surroundings, started);
        life = undefined;
        for (const listener of listeners) listener();
        if (code === wantsReboot) await boot();
      }).catch(() => undefined);
    });
  };
  const run = (command: readonly string[], options: ExecOptions): Promise<ProgramResult> =>
    runProgram(nsenter, [...enter(living(), options), ...command], options);
  const waitUntilBooted = (before: number): Promise<unknown> =>
    waitFor(() => boots > before && life !== undefined && isBooted(run), {
      what: `${host.name} to be booted`,
      timeoutMs: bootTimeoutMs + stopTimeoutMs,
      everyMs: 50,
      describe: () => readConsole(place),
    });

  return {
    name: host.name,
    address: networks[0].address(hostOf(host.index)),
    addresses: networks.map((network) => network.address(hostOf(host.index))),
    directories: { state: '/var/lib/holdfast', run: '/run/holdfast', log: '/var/log' },
    volumeDevice: host.disk && diskOnHost,
    watchdogFile: '/dev/watchdog',
    processes,
    boots: () => boots,
    console: () => readConsole(place),
    ownPid: (pid) => {
      const own = /^NSpid:.*\s(\d+)$/m.exec(readStatus(pid))?.[1];
      return own === undefined ? undefined : Number(own);
    },
    state: () => (life ? (frozen ? 'frozen' : 'on') : 'off'),
    initPid: () => life?.init.pid,
    seenFromOutside: (file) => `/proc/${String(living().init.pid)}/root${file}`,
    onPowerOff: (callback) => {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    run: (executable, args, options = {}) =>
      startProcess([nsenter, ...enter(living(), options), executable, ...args], options, (child) =>
        child.pid === undefined ? undefined : childrenOf(child.pid)[0],
      ),
    exec: (executable, args, options) => run([executable, ...args], options),
    must: async (executable, args, options = {}) => {
      const result = await run([executable, ...args], { timeoutMs: 60_000, ...options });
      if (result.code !== 0) throw new ProgramError([`${host.name}: ${executable}`, ...args], result);
      return result.stdout;
    },
    powerOn: async () => {
      const before = boots;
      const isOn = await serial(async () => {
        if (life) return true;
        await boot();
        return false;
      });
      if (!isOn) await waitUntilBooted(before);
    },
    powerOff: () =>
      serial(async () => {
        const atMs = instantMs();
        if (!life) return { atMs, tookMs: 0 };
        const ending = life;
        life = undefined;
        frozen = false;
        const report = await endLife(surroundings, place, ending, atMs);
        for (const listener of listeners) listener();
        return report;
      }),
    reboot: async () => {
      const before = boots;
      await run(['/usr/bin/systemctl', '--no-block', 'reboot'], { timeoutMs: 10_000 });
      await waitUntilBooted(before);
    },
    shutDown: async () => {
      await run(['/usr/bin/systemctl', '--no-block', 'poweroff'], { timeoutMs: 10_000 });
      await waitFor(() => life === undefined, {
        what: `${host.name} to shut down`,
        timeoutMs: stopTimeoutMs,
        everyMs: 20,
        describe: () => readConsole(place),
      });
    },
    freeze: () =>
      serial(async () => {
        living();
        await place.groups.main.freeze();
        frozen = true;
      }),
    thaw: () =>
      serial(() => {
        place.groups.main.thaw();
        if (life) wakeEntrances(life.init.pid);
        frozen = false;
        return Promise.resolve();
      }),
    cut: (direction = 'both', only) =>
      serial(() => onCables(living(), (cable, at) => networks[at].cut(cable, direction), only)),
    heal: (only) => serial(() => onCables(living(), (cable, at) => networks[at].heal(cable), only)),
  };
}

async function onCables(
  life: Life,
  act: (cable: Cable, at: 0 | 1) => Promise<void>,
  only?: number,
): Promise<void> {
  const places = ([0, 1] as const).filter((at) => only === undefined || at === only);
  await Promise.all(places.map((at) => act(life.cables[at], at)));
}

function hostOf(index: number): number {
  return 10 + index;
}

/** What makes this host another one than those that share its base tree. */
function furnish(surroundings: HostSurroundings, { directory, name }: HostPlace): void {
  for (const part of ['up/etc', 'work', 'root']) mkdirSync(path.join(directory, part), { recursive: true });
  const own = {
    hostname: `${name}\n`,
    hosts: surroundings.names,
    // With one of its own systemd does not take the boot for the first one, which would enable every unit.
    'machine-id': `${randomBytes(16).toString('hex')}\n`,
  };
  for (const [file, text] of Object.entries(own)) writeFileSync(path.join(directory, 'up/etc', file), text);
}

/**
 * The words before a command that lead into the host, with an environment as a login has it. What is started so ends with
 * the host, but is outside of its control groups: it is not frozen with it.
 */
function enter(
  life: Life,
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly uid?: number;
    readonly gid?: number;
  },
): readonly string[] {
  const environment = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LANG: 'C.UTF-8',
    ...options.environment,
  };
  return [
    `--target=${String(life.init.pid)}`,
    ...['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--root', '--wd', '--'],
    ...['/usr/bin/env', '-i', ...Object.entries(environment).map(([key, value]) => `${key}=${value}`)],
    ...asUser(options),
  ];
}

function membersOf(life: Life): readonly ProcessStat[] {
  return listPids().flatMap((pid) => {
    if (pid === life.init.pid || readPidNamespace(pid) !== life.pidNamespace) return [];
    return readStat(pid) ?? [];
  });
}

/** Has systemd done everything that its boot does? `degraded`: some unit has failed, which is for the test to judge. */
async function isBooted(
  run: (command: readonly string[], options: ExecOptions) => Promise<ProgramResult>,
): Promise<boolean> {
  const options = { timeoutMs: 10_000 };
  const result = await run(['/usr/bin/systemctl', 'is-system-running'], options).catch(() => undefined);
  return ['running', 'degraded'].includes(result?.stdout.trim() ?? '');
}

/** The network is there before the first process, as it is where a switch is connected. */
async function startLife(surroundings: HostSurroundings, place: HostPlace): Promise<Life> {
  const { claim, networks } = surroundings;
  const holder = await holdNetworkNamespace(claim, `network of ${place.name}`);
  const end = { pid: holder.pid, index: place.index, host: hostOf(place.index) };
  const cables = [await networks[0].plugIn(end), await networks[1].plugIn(end)] as const;
  const machine = startMachine(surroundings, place, holder.pid);
  await once(machine, 'spawn', { signal: AbortSignal.timeout(5_000) });
  const init = await waitFor(() => findFirstProcess(machine) ?? (hasEnded(machine) ? 'ended' : undefined), {
    what: `the first process of ${place.name}`,
    timeoutMs: 20_000,
    everyMs: 2,
    describe: () => readConsole(place),
  });
  if (init === 'ended') throw new Error(`${place.name} did not start: ${readConsole(place)}`);
  claim.record({ kind: 'process', what: place.name, ...idOf(init) });
  machine.unref();
  return { machine, init, pidNamespace: readPidNamespace(init.pid) ?? 'none', holder, cables };
}

function idOf({ pid, startTicks }: ProcessId): ProcessId {
  return { pid, startTicks };
}

function hasEnded(machine: ChildProcess): boolean {
  return machine.exitCode !== null || machine.signalCode !== null;
}

/** systemd-nspawn's child makes the namespaces, and its child is the machine's first process. */
function findFirstProcess(machine: ChildProcess): ProcessStat | undefined {
  const outer = childrenOf(machine.pid ?? 0);
  const inner = [...outer, ...outer.flatMap(childrenOf)];
  const first = inner.find((pid) => /^NSpid:(?:\s+\d+)*\s+1$/m.test(readStatus(pid)));
  return first === undefined ? undefined : readStat(first);
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/status`, 'latin1');
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) return '';
    throw error;
  }
}

/** Mounts the host's file system in a mount namespace of its own, where it ends with the machine. */
const overlayAndExec = `
cd "$1" && shift
mount -t overlay overlay -o "lowerdir=$1,upperdir=up,workdir=work" root && shift
exec "$@"
`;

const joinAndExec = `
while [ "$1" != -- ]; do echo 0 > "$1/cgroup.procs" || exit; shift; done
shift; exec "$@"
`;

/** The machine has cgroup v2 alone, whatever this one has: systemd can freeze units there only. */
function startMachine(surroundings: HostSurroundings, place: HostPlace, networkPid: number): ChildProcess {
  const { baseTree, project } = surroundings;
  const { directory, disk, groups, name } = place;
  const boot = [
    ...[nspawn, '--quiet', '--boot', '--directory=root', `--machine=${name}`, '--register=no', '--keep-unit'],
    ...['--resolv-conf=off', '--timezone=off', '--link-journal=no', '--capability=all'],
    ...['--kill-signal=SIGRTMIN+3', `--network-namespace-path=/proc/${String(networkPid)}/ns/net`],
    `--bind-ro=${project}:${installedAt}`,
    ...(disk ? [`--bind=${disk.device}:${diskOnHost}`] : []),
  ];
  const apart = ['/usr/bin/unshare', '--mount', '--propagation', 'private', '/bin/sh', '-c', overlayAndExec];
  const args = [
    ...['-c', joinAndExec, 'join', ...groups.directories, '--'],
    ...['/usr/bin/setpriv', '--pdeathsig', 'KILL', ...apart, 'boot', directory, baseTree, ...boot],
  ];
  const log = openSync(path.join(directory, 'console'), 'a', 0o600);
  try {
    return spawn('/bin/sh', args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
    });
  } finally {
    closeSync(log);
  }
}

function readConsole({ directory }: HostPlace): string {
  try {
    return readFileSync(path.join(directory, 'console'), 'utf8').slice(-4_000);
  } catch {
    return 'nothing on its console';
  }
}

async function unplug({ networks }: HostSurroundings, life: Life): Promise<void> {
  await onCables(life, (cable, at) => networks[at].pull(cable).catch(() => undefined));
  sendSignal(life.holder, 'SIGKILL');
}

/**
 * The order is that of a power loss: everything stands still, the cables go dead, the disk forgets what was
 * not synced, and only then do the processes end, so that no peer hears a farewell.
 */
async function endLife(
  surroundings: HostSurroundings,
  { groups, disk, name }: HostPlace,
  life: Life,
  atMs: number,
): Promise<PowerOffReport> {
  await groups.main.freeze();
  await Promise.all([
    unplug(surroundings, life),
    disk && isInUse(disk) ? losePower(disk, life.init.pid) : undefined,
  ]);
  killCgroup(groups.main.directory);
  sendSignal(life.init, 'SIGKILL');
  const isOver = (): boolean => {
    wakeEntrances(life.init.pid);
    return !isAlive(life.init) && membersOf(life).length === 0;
  };
  await waitFor(isOver, { what: `power-off of ${name}`, timeoutMs: 10_000, everyMs: 1 });
  groups.main.thaw();
  await waitFor(() => !disk || !isInUse(disk), {
    what: `the disk of ${name} to be let go`,
    timeoutMs: 10_000,
    everyMs: 2,
  });
  return { atMs, tookMs: instantMs() - atMs };
}
