import type { InstantMs, Reason } from '@holdfast/core';

/**
 * What the operating system refused or could not do. `reason` has a stable code and the values that matter, for
 * the kit to judge; the message is for logs.
 */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly reason: Reason;

  constructor(code: string, facts: Reason['facts'], cause?: unknown) {
    super(`${code} ${JSON.stringify(facts)}`, { cause });
    this.reason = { code, facts };
  }
}

/**
 * How an external program ended. Output is cut at a limit; `timedOut` when it was killed at its deadline. `code` is
 * undefined when a signal ended it: at the deadline, on abort, or from elsewhere.
 */
export interface RunResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly user?: string;
  readonly cwd?: string;
  /** The whole environment of the program; without it a plain `PATH` and `LC_ALL=C`. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Text for its standard input, which is empty otherwise. */
  readonly input?: string;
}

/** A process as the kernel shows it. A zombie is reported as not there: it is dead (K-16). */
export interface ProcessView {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks since boot: with the pid it names one process for good. */
  readonly startTicks: number;
  /** Where the program and the working directory are or were: of a deleted one, the path it had. Empty when hidden. */
  readonly executable: string;
  readonly cwd: string;
  readonly uid: number;
  readonly title: string;
}

/** How far a process has worked: what does not grow any more shows a process that hangs (K-15). */
export interface ProcessActivity {
  /** Held by SIGSTOP, a debugger or its control group: it takes no signal but SIGKILL, and whatever lets it go on. */
  readonly stopped: boolean;
  /** Processor time used so far, clock ticks. */
  readonly cpuTicks: number;
  /** Bytes read and written so far, by calls of any kind; 0 where the kernel does not say. */
  readonly ioBytes: number;
}

export interface Processes {
  get(pid: number): Promise<ProcessView | undefined>;
  /** Processes with this working directory, the directory itself or below it. */
  inDirectory(directory: string): Promise<readonly ProcessView[]>;
  /** Who holds files below the directory open, for a message that names them. */
  usersOf(directory: string): Promise<readonly ProcessView[]>;
  /** `undefined` when this very process has ended. */
  activity(process: ProcessView): Promise<ProcessActivity | undefined>;
  /** Does nothing when that process is gone, also when its number has gone to another one. */
  signal(pid: number, signal: NodeJS.Signals, expectedStartTicks: number): Promise<void>;
  /** Calls back once when the process has ended, by event where the kernel offers it, else by polling at most 250 ms apart. */
  onEnd(process: ProcessView, callback: () => void): () => void;
  /** Runs a program to its end: no shell, absolute path, own process group, bounded output, killed after the deadline. */
  run(executable: string, args: readonly string[], options: RunOptions): Promise<RunResult>;
}

export type StartMode = 'automatic' | 'manual';

export interface ServiceView {
  readonly name: string;
  readonly state: 'running' | 'stopped' | 'starting' | 'stopping' | 'paused' | 'failed';
  readonly mainPid: number | undefined;
  readonly startMode: StartMode;
  readonly user: string;
  readonly command: readonly string[];
}

