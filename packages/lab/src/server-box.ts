import type { ChildProcess } from 'node:child_process';
import type { ProcessStat } from './processes.ts';
import type { ProgramOptions, ProgramResult } from './program.ts';

/**
 * `namespaces`: root, real addresses, a shared block device. `loopback`: anybody, 127.0.0.0/8, a shared
 * directory.
 */
export type LabMode = 'namespaces' | 'loopback';

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Absolute path of a file that output is appended to; without one it is thrown away. */
  readonly logFile?: string;
  readonly uid?: number;
  readonly gid?: number;
}

export type ExecOptions = Pick<ProgramOptions, 'timeoutMs' | 'input' | 'environment' | 'uid' | 'gid'>;

/** A process started on a server. */
export interface BoxProcess {
  /** Its number as this machine counts; `undefined` until it is there and after its end. */
  pid(): number | undefined;
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<{ readonly code: number | undefined; readonly signal: NodeJS.Signals | undefined }>;
  /** The process of the harness that stands for it, for a channel to it. */
  readonly child: ChildProcess;
}

/**
 * `both` is a pulled cable. `in` and `out` are as the server sees them: packets vanish, the link stays up.
 */
export type CutDirection = 'both' | 'in' | 'out';

export interface PowerOffReport {
  /** Instant at which the power went: from here on nothing of the server ran. */
  readonly atMs: number;
  /** From then until every process was dead and its storage let go. */
  readonly tookMs: number;
}

/**
 * A machine of the lab, with the hardware around it. All times are those of this machine's monotonic clock.
 */
export interface ServerBox {
  readonly name: string;
  /** On the network of the clients. */
  readonly address: string;
  /** Where the other servers reach it: the same, unless the lab has networks of their own for the servers. */
  readonly addresses: readonly string[];
  /** `state` survives the loss of power, `run` does not. */
  readonly directories: { readonly state: string; readonly run: string; readonly log: string };
  /** The shared disk as this server knows it; `undefined` where there is none, or only a shared directory. */
  readonly volumeDevice: string | undefined;
  /** The fifo that stands for /dev/watchdog. */
  readonly watchdogFile: string;
  /** Starts a process that lives until it ends or the power goes. Rejects when the power is off. */
  run(executable: string, args: readonly string[], options?: RunOptions): BoxProcess;
  /** Runs a program to its end. */
  exec(executable: string, args: readonly string[], options: ExecOptions): Promise<ProgramResult>;
  powerOn(): Promise<void>;
  /** Ends everything of the server at once, without a farewell to peers or disks. Idempotent. */
  powerOff(): Promise<PowerOffReport>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Only where `network` is true. All cables, or that of one of `addresses`, by its place there. */
  cut(direction?: CutDirection, at?: number): Promise<void>;
  heal(at?: number): Promise<void>;
  state(): 'on' | 'frozen' | 'off';
  /** Living processes of the server, its PID 1 not counted. */
  processes(): readonly ProcessStat[];
  /** Calls back after each loss of power, whoever caused it. Returns how to take that back. */
  onPowerOff(callback: () => void): () => void;
  /** Path under which the harness reaches a file that the server has for itself. */
  seenFromOutside(file: string): string;
  /** Number of its first process as this machine counts; `undefined` in loopback mode and when off. */
  initPid(): number | undefined;
}

export const socketDirectoryName = 'sockets';

/** What the servers share. A device has its own name on each server: {@link ServerBox.volumeDevice}. */
export type LabVolume =
  | { readonly kind: 'device'; readonly mountPoint: string; readonly fileSystem: 'ext4' }
  | { readonly kind: 'directory'; readonly mountPoint: string };

/** Where the application runs: on the servers' network, and on none of them. */
export interface ClientBox {
  readonly address: string;
  run(
    executable: string,
    args: readonly string[],
    options?: RunOptions & { readonly channel?: boolean },
  ): BoxProcess;
}

export interface ServerBoxes {
  readonly mode: LabMode;
  readonly number: number;
  readonly directory: string;
  readonly servers: ReadonlyMap<string, ServerBox>;
  readonly client: ClientBox;
  readonly volume: LabVolume;
  /**
   * For sockets of PostgreSQL: everybody may write, and each server has its own where servers have own
   * mounts.
   */
  readonly socketDirectory: string;
  /** An address of the servers' network that none of them has. */
  readonly floatingAddress: string;
  readonly prefix: number;
  /** The network device of every server. */
  readonly networkDevice: string;
  /** Can links be cut? */
  readonly network: boolean;
  server(name: string): ServerBox;
  /** Takes everything away. Idempotent. */
  dispose(): Promise<void>;
}
