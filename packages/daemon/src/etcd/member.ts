import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { createError } from '@holdfast/contract';
import type { InstantMs, Reason, TimingProfile } from '@holdfast/core';
import { canonicalAddress } from '../cluster/addresses.ts';
import { pkiPaths, readPki, writeRevocationList } from '../pki/files.ts';
import { toClientTls } from './client-tls.ts';
import { monotonicNow } from './clock.ts';
import { createGateway, type TlsMaterial } from './gateway.ts';
import {
  isSameMember,
  listenPlaces,
  memberArguments,
  ownClientUrl,
  type EmbeddedEtcd,
  type MemberPlan,
} from './member-arguments.ts';
import { claimData, memberDataPaths } from './member-data.ts';
import { boundMemberLog, readLastWord, sizeOf } from './member-log.ts';
import {
  endMember,
  findMemberProcess,
  forgetMember,
  spawnMember,
  watchProcess,
  type MemberEnd,
  type MemberProcess,
} from './member-process.ts';
import { checkPlaceFree } from './member-ports.ts';
import { hasLeaseFaults, readEtcdVersion, type EtcdVersion } from './member-version.ts';

export interface MemberOptions {
  readonly cluster: string;
  readonly server: string;
  readonly addresses: readonly string[];
  readonly etcd: EmbeddedEtcd;
  readonly profile: TimingProfile;
  readonly stateDir: string;
  readonly runDir: string;
  /** Told of starts, ends, and warnings, for the log. Must not throw. */
  readonly report?: (reason: Reason) => void;
}

export type MemberState =
  | { readonly kind: 'stopped' }
  | {
      readonly kind: 'running';
      readonly pid: number;
      readonly since: InstantMs;
      /** An earlier daemon had started it. */
      readonly adopted: boolean;
      /**
       * It runs with other settings than it should, such as another profile's times: restart it when that is
       * safe.
       */
      readonly outdated: boolean;
    }
  /** It has ended or could not be started, and will be started again. */
  | { readonly kind: 'waiting'; readonly until: InstantMs; readonly error: Error };

/** The server's own etcd member. It outlives the daemon: the next one takes it over running (C-10). */
export interface Member {
  /** The address at which this server's own processes reach it. */
  readonly clientUrl: string;
  state(): MemberState;
  /**
   * Takes the running member over, or starts it; from then on it is started again whenever it ends. Does
   * nothing when that has been done. Throws HF-STORE-010 (no etcd), HF-STORE-015 (data unusable),
   * HF-STORE-004, HF-CLUSTER-008 (no address), HF-CLUSTER-009 (port in use); then nothing was started and
   * nothing will be.
   */
  start(): Promise<void>;
  /**
   * Waits until the member answers and knows a leader. Throws HF-STORE-012 with etcd's last word when it
   * ended in that time, else HF-STORE-011.
   */
  ready(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<void>;
  /** Ends it, in order if it can; it stays down. Throws HF-STORE-012 when it cannot even be killed. */
  stop(): Promise<void>;
  /** Starts it anew with the times of another profile. */
  restart(profile: TimingProfile): Promise<void>;
  /** Lets go of it without ending it: for the end of the daemon. */
  release(): void;
}

const firstPauseMs = 100;
const longestPauseMs = 10_000;
const soundAfterMs = 30_000;
const boundLogEveryMs = 30_000;
const askEveryMs = 50;
const askLimitMs = 1_000;
/**
 * Handing the lead over takes etcd one election at most, but where the other member ends, too, it waits for 5
 * s and more. A kill does no harm: what etcd has answered is synced.
 */
const endLimits = { graceMs: 2_000, killMs: 2_000 };

export function createMember(options: MemberOptions): Member {
  return new EmbeddedMember(options);
}

/** Ends the member that a daemon before this one has left running, if there is one. Throws HF-STORE-012 when it cannot. */
export async function endOwnMember(own: {
  readonly stateDirectory: string;
  readonly runDirectory: string;
}): Promise<void> {
  const { dataDir, record } = memberFiles({ stateDir: own.stateDirectory, runDir: own.runDirectory });
  const running = await findMemberProcess(record, dataDir);
  if (!running) return;
  await endOrThrow(running);
  await forgetMember(record);
}

async function endOrThrow(running: MemberProcess): Promise<void> {
  if (await endMember(running, endLimits)) return;
  const detail = `process ${running.pid} is still there`;
  throw createError('HF-STORE-012', { ending: 'SIGKILL', detail });
}

class EmbeddedMember implements Member {
  readonly #report: (reason: Reason) => void;
  readonly #stateDir: string;
  readonly #files: ReturnType<typeof memberFiles>;
  #plan: MemberPlan;
  #state: MemberState = { kind: 'stopped' };
  /** Whether it is to be started again when it ends. */
  #wanted = false;
  #process: MemberProcess | undefined;
  #lastEnd: Error | undefined;
  #logFrom = 0;
  #pauseMs = firstPauseMs;
  #retry: NodeJS.Timeout | undefined;
  #chores: NodeJS.Timeout | undefined;
  #stopLooking = (): void => undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: MemberOptions) {
    this.#report = options.report ?? (() => undefined);
    this.#stateDir = options.stateDir;
    this.#files = memberFiles(options);
    this.#plan = { ...options, dataDir: this.#files.dataDir, pki: pkiPaths(options.stateDir) };
  }

