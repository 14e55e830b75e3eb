import { because, profiles, type PromiseRequest, type Promised, type Reason } from '@holdfast/core';
import { expect, test } from 'vitest';
import type { LeaseState } from '../ports.ts';
import type { Snapshot } from '../snapshot.ts';
import { createManualClock } from '../testing-clock.ts';
import { createFailsafe } from './failsafe.ts';

const profile = profiles.fast;
const goodForMs = profile.leaseTtlMs - profile.stopAllowanceMs;

/** A server `a` that owns `db`, with servers `b` and a witness `w` to ask. */
function createPlace(changes: { readonly failsafe?: boolean; readonly owner?: string } = {}) {
  const clock = createManualClock();
  const server = (name: string): object => ({ name });
  const look = {
    configRevision: 3,
    settings: { failsafe: changes.failsafe },
    view: {
      servers: { a: server('a'), b: server('b'), w: server('w') },
      owners: { db: { server: changes.owner ?? 'a', incarnation: 'a1', term: 1 } },
    },
  } as unknown as Snapshot;
  const lease = (): LeaseState => ({ lease: '7', incarnation: 'a1', goodUntil: clock.now() + goodForMs });
  const answer = (_server: string): Promise<Reason | undefined> => Promise.resolve(undefined);
  const place = {
    clock,
    lease: lease(),
    renew: () => {
      place.lease = lease();
    },
    asked: [] as { readonly server: string; readonly request: PromiseRequest }[],
    held: [] as Promised[],
    told: [] as string[],
    answer,
  };
  const failsafe = createFailsafe({
    server: 'a',
    clock,
    sleptMs: () => 0,
    profile: () => profile,
    known: () => look,
    guard: {
      state: () => (clock.now() < place.lease.goodUntil + 60_000 ? place.lease : undefined),
      hold: (promised) => Promise.resolve(void place.held.push(promised)),
      onChange: () => () => {},
    },
    ask: (name, request) => {
      place.asked.push({ server: name, request });
      return place.answer(name);
    },
    tell: ({ code, facts }) => place.told.push(`${code} ${JSON.stringify(facts)}`),
  });
  return Object.assign(place, { failsafe });
}

test('C-08 nobody is asked while the lease is renewed, and nobody is asked by who owns nothing', async () => {
  const place = createPlace();
  for (let round = 0; round < 10; round += 1) {
    await place.clock.pass(profile.renewEveryMs);
    place.renew();
  }
  const idle = createPlace({ owner: 'b' });
  await idle.clock.pass(5_000);
  expect([place.asked, idle.asked]).toEqual([[], []]);
});

test('C-08 S9 when a renewal is late all others are asked, the witness too, and what they promise counts from the sending', async () => {
  const place = createPlace();
  let arrivesAfterMs = 0;
  place.answer = () =>
    new Promise((resolve) =>
      place.clock.wakeAt(place.clock.now() + arrivesAfterMs, () => resolve(undefined)),
    );
  arrivesAfterMs = 250;
  await place.clock.pass(1.5 * profile.renewEveryMs);
  expect(place.asked.map(({ server }) => server)).toEqual(['b', 'w']);
  expect(place.asked[0]?.request).toEqual({
    incarnation: 'a1',
    configuration: 3,
    forMs: profile.failsafeMs,
  });
  const sentAt = place.clock.now();
  await place.clock.pass(300);
  expect(place.held).toMatchObject([{ lease: '7', sentAt, forMs: profile.failsafeMs }]);
  expect(place.failsafe.state().kind).toBe('holding');
  place.renew();
  await place.clock.pass(500);
  expect(place.failsafe.state().kind).toBe('idle');
  expect(place.told).toEqual(['failsafe-began {}', 'failsafe-ended {}']);
});

test.each([
  ['refuses', () => Promise.resolve(because('configuration-newer'))],
  ['does not answer', () => Promise.reject(new Error('no answer'))],
])(
  'C-08 S3 one of the others %s: the guard is given nothing, and a person is told who',
  async (_how, answer) => {
    const place = createPlace();
    place.answer = (name) => (name === 'w' ? answer() : Promise.resolve(undefined));
    await place.clock.pass(3_000);
    expect(place.held).toEqual([]);
    expect(place.failsafe.state()).toMatchObject({ kind: 'refused', refusals: { w: {} } });
    expect(place.told).toHaveLength(1);
    expect(place.told[0]).toContain('"refuser":"w"');
  },
);

test('C-08 turned off nobody is asked', async () => {
  const place = createPlace({ failsafe: false });
  await place.clock.pass(3_000);
  expect([place.asked, place.held]).toEqual([[], []]);
  expect(place.failsafe.state()).toMatchObject({
    kind: 'refused',
    refusals: { a: { code: 'failsafe-off' } },
  });
});
