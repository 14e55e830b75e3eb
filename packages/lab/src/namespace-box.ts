import { spawn } from 'node:child_process';
import path from 'node:path';
import { createBoxHome } from './box-home.ts';
import { asUser, startProcess } from './box-process.ts';
import { createControlGroup, type ControlGroup } from './control-group.ts';
import { instantMs, waitFor } from './deadline.ts';
import { wakeEntrances } from './entrances.ts';
import type { Cable, LabNetwork } from './lab-network.ts';
import { killCgroup } from './leftovers.ts';
import type { Claim } from './manifest.ts';
import {
  childrenOf,
  isAlive,
  listPids,
  readPidNamespace,
  readStat,
  sendSignal,
  type ProcessId,
  type ProcessStat,
} from './processes.ts';
import { runProgram } from './program.ts';
import { createSerial } from './serial.ts';
import { socketDirectoryName, type PowerOffReport, type ServerBox } from './server-box.ts';
import { isInUse, losePower, type DiskPath } from './shared-disk.ts';
import { continueAll, stopAll } from './signals.ts';

const nsenter = '/usr/bin/nsenter';

/**
 * First process of a server: makes its name, its own directories and its boot, then does nothing but reap
 * orphans.
 */
const firstProcess = `
set -e
hostname "$1"
mount -t tmpfs -o size=1m,mode=1777 lab "$2"
cat /proc/sys/kernel/random/uuid > "$2/boot_id"
mount --bind "$2/boot_id" /proc/sys/kernel/random/boot_id
echo ready
exec < /dev/null > /dev/null 2>&1
while :; do sleep 1000000 & wait $!; done
`;

/** What the servers of one lab stand in. */
export interface Surroundings {
  readonly claim: Claim;
  /** The first one is that of the clients. */
  readonly networks: readonly [LabNetwork, ...LabNetwork[]];
  readonly cgroupTree: string | undefined;
}

/** A server while it is switched on. */
interface Life {
  readonly init: ProcessId;
  readonly pidNamespace: string;
  /** One to each network. */
  readonly cables: readonly Plugged[];
}

interface Plugged {
  readonly network: LabNetwork;
  readonly cable: Cable;
}