/** What is needed to make a service that does not exist yet. */
export interface ServiceDefinition {
  readonly name: string;
  readonly user: string;
  readonly command: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A service manager: systemd, or direct child processes where there is none. */
export interface Services {
  readonly kind: 'systemd' | 'direct';
  /** Does it want the password of the account that a new service runs as (K-01)? systemd and the kernel do not. */
  readonly needsPassword: boolean;
  get(name: string): Promise<ServiceView | undefined>;
  /** `password` is that of the account, for managers that want one. */
  create(definition: ServiceDefinition, password?: () => string): Promise<void>;
  delete(name: string): Promise<void>;
  setStartMode(name: string, mode: StartMode): Promise<void>;
  /**
   * Puts arguments behind the start command of a service that exists, from its next start on; none takes them back. What
   * was put there before is replaced. Throws `start-command-unclear` where the command cannot be told for sure.
   */
  appendArguments(name: string, args: readonly string[]): Promise<void>;
  /** Starts and returns as soon as the process is there; readiness is the kit's business. */
  start(
    name: string,
    options: { readonly environment?: Readonly<Record<string, string>>; readonly timeoutMs: number },
  ): Promise<void>;
  /** Tells the service manager that the service has been stopped or adopted by other means, so that its state is true. */
  settle(name: string, timeoutMs: number): Promise<void>;
  /** From now on this process, which was started by other means, is the service's. systemd cannot be told: nothing changes there. */
  adopt(name: string, process: ProcessView): Promise<void>;
  /** Takes {@link adopt} back: the process goes on by itself, and the service is without one. Does nothing where it started it. */
  disown(name: string): Promise<void>;
  /** `NAME=value` in the environment of a service's process that this server starts; `undefined` where nothing marks it. */
  mark(name: string): string | undefined;
  /** The end of what the service has written since its last start, at most `maxBytes`: there stands why a start failed. */
  output(name: string, maxBytes: number): Promise<string>;
}

export interface MountView {
  readonly source: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly readOnly: boolean;
  /** `major:minor` of the device: a mount is recognised by it, whatever name the device was mounted by. */
  readonly deviceNumber: string;
  /** What part of the file system is mounted: `/`, or the folder of a bind mount. */
  readonly root: string;
}

/** What stands at the beginning of a device. */
export interface FileSystemSignature {
  readonly type: string;
  readonly uuid: string;
}

/** Volumes of this server. Failures are {@link HostError}s; those of `mount` tell the device from the data on it. */
export interface Volumes {
  mounts(): Promise<readonly MountView[]>;
  /** `major:minor` of a block device; `undefined` when there is no such device. */
  deviceNumber(device: string): Promise<string | undefined>;
  /** Is the device claimed by the kernel: mounted in any namespace, lazily unmounted, or held by a program for itself? */
  isHeld(device: string): Promise<boolean>;
  /** `undefined` when no file system is recognised. */
  signature(device: string, timeoutMs: number): Promise<FileSystemSignature | undefined>;
  /** Does the boot mount this device, or anything on this mount point, by itself? */
  isMountedAtBoot(volume: { readonly device: string; readonly mountPoint: string }): Promise<boolean>;
  /**
   * Has a mount or unmount been begun here that has not ended, also one that was given up on or that a killed daemon left
   * behind? It may still come true, and an unmount still writes when the table of mounts shows nothing any more.
   */
  isChanging(mountPoint: string): boolean;
  mount(options: {
    readonly device: string;
    readonly mountPoint: string;
    readonly type: string;
    readonly options: readonly string[];
    readonly timeoutMs: number;
  }): Promise<void>;
  unmount(mountPoint: string, timeoutMs: number): Promise<void>;
  /** A read of the device that the page cache does not answer, in a process of its own with a deadline. */
  probe(path: string, timeoutMs: number): Promise<void>;
  /** The text of a small file, read past the page cache where the file system can do that; own process, deadline. */
  readDirect(path: string, timeoutMs: number): Promise<string>;
  /** Overwrites a small file and syncs it, in a process of its own with a deadline. */
  writeSynced(path: string, text: string, timeoutMs: number): Promise<void>;
}

export interface AddressView {
  readonly address: string;
  readonly prefix: number;
  readonly device: string;
}

/** How somebody else is asked for: each question is a program that runs, and any of them may get lost. */
export interface AddressProbe {
  /** From the first question on; the last one has half of it. */
  readonly timeoutMs: number;
  readonly questions: number;
}

export interface Addresses {
  /** `kernel`: real addresses. `loopback`: bookkeeping for 127.0.0.0/8, which the kernel always answers. */
  readonly kind: 'kernel' | 'loopback';
  list(): Promise<readonly AddressView[]>;
  /** Cheap and without a process: true when the address is certainly up on a live link; false means look closer. */
  isUp(address: AddressView): boolean;
  linkUp(device: string): Promise<boolean>;
  add(address: AddressView): Promise<void>;
  remove(address: AddressView): Promise<void>;
  /** Is somebody else answering for this address on the device's network (RFC 5227 probe)? Answers the hardware address. */
  conflict(address: AddressView, probe: AddressProbe): Promise<string | undefined>;
  /** Announces the address to the network's neighbours, now and again a few times; returns at once. */
  announce(address: AddressView): void;
  /** Name of the bookkeeping file of a `loopback` address, for the kill plan. */
  bookkeepingFile(address: string): string | undefined;
}

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly device: number;
}

export interface Files {
  read(path: string): Promise<string | undefined>;
  /** The bytes as they are, at most `maxBytes`; `fromEnd` takes the last ones instead of the first. */
  readBytes(
    path: string,
    options: { readonly maxBytes: number; readonly fromEnd?: boolean },
  ): Promise<Uint8Array | undefined>;
  /** Temporary name, sync, rename, sync of the folder: after a power loss it is the old text or the new one. */
  write(
    path: string,
    text: string,
    options?: { readonly mode?: number; readonly uid?: number; readonly gid?: number },
  ): Promise<void>;
  list(path: string): Promise<readonly string[] | undefined>;
  stat(path: string): Promise<FileStat | undefined>;
  realPath(path: string): Promise<string | undefined>;
  makeDirectory(path: string, mode: number): Promise<void>;
  delete(path: string): Promise<void>;
}

/** What a server has left. */
export interface Capacity {
  /** What the machine has, and what a new program could have of it without swapping. */
  memory(): Promise<{ readonly totalBytes: number; readonly availableBytes: number }>;
  /** Of the file system that holds the path, for users without privileges; `undefined` when the path is not there. */
  space(path: string): Promise<{ readonly totalBytes: number; readonly freeBytes: number } | undefined>;
}

export interface HostClock {
  now(): InstantMs;
  wallTime(): string;
  /** Rejects with the signal's reason when it aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Everything a kit may touch of the server it runs on; one implementation for each operating system. */
export interface Host {
  readonly processes: Processes;
  readonly services: Services;
  readonly volumes: Volumes;
  readonly addresses: Addresses;
  readonly files: Files;
  readonly capacity: Capacity;
  readonly clock: HostClock;
  /** For bookkeeping that must not outlive this boot; private to this server. */
  readonly runDirectory: string;
  /** Identity of this boot, to tell a record of another boot from one of this. */
  readonly bootId: string;
  /** This daemon's user: root may change owner and mount, others may not. */
  readonly isRoot: boolean;
  /**
   * `host`: every process of this machine counts. `own`: several servers share this machine (demo, tests), and a
   * postmaster that this server's daemon did not start belongs to another server: it is refused, never adopted.
   */
  readonly processScope: 'host' | 'own';
}
