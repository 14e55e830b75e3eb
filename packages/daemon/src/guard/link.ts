import type { ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { because, type HierarchyId, type Reason, type Term, type TimingProfile } from '@holdfast/core';
import type { Guard, KillStep, LeaseState } from '@holdfast/engine/ports';
import { monotonicNow } from './clock.ts';
import type { EtcdAccess, GuardConfig } from './config.ts';
import { defaultGuardArgs, endRecordedGuard, launchGuard, prepareGuard, writeGuardConfig } from './launch.ts';
import {
  parsePush,
  protocolVersion,
  readLines,
  sendLine,
  socketFileName,
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
}

/** The daemon's end of the guard: the engine's port, and what the daemon does besides. */
export interface GuardLink extends Guard {
  /** Settles when a guard has been started or found, and has answered. Rejects when none does in time. */
  start(): Promise<void>;
  isConnected(): boolean;
  setEndpoints(endpoints: readonly string[]): void;
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
/** A guard that has just been started may be busy for this long before it answers. */
const launchPatienceMs = 1_500;

/**
 * Keeps a guard running beside the daemon and speaks with it. A guard that dies is replaced at once; one that is silent
 * for four tenths of the lease is killed and replaced: the next one continues the lease from the record, or carries the
 * plans out when it is too late for that.
 */
export function createGuardLink(options: GuardLinkOptions): GuardLink {
  const report = options.report ?? (() => undefined);
  const launch = { ...options, guardArgs: options.guardArgs ?? defaultGuardArgs };
  const path = join(options.runDirectory, socketFileName);
  const listeners = new Set<() => void>();
  const pending = new Map<number, Pending>();
  let config: GuardConfig = {
    formatVersion: 1,
    cluster: options.cluster,
    server: options.server,
    etcd: options.etcd,
    profile: options.profile,
    watchdog: options.watchdog,
  };
  let phase: 'idle' | 'running' | 'closed' = 'idle';
  let socket: Socket | undefined;
  let isGreeted = false;
  let lease: LeaseState | undefined;
  let child: ChildProcess | undefined;
  let launchedAt = -Infinity;
  let heardAt = -Infinity;
  let aliveSentAt = -Infinity;
  let pauseMs = reconnectPauseMs;
  let nextId = 1;
  let timer: NodeJS.Timeout | undefined;

  function open(): void {
    if (phase !== 'running') return;
    const opening = connect(path);
    socket = opening;
    isGreeted = false;
    heardAt = monotonicNow();
    opening.on('connect', () => {
      const { cluster, server } = config;
      sendLine(opening, { kind: 'hello', version: protocolVersion, cluster, server });
    });
    opening.on('error', () => opening.destroy());
    opening.on('close', () => onClose(opening));
    readLines(opening, onLine, (error) =>
      report('warning', because('guard-not-understood', { why: String(error) })),
    );
    watchSilence(opening);
  }

  function onLine(line: string): void {
    heardAt = monotonicNow();
    handle(parsePush(line));
  }

  function handle(push: Push): void {
    switch (push.kind) {
      case 'hello':
        return greet(push.version);
      case 'state':
        return adopt(push.lease);
      case 'answer':
        return pending.get(push.id)?.settle(push.refusal);
      case 'event':
        return report(push.severity, push.reason);
      default:
        return push satisfies never;
    }
  }

  function greet(version: number): void {
    if (socket === undefined) return;
    if (version !== protocolVersion) return replace('guard-speaks-another-version');
    isGreeted = true;
    pauseMs = reconnectPauseMs;
    // What it was started with may be older than what is wanted now.
    sendLine(socket, { kind: 'configure', id: 0, config });
    for (const { request } of pending.values()) sendLine(socket, request);
  }

  function adopt(next: LeaseState | undefined): void {
    const hasChanged = next?.incarnation !== lease?.incarnation || next?.lease !== lease?.lease;
    lease = next;
    if (hasChanged) for (const listener of listeners) listener();
  }

  function onClose(closed: Socket): void {
    if (socket !== closed) return;
    socket = undefined;
    if (phase !== 'running') return;
    if (isGreeted) report('warning', because('guard-lost'));
    isGreeted = false;
    ensureGuard();
    clearTimeout(timer);
    timer = setTimeout(open, Math.max(reconnectPauseMs, pauseMs / 10));
  }

  /** Starts a guard unless the last one started is still on its way; failing starts come ever more slowly. */
  function ensureGuard(): void {
    const now = monotonicNow();
    const isOnItsWay = child !== undefined && child.exitCode === null && child.signalCode === null;
    if (isOnItsWay && now < launchedAt + launchPatienceMs) return;
    if (now < launchedAt + pauseMs) return;
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    launchedAt = now;
    child = launchGuard(launch);
    child.on('error', (error) => report('alarm', because('guard-not-started', { why: String(error) })));
    child.on('exit', (code) => {
      if (code !== null && code !== 0) report('warning', because('guard-exited', { code }));
    });
  }

  /**
   * Looks whether the guard still speaks: it does at every renewal, which is every fifth of the lease. This process may
   * itself have been frozen: what has arrived meanwhile is read before the second look, which alone counts.
   */
  function watchSilence(watched: Socket): void {
    let isSuspect = false;
    const look = (): void => {
      if (socket !== watched || phase !== 'running') return;
      const { leaseTtlMs } = config.profile;
      const patienceMs = isGreeted
        ? Math.max(400, leaseTtlMs * 0.3)
        : Math.max(launchPatienceMs, leaseTtlMs * 0.3);
      const leftMs = heardAt + patienceMs - monotonicNow();
      if (leftMs <= 0 && isSuspect) return replace('guard-silent');
      isSuspect = leftMs <= 0;
      setTimeout(look, isSuspect ? Math.max(150, leaseTtlMs * 0.1) : leftMs + 1).unref();
    };
    look();
  }

  function replace(why: string): void {
    report('alarm', because(why));
    endRecordedGuard(options.runDirectory);
    pauseMs = reconnectPauseMs;
    launchedAt = -Infinity;
    child = undefined;
    socket?.destroy();
  }

  function ask(request: Request & { readonly id: number }, timeoutMs: number): Promise<void> {
    if (phase === 'closed') return Promise.reject(new GuardError(because('guard-link-closed')));
    if (pending.size >= maxPending) return Promise.reject(new GuardError(because('guard-too-busy')));
    return new Promise((resolve, reject) => {
      const settle = (refusal: Reason | undefined): void => {
        clearTimeout(deadline);
        pending.delete(request.id);
        if (refusal === undefined) resolve();
        else reject(new GuardError(refusal));
      };
      const deadline = setTimeout(
        () => settle(because('guard-no-answer', { waitedMs: timeoutMs })),
        timeoutMs,
      );
      pending.set(request.id, { request, settle });
      if (socket && isGreeted) sendLine(socket, request);
    });
  }

  function configure(next: GuardConfig): void {
    config = next;
    if (phase !== 'running') return;
    writeGuardConfig(options.runDirectory, config);
    if (socket && isGreeted) sendLine(socket, { kind: 'configure', id: 0, config });
  }

  function newId(): number {
    nextId += 1;
    return nextId;
  }

  function close(): void {
    phase = 'closed';
    clearTimeout(timer);
    for (const { settle } of pending.values()) settle(because('guard-link-closed'));
    socket?.destroy();
    lease = undefined;
  }

  return {
    async start() {
      writeGuardConfig(options.runDirectory, config);
      await prepareGuard(launch);
      phase = 'running';
      open();
      // Any request would do: it is answered as soon as a guard is there.
      await ask({ kind: 'configure', id: newId(), config }, startTimeoutMs);
    },
    isConnected: () => isGreeted,
    state: () => (lease && monotonicNow() < lease.goodUntil ? lease : undefined),
    alive() {
      const now = monotonicNow();
      if (!socket || !isGreeted || now < aliveSentAt + config.profile.daemonAllowanceMs / 20) return;
      aliveSentAt = now;
      sendLine(socket, { kind: 'alive' });
    },
    async plan(hierarchy: HierarchyId, term: Term, steps: readonly KillStep[]) {
      const incarnation = lease?.incarnation;
      await ask({ kind: 'plan', id: newId(), hierarchy, term, steps, incarnation }, planTimeoutMs);
    },
    async drop(hierarchy) {
      await ask({ kind: 'drop', id: newId(), hierarchy }, planTimeoutMs);
    },
    async kill(hierarchy) {
      await ask({ kind: 'kill', id: newId(), hierarchy }, killTimeoutMs);
    },
    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    setEndpoints: (endpoints) => configure({ ...config, etcd: { ...config.etcd, endpoints } }),
    setProfile: (profile) => configure({ ...config, profile }),
    async release(timeoutMs = releaseTimeoutMs) {
      await ask({ kind: 'release', id: newId() }, timeoutMs);
      close();
    },
    close,
  };
}
