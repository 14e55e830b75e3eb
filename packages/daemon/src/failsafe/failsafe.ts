import type { Keys } from '@holdfast/contract';
import type { PromiseRequest, Reason, TimingProfile } from '@holdfast/core';
import {
  createFailsafe,
  createPromiseKeeper,
  type Clock,
  type EngineEvent,
  type Failsafe,
  type PromiseKeeper,
} from '@holdfast/engine';
import type { GuardLink } from '../guard/link.ts';
import { createSleepClock } from '../guard/clock.ts';
import { identifySelf } from '../guard/record.ts';
import { PathRequestError, RequestRefusedError, type PathKeeper } from '../paths/index.ts';
import { z } from 'zod';
import { createPromiseFile } from './promise-file.ts';

const promiseRoute = 'failsafe/promise';

const promiseRequest = z.strictObject({
  formatVersion: z.literal(1),
  incarnation: z.string().min(1).max(100),
  configuration: z.int().min(0),
  forMs: z.int().min(1).max(600_000),
});

/** Keeps what this server promises others, and answers them over the communication paths (C-08). */
export function keepPromises(
  options: {
    readonly server: string;
    readonly keys: Keys;
    readonly clock: Pick<Clock, 'now'>;
    readonly runDirectory: string;
    readonly paths: Pick<PathKeeper, 'handle'>;
  },
  ending: AsyncDisposableStack,
): PromiseKeeper {
  const { runDirectory, paths } = options;
  const records = createPromiseFile(runDirectory, identifySelf().bootId);
  const promises = createPromiseKeeper({ ...options, records });
  const endHandling = paths.handle(promiseRoute, (body, { from }) => {
    const { formatVersion: _, ...asked } = promiseRequest.parse(body);
    const verdict = promises.promise(from, asked);
    return verdict.allowed ? Promise.resolve({}) : Promise.reject(new RequestRefusedError(verdict.reason));
  });
  ending.defer(() => {
    endHandling();
  });
  return promises;
}

/** Asks all others while this server's lease cannot be renewed, and gives its guard what they promise. */
export function askForPromises(
  options: {
    readonly server: string;
    readonly clock: Clock;
    readonly profile: () => TimingProfile;
    readonly guard: GuardLink;
    readonly paths: Pick<PathKeeper, 'request'>;
    readonly promises: PromiseKeeper;
    readonly tell: (event: Pick<EngineEvent, 'code' | 'severity' | 'facts'>) => void;
  },
  ending: AsyncDisposableStack,
): Failsafe {
  const { paths, promises, tell } = options;
  const sleepClock = createSleepClock();
  ending.defer(() => sleepClock.close());
  const failsafe = createFailsafe({
    ...options,
    sleptMs: () => sleepClock.read(),
    known: () => promises.known(),
    ask: (server, request, timeoutMs) => ask(paths, server, request, timeoutMs),
    tell: ({ code, severity, facts = {} }) => tell({ code, severity, facts }),
  });
  ending.defer(() => failsafe.stop());
  return failsafe;
}

/** Over every path at once: one of them may be dead already and not known to be. Asking twice does no harm. */
async function ask(
  paths: Pick<PathKeeper, 'request'>,
  server: string,
  request: PromiseRequest,
  timeoutMs: number,
): Promise<Reason | undefined> {
  try {
    await paths.request(
      server,
      promiseRoute,
      { formatVersion: 1, ...request },
      { timeoutMs, overEveryPath: true },
    );
    return undefined;
  } catch (error) {
    if (error instanceof PathRequestError && error.code === 'handler-refused') return error.reason;
    throw error;
  }
}
