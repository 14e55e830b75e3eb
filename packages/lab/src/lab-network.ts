import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { waitFor } from './deadline.ts';
import type { Claim } from './manifest.ts';
import { readStat, sendSignal, type ProcessId } from './processes.ts';
import { mustRun } from './program.ts';
import type { CutDirection } from './server-box.ts';

const ip = '/usr/sbin/ip';
const nft = '/usr/sbin/nft';
const nsenter = '/usr/bin/nsenter';
const limits = { timeoutMs: 10_000 };

/** One cable between a machine and the switch; a new one for each time the machine is switched on. */
export interface Cable {
  readonly portName: string;
  readonly index: number;
}

/**
 * The lab's network: one switch (a bridge) in a network namespace of its own, and cables (veth pairs) to it.
 * All of it ends with the process that holds the namespace.
 */
export interface LabNetwork {
  /** Number of the process that holds the switch's network namespace. */
  readonly holderPid: number;
  readonly clientPid: number;
  address(host: number): string;
  readonly prefix: number;
  plugIn(options: { readonly pid: number; readonly index: number; readonly host: number }): Promise<Cable>;
  pull(cable: Cable): Promise<void>;
  cut(cable: Cable, direction: CutDirection): Promise<void>;
  heal(cable: Cable): Promise<void>;
  dispose(): void;
}

export const networkDevice = 'eth0';
const bridge = 'switch';
const clientIndex = 99;
export const clientHost = 200;

/** A lab has up to three networks, which share nothing. */
export interface NetworkPlace {
  /** Second byte of its addresses. */
  readonly subnet: number;
  /** What the servers call their end of the cable. */
  readonly device: string;
}

const firstNetwork: NetworkPlace = { subnet: 71, device: networkDevice };
export const secondNetwork: NetworkPlace = { subnet: 72, device: 'eth1' };
export const thirdNetwork: NetworkPlace = { subnet: 73, device: 'eth2' };

/** Makes the switch, and a namespace for the client with its cable. The network is 10.71.N.0/24, the others 10.72.N.0/24 and 10.73.N.0/24. */
export async function createLabNetwork(
  claim: Claim,
  { subnet, device }: NetworkPlace = firstNetwork,
): Promise<LabNetwork> {
  const [holder, client] = await Promise.all([
    holdNetworkNamespace(claim, 'switch'),
    holdNetworkNamespace(claim, 'client'),
  ]);
  const holderPid = holder.pid;
  const address = (host: number): string => `10.${String(subnet)}.${String(claim.number)}.${String(host)}`;
  const filtered = new Set<Cable>();
  let cables = 0;
  await configure(holderPid, [
    'link set lo up',
    `link add ${bridge} type bridge forward_delay 0 stp_state 0 mcast_snooping 0`,
    `link set ${bridge} up`,
  ]);

  const plugIn: LabNetwork['plugIn'] = async ({ pid, index, host }) => {
    cables += 1;
    const portName = `v${String(index)}-${String(cables)}`;
    const [lab, machine] = [claim.number, index].map((part) => part.toString(16).padStart(2, '0'));
    const ends = [
      ...['name', portName, 'netns', String(holderPid), 'type', 'veth', 'peer', 'name', device],
      ...['address', `02:${String(subnet)}:00:00:${lab ?? '00'}:${machine ?? '00'}`, 'netns', String(pid)],
    ];
    await mustRun(ip, ['link', 'add', ...ends], limits);
    await Promise.all([
      configure(holderPid, [`link set ${portName} master ${bridge} up`]),
      configure(pid, [
        'link set lo up',
        `addr add ${address(host)}/24 dev ${device}`,
        `link set ${device} up`,
      ]),
    ]);
    return { portName, index };
  };
  await plugIn({ pid: client.pid, index: clientIndex, host: clientHost });

  return {
    holderPid,
    clientPid: client.pid,
    address,
    prefix: 24,
    plugIn,
    pull: (cable) => configure(holderPid, [`link del ${cable.portName}`]),
    cut: async (cable, direction) => {
      if (direction === 'both') return configure(holderPid, [`link set ${cable.portName} down`]);
      filtered.add(cable);
      await dropOneWay(holderPid, cable, direction);
    },
    heal: async (cable) => {
      await configure(holderPid, [`link set ${cable.portName} up`]);
      if (filtered.delete(cable)) await filter(holderPid, `delete table bridge ${tableOf(cable)}\n`);
    },
    dispose: () => {
      for (const process of [holder, client]) sendSignal(process, 'SIGKILL');
    },
  };
}

function tableOf(cable: Cable): string {
  return cable.portName.replace('-', '_');
}

function dropOneWay(holderPid: number, cable: Cable, direction: 'in' | 'out'): Promise<void> {
  const match = direction === 'out' ? 'iifname' : 'oifname';
  return filter(
    holderPid,
    [
      `add table bridge ${tableOf(cable)}`,
      `add chain bridge ${tableOf(cable)} f { type filter hook forward priority 0; }`,
      `add rule bridge ${tableOf(cable)} f ${match} ${cable.portName} drop`,
      '',
    ].join('\n'),
  );
}

async function filter(pid: number, rules: string): Promise<void> {
  await mustRun(nsenter, [`--net=/proc/${String(pid)}/ns/net`, nft, '-f', '-'], { ...limits, input: rules });
}

async function configure(pid: number, lines: readonly string[]): Promise<void> {
  const command = [`--net=/proc/${String(pid)}/ns/net`, ip, '-batch', '-'];
  await mustRun(nsenter, command, { ...limits, input: `${lines.join('\n')}\n` });
}

/**
 * A process that does nothing but keep a network namespace. It is killed by the kernel when the harness ends
 * (PR_SET_PDEATHSIG), however that ends.
 */
export async function holdNetworkNamespace(claim: Claim, what: string): Promise<ProcessId> {
  const args = ['--pdeathsig', 'KILL', '/usr/bin/unshare', '--net', '/bin/sleep', 'infinity'];
  const child = spawn('/usr/bin/setpriv', args, { detached: true, stdio: 'ignore' });
  await once(child, 'spawn', { signal: AbortSignal.timeout(5_000) });
  child.unref();
  const pid = child.pid ?? 0;
  // Recorded only once it is `sleep`: until then it is still in this process's own namespace.
  const stat = await waitFor(
    () => {
      const found = readStat(pid);
      return found?.name === 'sleep' ? found : undefined;
    },
    { what: `the network namespace of the ${what}`, timeoutMs: 5_000, everyMs: 1 },
  );
  claim.record({ kind: 'process', what, pid, startTicks: stat.startTicks });
  return stat;
}
