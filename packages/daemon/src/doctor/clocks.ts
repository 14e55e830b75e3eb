import { passedFinding, warnedFinding, type Finding } from '@holdfast/kits';
import { z } from 'zod';
import type { ApiContext } from '../api/context.ts';

/** What clocks are compared with: this server's own two, and a question to another server. */
export interface ClockPorts {
  readonly server: string;
  /** Monotonic milliseconds. */
  now(): number;
  wallTime(): string;
  ask(server: string, route: string, body: object, timeoutMs: number): Promise<unknown>;
}

/** The clocks of this server, and the way to those of others. */
export function clockPortsOf({ file, host, ask }: Pick<ApiContext, 'file' | 'host' | 'ask'>): ClockPorts {
  return {
    server: file.server,
    now: () => host.clock.now(),
    wallTime: () => host.clock.wallTime(),
    ask,
  };
}

/** How far another server's wall clock is ahead of this one's. */
export interface ClockOffset {
  readonly offsetMs: number;
  /** Half of the quickest round trip: the answer was made somewhere in it. */
  readonly uncertainMs: number;
}

/** Times of events mislead people from here on. Nothing is ever decided by them (S9). */
export const clockLimitMs = 2_000;

const questions = 5;
const questionMs = 2_000;

export const clockAnswer = z.object({ wallTime: z.iso.datetime() });

/**
 * Compares the clock of another server with this one's, with the round trip taken out: of several questions the one that was
 * answered the quickest counts. Rejects when none is answered.
 */
export async function measureClock(ports: ClockPorts, server: string): Promise<ClockOffset> {
  let best: ClockOffset | undefined;
  for (let question = 0; question < questions; question += 1) {
    const sentAt = ports.now();
    const { wallTime } = clockAnswer.parse(await ports.ask(server, 'api/clock', {}, questionMs));
    const uncertainMs = (ports.now() - sentAt) / 2;
    if (best && best.uncertainMs <= uncertainMs) continue;
    const offsetMs = Date.parse(wallTime) - (Date.parse(ports.wallTime()) - uncertainMs);
    best = { offsetMs, uncertainMs };
  }
  return best ?? { offsetMs: 0, uncertainMs: Number.POSITIVE_INFINITY };
}

/** Compares one server's clock with that of `reference`: off only when it certainly is. */
export function judgeClock({ offsetMs, uncertainMs }: ClockOffset, reference: string): Finding {
  const facts = { reference, offsetMs: Math.round(offsetMs), uncertainMs: Math.ceil(uncertainMs) };
  if (uncertainMs > clockLimitMs / 2)
    return warnedFinding('clock', 'clock-unknown', { reference, problem: 'the round trip takes too long' });
  return Math.abs(offsetMs) - uncertainMs >= clockLimitMs
    ? warnedFinding('clock', 'clock-off', { ...facts, limitMs: clockLimitMs })
    : passedFinding('clock', facts);
}

/** Measures and judges. What cannot be compared is unknown. */
export async function examineClock(ports: ClockPorts, server: string): Promise<Finding> {
  try {
    return judgeClock(await measureClock(ports, server), ports.server);
  } catch (error) {
    const problem = String(error).slice(0, 300);
    return warnedFinding('clock', 'clock-unknown', { reference: ports.server, problem });
  }
}

/** Compares the clocks of two servers by way of this one, which may be one of them: those of an extension (K-10). */
export async function examineClocks(
  ports: ClockPorts,
  { server, reference }: { readonly server: string; readonly reference: string },
): Promise<Finding> {
  const measure = (name: string): Promise<ClockOffset> =>
    name === ports.server ? Promise.resolve({ offsetMs: 0, uncertainMs: 0 }) : measureClock(ports, name);
  try {
    const one = await measure(server);
    const other = await measure(reference);
    const uncertainMs = one.uncertainMs + other.uncertainMs;
    return judgeClock({ offsetMs: one.offsetMs - other.offsetMs, uncertainMs }, reference);
  } catch (error) {
    return warnedFinding('clock', 'clock-unknown', { reference, problem: String(error).slice(0, 300) });
  }
}
