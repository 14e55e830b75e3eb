import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import {
  HostError,
  type AddressProbe,
  type Addresses,
  type AddressView,
  type RunResult,
} from '@holdfast/kits/host';
import { programFailure, runChecked, runProgram, shorten, type ProgramOptions } from './program.ts';

export interface KernelAddressesOptions {
  /** A program and arguments put before each command, such as `nsenter` into a network namespace. */
  readonly commandPrefix?: readonly string[];
}

const ip = '/usr/bin/ip';
const arping = '/usr/bin/arping';
const commandTimeoutMs = 5_000;

/** So many questions must have been sent, where so many are put, before silence means that the address is free. */
const questionsThatCount = 2;
/** So often the questions are put again when the machine was too busy to send one. */
const probeAttempts = 5;

/** When the address is announced, counted from the first time: a lost packet costs a client at most the next gap. */
const announceAfterMs = [0, 200, 400, 800, 1_600] as const;
const announceTimeoutMs = 150;

/** `ip -j address show`: only what is used here. */
const interfaces = z.array(
  z.object({
    ifname: z.string(),
    flags: z.array(z.string()),
    operstate: z.string(),
    addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.number() })),
  }),
);

/** Addresses of the kernel, changed with `ip` and asked for and announced with `arping` (iputils). */
export function createKernelAddresses(options: KernelAddressesOptions = {}): Addresses {
  const inPlace = (executable: string, args: readonly string[]): readonly [string, readonly string[]] => {
    const [first, ...rest] = options.commandPrefix ?? [];
    return first === undefined ? [executable, args] : [first, [...rest, executable, ...args]];
  };
  const run = (executable: string, args: readonly string[], limits: ProgramOptions): Promise<RunResult> =>
    runProgram(...inPlace(executable, args), limits);
  const show = sharedAtOnce(async (): Promise<z.infer<typeof interfaces>> => {
    const [executable, args] = inPlace(ip, ['-j', 'address', 'show']);
    return interfaces.parse(JSON.parse(await runChecked(executable, args, { timeoutMs: commandTimeoutMs })));
  });
  const change = async (verb: 'add' | 'del', view: AddressView, fine: RegExp): Promise<void> => {
    const args = ['address', verb, `${view.address}/${view.prefix}`, 'dev', view.device];
    const result = await run(ip, args, { timeoutMs: commandTimeoutMs });
    if (result.code === 0 || fine.test(result.stderr)) return;
    if (/Cannot find device/.test(result.stderr)) {
      throw new HostError('network-device-missing', { device: view.device });
    }
    throw programFailure(ip, result, commandTimeoutMs);
  };
  const announcements = createAnnouncements(run);

  return {
    kind: 'kernel',
    list: async () =>
      (await show()).flatMap((device) =>
        device.addr_info.flatMap(({ local, prefixlen }) =>
          local === undefined ? [] : [{ address: local, prefix: prefixlen, device: device.ifname }],
        ),
      ),
    isUp: (view) => options.commandPrefix === undefined && isUpHere(view),
    linkUp: async (name) => {
      const device = (await show()).find((candidate) => candidate.ifname === name);
      return device !== undefined && isLinkUp(device);
    },
    add: (view) => change('add', view, /Address already assigned|File exists/),
    remove: (view) => {
      announcements.stop(view.address);
      return change('del', view, /Address not found|Cannot assign requested address|Cannot find device/);
    },
    conflict: (view, probe) => findOther(run, view, probe),
    announce: announcements.start,
    bookkeepingFile: () => undefined,
  };
}

/**
 * One look for all who ask in one breath, before any other code runs: addresses and link are asked for together while
 * clients wait, and each program that is started costs them milliseconds.
 */
function sharedAtOnce<T>(look: () => Promise<T>): () => Promise<T> {
  let shared: Promise<T> | undefined;
  return () => {
    if (shared) return shared;
    queueMicrotask(() => (shared = undefined));
    shared = look();
    return shared;
  };
}

/** The kernel lists addresses of running interfaces only: those that are up and have a carrier (libuv). */
function isUpHere(view: AddressView): boolean {
  return (networkInterfaces()[view.device] ?? []).some((entry) => entry.address === view.address);
}