/** A server of namespaces, switched on. `index` is its place among the servers, from 1. */
export async function createNamespaceBox(
  surroundings: Surroundings,
  server: { readonly name: string; readonly index: number; readonly disk: DiskPath | undefined },
): Promise<ServerBox> {
  const { claim, networks, cgroupTree } = surroundings;
  const [shared] = networks;
  const { name, index, disk } = server;
  const { forgetRun, announcePowerOff, ...shown } = await createBoxHome(claim, name);
  const group = cgroupTree === undefined ? undefined : createControlGroup(claim, cgroupTree, name);
  const serial = createSerial();
  let life: Life | undefined;
  let frozen = false;
  const living = (): Life => {
    if (!life) throw new Error(`${name} is switched off`);
    return life;
  };
  const ofServers = networks.length < 3 ? networks : networks.slice(1);
  const plugged = (at: number | undefined): readonly Plugged[] =>
    living().cables.filter(({ network }) => at === undefined || network === ofServers[at]);
  const processes = (): readonly ProcessStat[] => (life ? membersOf(life) : []);

  const box: ServerBox = {
    ...shown,
    name,
    address: shared.address(hostOf(index)),
    addresses: ofServers.map((network) => network.address(hostOf(index))),
    volumeDevice: disk?.device,
    processes,
    state: () => (life ? (frozen ? 'frozen' : 'on') : 'off'),
    initPid: () => life?.init.pid,
    seenFromOutside: (file) => `/proc/${String(living().init.pid)}/root${file}`,
    run: (executable, args, options = {}) =>
      startProcess([nsenter, ...enter(living(), group, options), executable, ...args], options, (child) =>
        child.pid === undefined ? undefined : childrenOf(child.pid)[0],
      ),
    exec: (executable, args, { uid, gid, ...options }) => {
      const ids = { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
      return runProgram(nsenter, [...enter(living(), group, ids), executable, ...args], options);
    },
    powerOn: () =>
      serial(async () => {
        if (life) return;
        forgetRun();
        const init = await startFirstProcess({ claim, name, group });
        const cables: Plugged[] = [];
        for (const network of networks)
          cables.push({
            network,
            cable: await network.plugIn({ pid: init.pid, index, host: hostOf(index) }),
          });
        life = { init, cables, pidNamespace: readPidNamespace(init.pid) ?? 'none' };
      }),
    powerOff: () =>
      serial(async () => {
        const atMs = instantMs();
        if (!life) return { atMs, tookMs: 0 };
        const report = await endLife(life, { name, group, disk }, atMs);
        life = undefined;
        frozen = false;
        announcePowerOff();
        return report;
      }),
    freeze: () =>
      serial(async () => {
        living();
        if (group) await group.freeze();
        else await stopAll(processes);
        frozen = true;
      }),
    thaw: () =>
      serial(() => {
        if (group) group.thaw();
        else continueAll(processes());
        if (life) wakeEntrances(life.init.pid);
        frozen = false;
        return Promise.resolve();
      }),
    cut: (direction = 'both', at) =>
      serial(() => onEach(plugged(at), ({ network, cable }) => network.cut(cable, direction))),
    heal: (at) => serial(() => onEach(plugged(at), ({ network, cable }) => network.heal(cable))),
  };
  await box.powerOn();
  return box;
}

async function onEach(cables: readonly Plugged[], act: (one: Plugged) => Promise<void>): Promise<void> {
  await Promise.all(cables.map(act));
}

function hostOf(index: number): number {
  return 10 + index;
}

/**
 * What `nsenter` is told, to bring the command that follows into the server. It stays outside of the control
 * group itself: if it were killed too, those it leads to would wait for this machine's PID 1, and the
 * server's own first process for them.
 */
function enter(
  life: Life,
  group: ControlGroup | undefined,
  ids: { readonly uid?: number; readonly gid?: number },
): readonly string[] {
  return [
    `--target=${String(life.init.pid)}`,
    ...['--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--'],
    ...(group ? joinGroup(group) : []),
    ...asUser(ids),
  ];
}

function joinGroup(group: ControlGroup): readonly string[] {
  return ['/bin/sh', '-c', 'echo 0 > "$0" && exec "$@"', path.join(group.directory, 'cgroup.procs')];
}

function membersOf(life: Life): readonly ProcessStat[] {
  return listPids().flatMap((pid) => {
    if (pid === life.init.pid || readPidNamespace(pid) !== life.pidNamespace) return [];
    const stat = readStat(pid);
    return stat && !(stat.name === 'sleep' && stat.parent === life.init.pid) ? [stat] : [];
  });
}

async function startFirstProcess(server: {
  readonly claim: Claim;
  readonly name: string;
  readonly group: ControlGroup | undefined;
}): Promise<ProcessId> {
  const { claim, name, group } = server;
  const join = group ? `echo 0 > '${path.join(group.directory, 'cgroup.procs')}' && ` : '';
  const unshare = ['--fork', '--kill-child', '--pid', '--mount-proc', '--mount', '--ipc', '--uts', '--net'];
  const args = ['--pdeathsig', 'KILL', '/usr/bin/unshare', ...unshare, '--', '/bin/bash', '-c', firstProcess];
  const own = ['first', name, path.join(claim.directory, socketDirectoryName)];
  const child = spawn('/bin/sh', ['-c', `${join}exec "$@"`, 'sh', '/usr/bin/setpriv', ...args, ...own], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  await waitFor(() => output.includes('ready') || child.exitCode !== null, {
    what: `first process of ${name}`,
    timeoutMs: 10_000,
    everyMs: 2,
    describe: () => output,
  });
  const pid = child.pid === undefined ? undefined : childrenOf(child.pid)[0];
  const stat = pid === undefined ? undefined : readStat(pid);
  if (!stat) throw new Error(`the first process of ${name} did not start: ${output}`);
  claim.record({ kind: 'process', what: name, pid: stat.pid, startTicks: stat.startTicks });
  child.unref();
  child.stdout.destroy();
  child.stderr.destroy();
  return stat;
}

/**
 * The order is that of a power loss: everything stands still, the cable goes dead, the disk forgets what was
 * not synced, and only then do the processes end, so that no peer hears a farewell.
 */
async function endLife(
  life: Life,
  server: {
    readonly name: string;
    readonly group: ControlGroup | undefined;
    readonly disk: DiskPath | undefined;
  },
  atMs: number,
): Promise<PowerOffReport> {
  const { group, disk } = server;
  if (group) await group.freeze();
  await Promise.all([
    onEach(life.cables, ({ network, cable }) => network.pull(cable)),
    disk && isInUse(disk) ? losePower(disk, life.init.pid) : undefined,
  ]);
  if (group) killCgroup(group.directory);
  sendSignal(life.init, 'SIGKILL');
  const isOver = (): boolean => {
    wakeEntrances(life.init.pid);
    return !isAlive(life.init) && membersOf(life).length === 0;
  };
  await waitFor(isOver, {
    what: `power-off of ${server.name}`,
    timeoutMs: 10_000,
    everyMs: 1,
  });
  group?.thaw();
  await waitFor(() => !disk || !isInUse(disk), {
    what: `the disk of ${server.name} to be let go`,
    timeoutMs: 10_000,
    everyMs: 2,
  });
  return { atMs, tookMs: instantMs() - atMs };
}
