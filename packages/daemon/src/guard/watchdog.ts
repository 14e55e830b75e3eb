import { closeSync, constants, existsSync, openSync, readFileSync, realpathSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import type { GuardView, InstantMs, Reason, TimingProfile } from '@holdfast/core';
import { monotonicNow } from './clock.ts';

/**
 * What resets the server when it is not fed: a Linux watchdog device, or a file or pipe that stands in for one, where
 * each feeding is one byte. Node cannot set a device's time (WDIOC_SETTIMEOUT is an ioctl), so the administrator sets
 * it, and it is read from sysfs (Documentation/watchdog/watchdog-api.rst of the kernel).
 */
export interface Watchdog {
  /** The device is armed from opening on, and resets the server this long after the last feeding. */
  readonly timeoutMs: number;
  /** Rejects nothing: a feeding that fails is told once, and the reset comes. */
  feed(): void;
  /** Disarms it: only when nothing is active any more, and where the driver allows it. */
  disarm(): void;
}

export interface WatchdogOptions {
  readonly path: string;
  readonly profile: TimingProfile;
  readonly report: (reason: Reason) => void;
  /** Where the kernel shows its watchdogs. */
  readonly sysfs?: string;
}

/** A device whose time is longer than the profile allows would let its server outlive the lease: it is refused. */
export function openWatchdog(options: WatchdogOptions): Watchdog | undefined {
  const { path, profile, report } = options;
  const isDevice = path.startsWith('/dev/watchdog');
  const timeoutMs = isDevice ? readTimeout(path, options.sysfs ?? '/sys/class/watchdog') : profile.watchdogMs;
  const allowedMs = profile.leaseTtlMs - profile.renewEveryMs;
  if (timeoutMs === undefined || timeoutMs > allowedMs) {
    report({
      code: timeoutMs === undefined ? 'watchdog-time-unknown' : 'watchdog-time-too-long',
      facts: { path, timeoutMs: timeoutMs ?? 0, allowedMs },
    });
    return undefined;
  }
  try {
    // A pipe without a reader must not block, and is no watchdog.
    const flags =
      constants.O_WRONLY | constants.O_NONBLOCK | (isDevice ? 0 : constants.O_APPEND | constants.O_CREAT);
    return createWatchdog(openSync(path, flags, 0o600), timeoutMs, options);
  } catch (error) {
    report({ code: 'watchdog-not-opened', facts: { path, why: String(error) } });
    return undefined;
  }
}

function createWatchdog(file: number, timeoutMs: number, { path, report }: WatchdogOptions): Watchdog {
  let isFailing = false;
  const write = (byte: string): void => {
    try {
      writeSync(file, byte);
      isFailing = false;
    } catch (error) {
      if (!isFailing) report({ code: 'watchdog-not-fed', facts: { path, why: String(error) } });
      isFailing = true;
    }
  };
  return {
    timeoutMs,
    feed: () => write('.'),
    disarm() {
      // The "magic close": without this letter the device goes on counting after it was closed.
      write('V');
      closeSync(file);
    },
  };
}

/** Seconds in sysfs. `/dev/watchdog` is the oldest name of the first device. */
function readTimeout(path: string, sysfs: string): number | undefined {
  try {
    const name = basename(existsSync(path) ? realpathSync(path) : path);
    const device = name === 'watchdog' ? 'watchdog0' : name;
    const seconds = Number(readFileSync(`${sysfs}/${device}/timeout`, 'utf8').trim());
    return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
  } catch {
    return undefined;
  }
}

const retryMs = 1_000;

/** Keeps a watchdog open, and knows when it was fed last. */
export interface Feeder {
  view(): GuardView['watchdog'];
  feed(): void;
  /** Opens it if it is to be and is not: the guard before may leave it busy for a moment. */
  tend(path: string | undefined, profile: TimingProfile): void;
  /** Only while nothing is active. It is opened anew, to fit another profile, when it is tended next. */
  disarm(): void;
}

/** `report` is told once why a watchdog cannot be used. */
export function createFeeder(report: (reason: Reason) => void): Feeder {
  let watchdog: Watchdog | undefined;
  let lastFedAt: InstantMs | undefined;
  let triedAt = -Infinity;
  return {
    view: () => watchdog && { timeoutMs: watchdog.timeoutMs, lastFedAt },
    feed() {
      watchdog?.feed();
      lastFedAt = monotonicNow();
    },
    tend(path, profile) {
      const now = monotonicNow();
      if (watchdog || path === undefined || now < triedAt + retryMs) return;
      const isFirst = triedAt === -Infinity;
      triedAt = now;
      const reportFirst = (reason: Reason): void => (isFirst ? report(reason) : undefined);
      watchdog = openWatchdog({ path, profile, report: reportFirst });
    },
    disarm() {
      watchdog?.disarm();
      watchdog = undefined;
      lastFedAt = undefined;
      triedAt = -Infinity;
    },
  };
}
