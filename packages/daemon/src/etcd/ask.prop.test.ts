import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { askInTurn, type Attempt } from './ask.ts';
import { monotonicNow } from './clock.ts';
import { EndpointError } from './errors.ts';

const timeoutMs = 900;

type Behaviour =
  | { readonly kind: 'answers'; readonly afterMs: number }
  | { readonly kind: 'fails'; readonly afterMs: number; readonly sent: boolean }
  | { readonly kind: 'silent'; readonly sent: boolean };

const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  fc.record({ kind: fc.constant('answers' as const), afterMs: fc.nat(1_500) }),
  fc.record({ kind: fc.constant('fails' as const), afterMs: fc.nat(1_500), sent: fc.boolean() }),
  fc.record({ kind: fc.constant('silent' as const), sent: fc.boolean() }),
);

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] }));
afterEach(() => void vi.useRealTimers());

/** Plays one call against endpoints that behave so, on a simulated clock. */
async function play(kind: 'repeatable' | 'once', endpoints: readonly Behaviour[]) {
  const startedAt = monotonicNow();
  const asked: { readonly index: number; readonly atMs: number; sent: boolean }[] = [];
  let settledAtMs: number | undefined;
  const call = askInTurn(
    { endpoints: endpoints.map((_, index) => index), timeoutMs, kind, signal: undefined },
    (index, attempt) => {
      const record = { index, atMs: monotonicNow() - startedAt, sent: false };
      asked.push(record);
      return behave(endpoints[index], index, attempt, record);
    },
  ).finally(() => {
    settledAtMs = monotonicNow() - startedAt;
  });
  await vi.advanceTimersByTimeAsync(5_000);
  return { asked, settledAtMs, result: await call };
}

/** What `exchange` does: it answers, fails, or ends at its own limits. */
function behave(
  behaviour: Behaviour | undefined,
  index: number,
  attempt: Attempt,
  record: { sent: boolean },
): Promise<number> {
  if (behaviour === undefined) throw new Error('asked an endpoint that does not exist');
  return new Promise((resolve, reject) => {
    record.sent = behaviour.kind === 'answers' || behaviour.sent;
    const fail = (): void =>
      reject(new EndpointError('no-answer', { endpoint: String(index), sent: record.sent }));
    setTimeout(fail, record.sent ? attempt.timeoutMs : Math.min(attempt.timeoutMs, attempt.connectTimeoutMs));
    attempt.signal.addEventListener('abort', fail);
    if (behaviour.kind === 'silent') return;
    setTimeout(behaviour.kind === 'answers' ? () => resolve(index) : fail, behaviour.afterMs);
  });
}

const endpoints = fc.array(behaviour, { minLength: 1, maxLength: 5 });

test('every call ends by its deadline, and asks each endpoint at most once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('repeatable', 'once'), endpoints, async (kind, list) => {
      const { asked, settledAtMs } = await play(kind, list);
      expect(settledAtMs).toBeLessThanOrEqual(timeoutMs + 1);
      expect(new Set(asked.map(({ index }) => index)).size).toBe(asked.length);
    }),
  );
});

test('what could take effect twice is sent at most once', async () => {
  await fc.assert(
    fc.asyncProperty(endpoints, async (list) => {
      const { asked } = await play('once', list);
      expect(asked.filter(({ sent }) => sent).length).toBeLessThanOrEqual(1);
    }),
  );
});

test('a repeatable call is answered if any endpoint answers within its share of the time', async () => {
  await fc.assert(
    fc.asyncProperty(endpoints, async (list) => {
      const shareMs = timeoutMs / Math.max(3, list.length);
      const { result, settledAtMs } = await play('repeatable', list);
      const able = list.findIndex((each) => each.kind === 'answers' && each.afterMs < shareMs - 1);
      if (able === -1) return;
      expect(result.kind).toBe('answered');
      expect(settledAtMs).toBeLessThanOrEqual((able + 1) * shareMs + 1);
    }),
  );
});

test('a silent cluster is waited for until the deadline, and no longer', async () => {
  const silent = { kind: 'silent', sent: true } as const;
  const { asked, settledAtMs, result } = await play('repeatable', [silent, silent, silent]);
  expect(result.kind).toBe('failed');
  expect(asked.map(({ atMs }) => Math.round(atMs))).toEqual([0, 300, 600]);
  expect(Math.round(settledAtMs ?? 0)).toBe(timeoutMs);
});