/** `LOWER_UP` is the carrier. Bridges and tunnels have no operational state of their own: `UNKNOWN` is up. */
function isLinkUp(device: { readonly flags: readonly string[]; readonly operstate: string }): boolean {
  const carries = device.flags.includes('UP') && device.flags.includes('LOWER_UP');
  return carries && (device.operstate === 'UP' || device.operstate === 'UNKNOWN');
}

type Run = (executable: string, args: readonly string[], limits: ProgramOptions) => Promise<RunResult>;

/**
 * Asks whether somebody has the address, as RFC 5227 does (2.1.1), but in a fraction of its seconds, which are meant for
 * any network (2.2): on a server's network a neighbour answers within a millisecond, and clients may wait meanwhile. Of
 * three questions two may get lost, and the last one still has half of the time. arping(8) counts in whole seconds, so
 * each question is a program of its own. On a busy machine a question may not have been sent when the time is over:
 * silence means "free" only when two were.
 */
async function findOther(
  run: Run,
  view: AddressView,
  { timeoutMs, questions }: AddressProbe,
): Promise<string | undefined> {
  const everyMs = timeoutMs / (questions + 1);
  for (let attempt = 1; attempt <= probeAttempts; attempt += 1) {
    const found = new AbortController();
    const asked = Array.from({ length: questions }, (_, index) =>
      ask(run, view, { at: index * everyMs, timeoutMs, found }),
    );
    const answers = await Promise.all(asked);
    const mac = answers.find((answer) => answer.mac !== undefined)?.mac;
    if (mac !== undefined) return mac;
    const sent = answers.filter((answer) => answer.sent).length;
    if (sent >= Math.min(questions, questionsThatCount)) return undefined;
  }
  throw probeFailure(view, `not sent in ${probeAttempts * timeoutMs} ms`);
}

interface Question {
  readonly at: number;
  readonly timeoutMs: number;
  /** Aborts the other questions once somebody has answered. */
  readonly found: AbortController;
}

async function ask(
  run: Run,
  view: AddressView,
  { at, timeoutMs, found }: Question,
): Promise<{ readonly sent: boolean; readonly mac: string | undefined }> {
  if (at > 0) await delay(at);
  const limits = { timeoutMs: timeoutMs - at, endBy: 'SIGTERM', signal: found.signal } as const;
  const result = await run(arping, ['-D', '-c', '1', '-w', '1', '-I', view.device, view.address], limits);
  const mac = /reply from \S+ \[([0-9A-F:]+)\]/i.exec(result.stdout)?.[1];
  if (mac !== undefined) found.abort();
  else if (result.code !== undefined && result.code !== 0) {
    throw probeFailure(view, shorten(result.stderr.trim() || result.stdout.trim()));
  }
  return { sent: /Sent [1-9]\d* probe/.test(result.stdout), mac };
}

function probeFailure(view: AddressView, detail: string): HostError {
  return new HostError('address-probe-failed', { address: view.address, device: view.device, detail });
}

interface Announcements {
  readonly start: (view: AddressView) => void;
  readonly stop: (address: string) => void;
}

/**
 * Gratuitous ARP in both forms, because some network devices heed requests and others replies. Never waited for;
 * an address that is taken away, or announced anew, is not announced by the older call any more.
 */
function createAnnouncements(run: Run): Announcements {
  const running = new Map<string, AbortController>();
  const stop = (address: string): void => {
    running.get(address)?.abort();
    running.delete(address);
  };
  const announce = async (view: AddressView, abort: AbortController): Promise<void> => {
    const { signal } = abort;
    const startedAt = performance.now();
    try {
      for (const at of announceAfterMs) {
        await delay(Math.max(0, at - (performance.now() - startedAt)), undefined, { signal, ref: false });
        const limits = { timeoutMs: announceTimeoutMs, signal };
        const args = ['-c', '1', '-w', '1', '-I', view.device, view.address];
        await Promise.all([run(arping, ['-U', ...args], limits), run(arping, ['-A', ...args], limits)]);
      }
    } catch {
      // Taken back, or not sent: a lost announcement is no failure, and the checks watch the address itself.
    } finally {
      if (running.get(view.address) === abort) running.delete(view.address);
    }
  };
  return {
    start: (view) => {
      stop(view.address);
      const abort = new AbortController();
      running.set(view.address, abort);
      void announce(view, abort);
    },
    stop,
  };
}
