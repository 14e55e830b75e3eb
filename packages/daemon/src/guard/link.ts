import type { ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { because, type HierarchyId, type Reason, type Term, type TimingProfile } from '@holdfast/core';
import { heldUntil, type Guard, type KillStep, type LeaseState } from '@holdfast/engine/ports';
import { monotonicNow } from './clock.ts';
import type { EtcdAccess, GuardConfig } from './config.ts';
import {
  defaultGuardArgs,
  endRecordedGuard,
  launchGuard,
  prepareGuard,
  writeGuardConfig,
  type LaunchOptions,
} from './launch.ts';
import {
  parsePush,
  protocolVersion,
  readLines,
  sendLine,
  socketFileName,
  type PromisedAt,
  type Push,
  type Request,
  type Severity,
} from './protocol.ts';

export interface GuardLinkOptions {
  /** Must exist and belong to this user alone; short enough for a socket's path (107 bytes with the name). */
  readonly runDirectory: string;
  readonly nodeBinary: string;
  /** Node's options and the guard's entry file; the source beside this file by default. */
  readonly guardArgs?: readonly string[];
  readonly cluster: string;
  readonly server: string;
  readonly profile: TimingProfile;
  readonly etcd: EtcdAccess;
  readonly watchdog: string | undefined;
  /** Told what the guard does and what becomes of it; for events and the log. Must not throw. */
  readonly report?: (severity: Severity, reason: Reason) => void;
  /** Told when the guard has stood still: how long after its time a step came. Must not throw. */
  readonly onLate?: (lateMs: number) => void;
}

/** The daemon's end of the guard: the engine's port, and what the daemon does besides. */
export interface GuardLink extends Guard {
  /** Settles when a guard has been started or found, and has answered. Rejects when none does in time. */
  start(): Promise<void>;
  isConnected(): boolean;
  setEndpoints(endpoints: readonly string[]): void;
  /** Settles when the guard has read the files and turns to etcd with them. Rejects with GuardError when it cannot. */
  setTls(tls: NonNullable<EtcdAccess['tls']>): Promise<void>;
  /** Comes into force with the next lease; a server on which nothing is active takes one at once. */
  setProfile(profile: TimingProfile): void;
  /** Orderly end: what still has a plan is stopped, the lease is given back, the guard ends. */
  release(timeoutMs?: number): Promise<void>;
  /** Lets go of the guard, which lives on and keeps the lease: for a restart of the daemon. */
  close(): void;
}

/** The guard refused, or did not answer in time. `code` of the reason is stable. */
export class GuardError extends Error {
  override readonly name = 'GuardError';
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(`the guard did not do it: ${reason.code}`);
    this.reason = reason;
  }
}

interface Pending {
  readonly request: Request & { readonly id: number };
  settle(refusal: Reason | undefined): void;
}

const maxPending = 1_000;
const startTimeoutMs = 10_000;
const planTimeoutMs = 5_000;
const killTimeoutMs = 10_000;
const releaseTimeoutMs = 30_000;
const reconnectPauseMs = 20;
const longestPauseMs = 2_000;
const shortestPatienceMs = 400;
/** A guard that has just been started may be busy for this long before it answers. */
const launchPatienceMs = 1_500;

/**
 * Keeps a guard running beside the daemon and speaks with it. A guard that dies is replaced at once; one that is silent
 * for four tenths of the lease is killed and replaced: the next one continues the lease from the record, or carries the
 * plans out when it is too late for that.
 */
export function createGuardLink(options: GuardLinkOptions): GuardLink {
  return new Link(options);
}

