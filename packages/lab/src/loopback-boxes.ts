import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createBoxHome } from './box-home.ts';
import { asUser, startProcess } from './box-process.ts';
import { createClientBox } from './client-box.ts';
import { instantMs } from './deadline.ts';
import { removeLab } from './leftovers.ts';
import { claimLab, ownUid, type Claim } from './manifest.ts';
import { listPids, readQueueLimit, readStat, type ProcessStat } from './processes.ts';
import { runProgram } from './program.ts';
import { createSerial } from './serial.ts';
import { socketDirectoryName, type BoxProcess, type ServerBox, type ServerBoxes } from './server-box.ts';
import { continueAll, killAll, stopAll } from './signals.ts';

const prlimit = '/usr/bin/prlimit';

/**
 * What tells the processes of one server from all others where there are no control groups: the soft limit on
 * POSIX message queues, which nobody uses. Every process inherits it, through changes of session, parent,
 * environment and user, and whoever may look at a process may read it. Below 819200 bytes, the limit of most
 * systems.
 */
export function queueLimitOf(labNumber: number, server: number): number {
  return 100_000 + (((ownUid * 256 + labNumber) * 64 + server) % 700_000);
}

/** Makes servers that are only sets of processes, each with an address in 127.0.0.0/8. For anybody. */
export async function createLoopbackBoxes(
  names: readonly string[],
  networks: 1 | 2 | 3,
): Promise<ServerBoxes> {
  const claim = claimLab();
  // Two users' labs may have the same number: another part of 127.0.0.0/8 for each user.
  const network = `127.${String(64 + (ownUid % 64))}.${String(claim.number)}`;
  const others = networks === 1 ? [] : [`127.${String(128 + (ownUid % 64))}.${String(claim.number)}`];
  try {
    const mountPoint = path.join(claim.directory, 'volume');
    mkdirSync(mountPoint, { mode: 0o755 });
    const socketDirectory = path.join(claim.directory, socketDirectoryName);
    mkdirSync(socketDirectory);
    chmodSync(socketDirectory, 0o1777);
    const boxes = await Promise.all(
      names.map((name, index) =>
        createLoopbackBox({ claim, name, index: index + 1, networks: [network, ...others] }),
      ),
    );
    const client = createClientBox({ address: '127.0.0.1', enter: [] });
    const servers = new Map(boxes.map((box) => [box.name, box]));
    return {
      mode: 'loopback',
      number: claim.number,
      directory: claim.directory,
      servers,
      volume: { kind: 'directory', mountPoint },
      socketDirectory,
      floatingAddress: `${network}.100`,
      prefix: 8,
      networkDevice: 'lo',
      network: false,
      server: (name) => {
        const found = servers.get(name);
        if (!found) throw new Error(`the lab has no server ${name}`);
        return found;
      },
      client,
      dispose: async () => {
        await Promise.all([...boxes.map((box) => box.powerOff()), client.end()]);
        await removeLab(claim.directory);
      },
    };
  } catch (error) {
    await removeLab(claim.directory);
    throw error;
  }
}

async function createLoopbackBox(options: {
  readonly claim: Claim;
  readonly name: string;
  readonly index: number;
  readonly networks: readonly [string, ...string[]];
}): Promise<ServerBox> {
  const { claim, name, index } = options;
  const [first, ...others] = options.networks;
  const addressIn = (network: string): string => `${network}.${String(10 + index)}`;
  const { forgetRun, announcePowerOff, ...shown } = await createBoxHome(claim, name);
  const mark = queueLimitOf(claim.number, index);
  claim.record({ kind: 'queue-limit', bytes: mark });

  const serial = createSerial();
  let isOn = true;
  let isFrozen = false;
  // A program that was started a moment ago has not marked itself yet.
  const started = new Set<BoxProcess>();
  const processes = (): readonly ProcessStat[] => {
    const unmarked = new Set([...started].map(({ pid }) => pid()));
    return listPids().flatMap((pid) => {
      const stat = unmarked.has(pid) || readQueueLimit(pid) === mark ? readStat(pid) : undefined;
      return stat ? [stat] : [];
    });
  };
  const enter = (
    executable: string,
    args: readonly string[],
    ids: { uid?: number; gid?: number },
  ): string[] => {
    if (!isOn) throw new Error(`${name} is switched off`);
    return [prlimit, `--msgqueue=${String(mark)}:`, ...asUser(ids), executable, ...args];
  };

  return {
    ...shown,
    name,
    address: addressIn(first),
    addresses: [first, ...others].map(addressIn),
    volumeDevice: undefined,
    processes,
    state: () => (isOn ? (isFrozen ? 'frozen' : 'on') : 'off'),
    initPid: () => undefined,
    seenFromOutside: (file) => file,
    run: (executable, args, runOptions = {}) => {
      const command = enter(executable, args, runOptions);
      const one = startProcess(command, runOptions, (child) => child.pid);
      started.add(one);
      void one.ended.then(() => started.delete(one));
      return one;
    },
    exec: (executable, args, { uid, gid, ...execOptions }) => {
      const ids = { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
      const [first = prlimit, ...rest] = enter(executable, args, ids);
      return runProgram(first, rest, execOptions);
    },
    powerOn: () =>
      serial(() => {
        if (!isOn) forgetRun();
        isOn = true;
        return Promise.resolve();
      }),
    powerOff: () =>
      serial(async () => {
        const atMs = instantMs();
        if (!isOn) return { atMs, tookMs: 0 };
        isOn = false;
        isFrozen = false;
        await killAll(processes);
        announcePowerOff();
        return { atMs, tookMs: instantMs() - atMs };
      }),
    freeze: () =>
      serial(async () => {
        await stopAll(processes);
        isFrozen = true;
      }),
    thaw: () =>
      serial(() => {
        continueAll(processes());
        isFrozen = false;
        return Promise.resolve();
      }),
    cut: () => Promise.reject(new Error('loopback servers have no network that could be cut')),
    heal: () => Promise.reject(new Error('loopback servers have no network that could be cut')),
  };
}