  get clientUrl(): string {
    return ownClientUrl(this.#plan);
  }

  state(): MemberState {
    return this.#state;
  }

  start(): Promise<void> {
    return this.#inTurn(() => this.#begin());
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#end());
  }

  restart(profile: TimingProfile): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end();
      this.#plan = { ...this.#plan, profile };
      await this.#begin();
    });
  }

  async ready(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<void> {
    const { timeoutMs, signal } = options;
    const tls = toClientTls(await readPki(this.#stateDir));
    const cause = await waitForLeader({ tls, url: this.clientUrl, timeoutMs, signal });
    if (cause !== undefined)
      throw this.#lastEnd ?? createError('HF-STORE-011', { waitedMs: timeoutMs }, { cause });
    this.#lastEnd = undefined;
    await claimData({ ...this.#plan, file: this.#files.mark });
  }

  release(): void {
    this.#wanted = false;
    clearTimeout(this.#retry);
    clearInterval(this.#chores);
    this.#stopLooking();
    this.#process = undefined;
    this.#state = { kind: 'stopped' };
  }

  /** One step at a time: a start never meets a stop half-way. */
  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(step);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #begin(): Promise<void> {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#lastEnd = undefined;
    this.#pauseMs = firstPauseMs;
    try {
      await this.#launch();
    } catch (error) {
      this.#wanted = false;
      throw error;
    }
    clearInterval(this.#chores);
    this.#chores = setInterval(() => this.#boundLog(), boundLogEveryMs).unref();
  }

  async #end(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#retry);
    clearInterval(this.#chores);
    this.#state = { kind: 'stopped' };
    const process = this.#process;
    if (process === undefined) return;
    this.#stopLooking();
    this.#process = undefined;
    await endOrThrow(process);
    await forgetMember(this.#files.record);
    this.#report({ code: 'etcd-member-stopped', facts: { pid: process.pid } });
  }

  async #launch(): Promise<void> {
    const { dataDir, record, log, mark } = this.#files;
    await mkdir(dirname(record), { recursive: true, mode: 0o700 });
    await claimData({ ...this.#plan, file: mark });
    const running = await findMemberProcess(record, dataDir);
    if (running) return this.#hold(running, true);
    const version = await this.#checkVersion();
    await this.#checkPlaces();
    await boundMemberLog(log);
    // Without that file etcd refuses everybody. What is revoked, the daemon writes as soon as it has read it.
    if (!existsSync(this.#plan.pki.revocationList)) {
      const { serverKey } = await readPki(this.#stateDir);
      await writeRevocationList(this.#stateDir, serverKey, []);
    }
    this.#logFrom = sizeOf(log);
    const started = await spawnMember({
      binary: this.#plan.etcd.binary,
      args: memberArguments(this.#plan, { present: isPresent, version }),
      dataDir,
      logFile: log,
      recordFile: record,
      onEnd: (process, end) => this.#onEnd(process, end),
    });
    this.#hold(started, false);
  }

  #hold(process: MemberProcess, adopted: boolean): void {
    const outdated = !isSameMember(process.args, this.#plan);
    this.#process = process;
    this.#state = { kind: 'running', pid: process.pid, since: monotonicNow(), adopted, outdated };
    this.#stopLooking = watchProcess(process, () => this.#onEnd(process, undefined));
    if (adopted) this.#report({ code: 'etcd-member-adopted', facts: { pid: process.pid, outdated } });
    else this.#report({ code: 'etcd-member-started', facts: { pid: process.pid } });
  }

  #onEnd(process: MemberProcess, end: MemberEnd | undefined): void {
    if (this.#process !== process) return;
    this.#stopLooking();
    this.#process = undefined;
    const ranMs = this.#state.kind === 'running' ? monotonicNow() - this.#state.since : 0;
    if (ranMs > soundAfterMs) this.#pauseMs = firstPauseMs;
    const ending = describeEnd(end);
    const detail = readLastWord(this.#files.log, this.#logFrom);
    this.#lastEnd = createError('HF-STORE-012', { ending, detail });
    this.#report({ code: 'etcd-member-ended', facts: { pid: process.pid, ending, detail } });
    if (this.#wanted) this.#startLater(this.#lastEnd);
    else this.#state = { kind: 'stopped' };
  }

  #startLater(error: Error): void {
    this.#state = { kind: 'waiting', until: monotonicNow() + this.#pauseMs, error };
    this.#retry = setTimeout(() => void this.#startAgain(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }

  async #startAgain(): Promise<void> {
    try {
      await this.#inTurn(async () => {
        if (this.#wanted && this.#process === undefined) await this.#launch();
      });
    } catch (cause) {
      const problem = cause instanceof Error ? cause : new Error(String(cause));
      this.#report({ code: 'etcd-member-not-started', facts: { why: problem.message } });
      if (this.#wanted) this.#startLater(problem);
    }
  }

  async #checkVersion(): Promise<EtcdVersion> {
    const version = await readEtcdVersion(this.#plan.etcd.binary);
    const facts = { version: version.join('.'), endpoint: this.clientUrl };
    if (hasLeaseFaults(version)) this.#report({ code: 'etcd-has-lease-faults', facts });
    return version;
  }

  async #checkPlaces(): Promise<void> {
    const missing = this.#plan.addresses.filter((address) => !isPresent(address));
    const [first] = missing;
    if (first !== undefined && missing.length === this.#plan.addresses.length)
      throw createError('HF-CLUSTER-008', { address: first });
    for (const address of missing) this.#report({ code: 'etcd-address-missing', facts: { address } });
    for (const place of listenPlaces(this.#plan, isPresent)) await checkPlaceFree(place);
  }

  #boundLog(): void {
    boundMemberLog(this.#files.log).catch((error: unknown) => {
      this.#report({ code: 'etcd-log-not-bounded', facts: { why: String(error) } });
    });
  }
}

/** Where the member's files are. */
function memberFiles(options: Pick<MemberOptions, 'stateDir' | 'runDir'>) {
  return {
    ...memberDataPaths(options.stateDir),
    log: join(options.stateDir, 'etcd.log'),
    record: join(options.runDir, 'etcd.json'),
  };
}

function describeEnd(end: MemberEnd | undefined): string {
  if (end === undefined) return 'an end that was not seen';
  return end.signal ?? `code ${end.code ?? 'unknown'}`;
}

/** The whole of 127.0.0.0/8 is this server's, though only 127.0.0.1 is listed. */
function isPresent(address: string): boolean {
  if (address.startsWith('127.')) return true;
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return own.some((one) => canonicalAddress(one.address) === address);
}

/**
 * Asks the member until it knows a leader. Answers the last problem when time is up, undefined when it does.
 */
async function waitForLeader(options: {
  readonly tls: TlsMaterial;
  readonly url: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}): Promise<unknown> {
  const { tls, url, signal } = options;
  const deadline = monotonicNow() + options.timeoutMs;
  const gateway = createGateway({ endpoints: [url], tls, callTimeoutMs: askLimitMs });
  let problem: unknown = new Error('the member was not asked');
  try {
    for (;;) {
      const leftMs = deadline - monotonicNow();
      if (leftMs <= 0 || signal?.aborted) return problem;
      try {
        const { leaderId } = await gateway.status(url, { timeoutMs: Math.min(leftMs, askLimitMs) });
        if (leaderId !== '0') return undefined;
        problem = new Error('the member knows no leader');
      } catch (error) {
        problem = error;
      }
      await new Promise((resolve) => setTimeout(resolve, askEveryMs));
    }
  } finally {
    gateway.close();
  }
}