class Link implements GuardLink {
  readonly #options: GuardLinkOptions;
  readonly #launch: LaunchOptions;
  readonly #path: string;
  readonly #listeners = new Set<() => void>();
  readonly #pending = new Map<number, Pending>();
  #config: GuardConfig;
  #phase: 'idle' | 'running' | 'closed' = 'idle';
  #socket: Socket | undefined;
  #isGreeted = false;
  #lease: LeaseState | undefined;
  #child: ChildProcess | undefined;
  #launchedAt = -Infinity;
  #heardAt = -Infinity;
  #aliveSentAt = -Infinity;
  #pauseMs = reconnectPauseMs;
  #lastId = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GuardLinkOptions) {
    const { runDirectory, nodeBinary, guardArgs = defaultGuardArgs } = options;
    const { cluster, server, etcd, profile, watchdog } = options;
    this.#options = options;
    this.#launch = { runDirectory, nodeBinary, guardArgs };
    this.#path = join(runDirectory, socketFileName);
    this.#config = { formatVersion: 1, cluster, server, etcd, profile, watchdog };
  }

  async start(): Promise<void> {
    writeGuardConfig(this.#options.runDirectory, this.#config);
    await prepareGuard(this.#launch);
    this.#phase = 'running';
    this.#open();
    // Any request would do: it is answered as soon as a guard is there.
    await this.#ask({ kind: 'configure', id: this.#newId(), config: this.#config }, startTimeoutMs);
  }

  isConnected(): boolean {
    return this.#isGreeted;
  }

  state(): LeaseState | undefined {
    return this.#lease && monotonicNow() < heldUntil(this.#lease) ? this.#lease : undefined;
  }

  alive(): void {
    const now = monotonicNow();
    const isRecent = now < this.#aliveSentAt + this.#config.profile.daemonAllowanceMs / 20;
    if (!this.#socket || !this.#isGreeted || isRecent) return;
    this.#aliveSentAt = now;
    sendLine(this.#socket, { kind: 'alive' });
  }

  async plan(hierarchy: HierarchyId, term: Term, steps: readonly KillStep[]): Promise<void> {
    const incarnation = this.#lease?.incarnation;
    await this.#ask({ kind: 'plan', id: this.#newId(), hierarchy, term, steps, incarnation }, planTimeoutMs);
  }

  async drop(hierarchy: HierarchyId): Promise<void> {
    await this.#ask({ kind: 'drop', id: this.#newId(), hierarchy }, planTimeoutMs);
  }

  async retain(hierarchies: readonly HierarchyId[]): Promise<void> {
    await this.#ask({ kind: 'retain', id: this.#newId(), hierarchies }, planTimeoutMs);
  }

  async kill(hierarchy: HierarchyId): Promise<void> {
    await this.#ask({ kind: 'kill', id: this.#newId(), hierarchy }, killTimeoutMs);
  }

  async hold(promised: PromisedAt): Promise<void> {
    await this.#ask({ kind: 'hold', id: this.#newId(), promised }, this.#config.profile.callTimeoutMs);
  }

  onChange(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  setEndpoints(endpoints: readonly string[]): void {
    this.#configure({ ...this.#config, etcd: { ...this.#config.etcd, endpoints } });
  }

  async setTls(tls: NonNullable<EtcdAccess['tls']>): Promise<void> {
    this.#configure({ ...this.#config, etcd: { ...this.#config.etcd, tls } });
    await this.#ask({ kind: 'configure', id: this.#newId(), config: this.#config }, planTimeoutMs);
  }

  setProfile(profile: TimingProfile): void {
    this.#configure({ ...this.#config, profile });
  }

  async release(timeoutMs = releaseTimeoutMs): Promise<void> {
    await this.#ask({ kind: 'release', id: this.#newId() }, timeoutMs);
    this.close();
  }

  close(): void {
    this.#phase = 'closed';
    clearTimeout(this.#timer);
    for (const { settle } of this.#pending.values()) settle(because('guard-link-closed'));
    this.#socket?.destroy();
    this.#isGreeted = false;
    this.#lease = undefined;
  }

  #open(): void {
    if (this.#phase !== 'running') return;
    const socket = connect(this.#path);
    this.#socket = socket;
    this.#isGreeted = false;
    this.#heardAt = monotonicNow();
    socket.on('connect', () => {
      const { cluster, server } = this.#config;
      sendLine(socket, { kind: 'hello', version: protocolVersion, cluster, server });
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onClose(socket));
    readLines(
      socket,
      (line) => {
        this.#heardAt = monotonicNow();
        this.#handle(parsePush(line));
      },
      (error) => this.#report('warning', because('guard-not-understood', { why: String(error) })),
    );
    this.#watchSilence(socket);
  }

  #handle(push: Push): void {
    switch (push.kind) {
      case 'hello':
        return this.#greet(push.version);
      case 'state':
        if (push.lateMs !== undefined) this.#options.onLate?.(push.lateMs);
        return this.#adopt(push.lease);
      case 'answer':
        return this.#pending.get(push.id)?.settle(push.refusal);
      case 'event':
        return this.#report(push.severity, push.reason);
      default:
        return push satisfies never;
    }
  }

  #greet(version: number): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    if (version !== protocolVersion) return this.#replace('guard-speaks-another-version');
    this.#isGreeted = true;
    this.#pauseMs = reconnectPauseMs;
    // What it was started with may be older than what is wanted now.
    sendLine(socket, { kind: 'configure', id: 0, config: this.#config });
    for (const { request } of this.#pending.values()) sendLine(socket, request);
  }

  #adopt(next: LeaseState | undefined): void {
    const before = this.#lease;
    this.#lease = next;
    if (next?.incarnation === before?.incarnation && next?.lease === before?.lease) return;
    for (const listener of this.#listeners) listener();
  }

  #onClose(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    if (this.#phase !== 'running') return;
    if (this.#isGreeted) this.#report('warning', because('guard-lost'));
    this.#isGreeted = false;
    this.#ensureGuard();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), Math.max(reconnectPauseMs, this.#pauseMs / 10));
  }

  /** Starts a guard unless the last one started is still on its way; failing starts come ever more slowly. */
  #ensureGuard(): void {
    const now = monotonicNow();
    const isOnItsWay =
      this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
    if (isOnItsWay && now < this.#launchedAt + launchPatienceMs) return;
    if (now < this.#launchedAt + this.#pauseMs) return;
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    this.#launchedAt = now;
    this.#child = launchGuard(this.#launch);
    this.#child.on('error', (error) =>
      this.#report('alarm', because('guard-not-started', { why: String(error) })),
    );
    this.#child.on('exit', (code) => {
      if (code !== null && code !== 0) this.#report('warning', because('guard-exited', { code }));
    });
  }

  /**
   * Looks whether the guard still speaks: it does at every renewal, which is every fifth of the lease. This process may
   * itself have been frozen: what has arrived meanwhile is read before the second look, which alone counts.
   */
  #watchSilence(socket: Socket): void {
    let isSuspect = false;
    const look = (): void => {
      if (this.#socket !== socket || this.#phase !== 'running') return;
      const { leaseTtlMs } = this.#config.profile;
      const patienceMs = Math.max(this.#isGreeted ? shortestPatienceMs : launchPatienceMs, leaseTtlMs * 0.3);
      const leftMs = this.#heardAt + patienceMs - monotonicNow();
      if (leftMs <= 0 && isSuspect) return this.#replace('guard-silent');
      isSuspect = leftMs <= 0;
      setTimeout(look, isSuspect ? Math.max(shortestPatienceMs / 2, leaseTtlMs * 0.1) : leftMs + 1).unref();
    };
    look();
  }

  #replace(why: string): void {
    this.#report('alarm', because(why));
    endRecordedGuard(this.#options.runDirectory);
    this.#pauseMs = reconnectPauseMs;
    this.#launchedAt = -Infinity;
    this.#child = undefined;
    this.#socket?.destroy();
  }

  #ask(request: Request & { readonly id: number }, timeoutMs: number): Promise<void> {
    if (this.#phase === 'closed') return Promise.reject(new GuardError(because('guard-link-closed')));
    if (this.#pending.size >= maxPending) return Promise.reject(new GuardError(because('guard-too-busy')));
    return new Promise((resolve, reject) => {
      const settle = (refusal: Reason | undefined): void => {
        clearTimeout(deadline);
        this.#pending.delete(request.id);
        if (refusal === undefined) resolve();
        else reject(new GuardError(refusal));
      };
      const deadline = setTimeout(
        () => settle(because('guard-no-answer', { waitedMs: timeoutMs })),
        timeoutMs,
      );
      this.#pending.set(request.id, { request, settle });
      if (this.#socket && this.#isGreeted) sendLine(this.#socket, request);
    });
  }

  #configure(next: GuardConfig): void {
    this.#config = next;
    if (this.#phase !== 'running') return;
    writeGuardConfig(this.#options.runDirectory, next);
    if (this.#socket && this.#isGreeted) sendLine(this.#socket, { kind: 'configure', id: 0, config: next });
  }

  #newId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #report(severity: Severity, reason: Reason): void {
    this.#options.report?.(severity, reason);
  }
}
