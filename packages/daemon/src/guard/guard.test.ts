import { mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { profiles } from '@holdfast/core';
import type { LeaseState } from '@holdfast/engine/ports';
import type { Gateway } from '../etcd/gateway.ts';
import { startTestCluster, waitFor, type TestCluster } from '../etcd/testing.ts';
import { createSleepClock, monotonicNow } from './clock.ts';
import { createGuardLink, type GuardLink } from './link.ts';
import { isRunning, sendSignal } from './processes.ts';
import type { RecordedLease } from './record.ts';
import { createBench, etcdAccess, playWatchdog, type Bench, type TestDaemon } from './testing.ts';

/** A lease of 3 s, good for 2.2 s; the watchdog has 1.8 s. */
const profile = {
  ...profiles.test,
  leaseTtlMs: 3_000,
  renewEveryMs: 600,
  callTimeoutMs: 750,
  stopAllowanceMs: 800,
  watchdogMs: 1_800,
  daemonAllowanceMs: 5_000,
};
/** Where the lease must outlast a restart, also on a busy machine: 10 s, good for 7.5 s. */
const patient = profiles.safe;
let cluster: TestCluster;
let etcd: Gateway;

beforeAll(async () => {
  cluster = await startTestCluster(1);
  etcd = cluster.gateway();
});
afterAll(async () => {
  await cluster.close();
});

async function withBench(
  use: (bench: Bench) => Promise<void>,
  { on = cluster, timing = profile } = {},
): Promise<void> {
  const bench = createBench(etcdAccess(on), timing);
  try {
    await use(bench);
  } finally {
    await bench.close();
  }
}

function leaseOf(bench: Bench): RecordedLease {
  const lease = bench.record()?.lease;
  if (lease === undefined) throw new Error('the guard has no lease');
  return lease;
}

/** The daemon first: it would start another guard at once. What the guard has recorded is its last word then. */
async function endBoth(bench: Bench, daemon: TestDaemon): Promise<void> {
  const guard = bench.record()?.guard;
  if (guard === undefined) throw new Error('no guard runs');
  await daemon.end();
  sendSignal(guard.pid, 'SIGKILL');
  await waitFor(() => !isRunning(guard), { timeoutMs: 5_000, what: 'the guard ends' });
}

/** Until nothing of the family runs; prints the guard's log when that does not happen. */
async function whenStopped(bench: Bench, timeoutMs: number): Promise<void> {
  const what = 'everything has stopped';
  await waitFor(() => bench.family.members().length === 0, { timeoutMs, what, state: bench.log });
}

async function whenNewLease(bench: Bench, incarnation: string, timeoutMs: number): Promise<void> {
  const isNew = (): boolean => {
    const lease = bench.record()?.lease;
    return lease !== undefined && lease.incarnation !== incarnation && !lease.ending;
  };
  await waitFor(isNew, { timeoutMs, what: 'a new incarnation', state: bench.log });
}

/** Until the guard has renewed once more from now on. */
async function whenRenewed(bench: Bench): Promise<void> {
  const from = monotonicNow();
  await waitFor(() => leaseOf(bench).sentAt > from, {
    timeoutMs: 5_000,
    what: 'a renewal',
    state: bench.log,
  });
}

function isGoneFrom(gateway: Gateway, lease: string): Promise<boolean> {
  return gateway.leaseKeepAlive(lease).then((renewal) => renewal.state === 'gone');
}

describe.concurrent('the guard as a process', () => {
  test('C-06 when no etcd answers any more, everything has stopped before the lease ends', async () => {
    const own = await startTestCluster(1);
    try {
      await withBench(
        async (bench) => {
          await bench.startDaemon(true);
          await bench.family.start(20);
          const watchdog = playWatchdog(bench.watchdogFile, profile.watchdogMs, () => bench.family.kill());
          await whenRenewed(bench);
          await Promise.all(own.members.map((member) => member.kill()));
          await whenStopped(bench, 5_000);
          const { sentAt, ttlMs } = leaseOf(bench);
          expect(bench.family.lastSeenAt()).toBeLessThan(sentAt + ttlMs);
          const done = await waitFor(() => bench.find('plan-done'), { timeoutMs: 1_000, what: 'a report' });
          expect(done.instant).toBeLessThan(sentAt + ttlMs);
          expect(watchdog.wentOffAt()).toBe(undefined);
          watchdog.end();
        },
        { on: own },
      );
    } finally {
      await own.close();
    }
  });

  test('C-06 a daemon that is frozen for good loses its resources, then its lease, and gets a new one after', async () => {
    await withBench(async (bench) => {
      const daemon = await bench.startDaemon(true);
      await bench.family.start(3);
      const { lease, incarnation } = leaseOf(bench);
      daemon.signal('SIGSTOP');
      const frozenAt = monotonicNow();
      await whenStopped(bench, profile.daemonAllowanceMs + 3_000);
      expect(bench.family.lastSeenAt() - frozenAt).toBeGreaterThan(profile.daemonAllowanceMs - 500);
      await waitFor(() => isGoneFrom(etcd, lease), { timeoutMs: 500, what: 'the lease is revoked' });
      await waitFor(() => bench.find('waiting-for-daemon'), {
        timeoutMs: 2_000,
        what: 'the guard waits',
        state: bench.log,
      });
      daemon.signal('SIGCONT');
      await whenNewLease(bench, incarnation, 3_000);
      const said = (): string | undefined => daemon.said().findLast((line) => line.startsWith('state'));
      const renewed = `state ${leaseOf(bench).incarnation}`;
      await waitFor(() => said() === renewed, {
        timeoutMs: 2_000,
        what: 'the daemon knows',
        state: daemon.said,
      });
    });
  });

  test('C-06 a guard that was frozen beyond the lease kills at once when it wakes, and was not feeding', async () => {
    await withBench(async (bench) => {
      const daemon = await bench.startDaemon(true);
      await bench.family.start(5);
      const watchdog = playWatchdog(bench.watchdogFile, profile.watchdogMs, () => undefined);
      await whenRenewed(bench);
      // The daemon would replace a guard that is silent.
      daemon.signal('SIGSTOP');
      const guard = bench.guardPid();
      sendSignal(guard, 'SIGSTOP');
      const { sentAt, ttlMs } = leaseOf(bench);
      await waitFor(() => monotonicNow() > sentAt + ttlMs, { timeoutMs: 5_000, what: 'the lease is over' });
      expect(watchdog.wentOffAt()).toBeLessThanOrEqual(sentAt + ttlMs);
      expect(watchdog.lastFedAt() + profile.watchdogMs).toBeLessThanOrEqual(sentAt + ttlMs);
      expect(bench.family.members()).toHaveLength(6);
      const wokenAt = monotonicNow();
      sendSignal(guard, 'SIGCONT');
      await whenStopped(bench, 1_000);
      expect(bench.family.lastSeenAt() - wokenAt).toBeLessThan(300);
      watchdog.end();
    });
  });

  test('S3 the watchdog resets a server whose guard and daemon are frozen before the lease ends', async () => {
    await withBench(async (bench) => {
      const daemon = await bench.startDaemon(true);
      await bench.family.start(2);
      const guard = bench.guardPid();
      const watchdog = playWatchdog(bench.watchdogFile, profile.watchdogMs, () => {
        bench.family.kill();
        sendSignal(guard, 'SIGKILL');
      });
      daemon.signal('SIGSTOP');
      sendSignal(guard, 'SIGSTOP');
      const { sentAt, ttlMs } = leaseOf(bench);
      await whenStopped(bench, 5_000);
      expect(watchdog.wentOffAt()).toBeLessThanOrEqual(sentAt + ttlMs);
      watchdog.end();
    });
  });

  test('C-10 a guard that is killed is replaced at once, and nothing stops', async () => {
    await withBench(
      async (bench) => {
        const daemon = await bench.startDaemon(true);
        await bench.family.start(3);
        const { incarnation, lease } = leaseOf(bench);
        const first = bench.guardPid();
        sendSignal(first, 'SIGKILL');
        await waitFor(() => (bench.record()?.guard.pid ?? first) !== first, {
          timeoutMs: 3_000,
          what: 'a new guard',
        });
        await whenRenewed(bench);
        expect(leaseOf(bench)).toMatchObject({ incarnation, lease });
        expect(bench.record()?.plans).toMatchObject([{ hierarchy: 'h1', term: 1, stopped: false }]);
        expect(bench.family.members()).toHaveLength(4);
        expect(daemon.said()).toEqual(expect.arrayContaining([expect.stringContaining('guard-lost')]));
      },
      { timing: patient },
    );
  });

  test('C-10 a guard that is frozen is killed and replaced by the daemon before the lease is lost', async () => {
    await withBench(
      async (bench) => {
        await bench.startDaemon(true);
        await bench.family.start(1);
        const { incarnation } = leaseOf(bench);
        const first = bench.guardPid();
        sendSignal(first, 'SIGSTOP');
        await waitFor(() => (bench.record()?.guard.pid ?? first) !== first, {
          timeoutMs: 8_000,
          what: 'a new guard',
        });
        await whenRenewed(bench);
        expect(leaseOf(bench).incarnation).toBe(incarnation);
        expect(bench.family.members()).toHaveLength(2);
      },
      { timing: patient },
    );
  });

  test('C-10 a daemon that is restarted finds its resources running under the same incarnation', async () => {
    await withBench(
      async (bench) => {
        const daemon = await bench.startDaemon(true);
        await bench.family.start(1);
        const { incarnation } = leaseOf(bench);
        daemon.signal('SIGTERM');
        await daemon.end();
        const next = await bench.startDaemon(false);
        expect(next.said()).toContain(`state ${incarnation}`);
        expect(bench.record()?.plans).toMatchObject([{ hierarchy: 'h1', stopped: false }]);
        expect(bench.family.members()).toHaveLength(2);
      },
      { timing: patient },
    );
  });

  test('C-10 guard and daemon killed, back within the lease: the same incarnation goes on', async () => {
    await withBench(
      async (bench) => {
        const daemon = await bench.startDaemon(true);
        await bench.family.start(1);
        const { incarnation } = leaseOf(bench);
        await endBoth(bench, daemon);
        const next = await bench.startDaemon(false);
        await whenRenewed(bench);
        expect(next.said()).toContain(`state ${incarnation}`);
        expect(bench.family.members()).toHaveLength(2);
      },
      { timing: patient },
    );
  });

  test('C-06 guard and daemon killed, back after the lease: the old plans are carried out first', async () => {
    await withBench(async (bench) => {
      const daemon = await bench.startDaemon(true);
      await bench.family.start(1);
      await endBoth(bench, daemon);
      const { incarnation, sentAt, ttlMs, lease } = leaseOf(bench);
      await waitFor(() => monotonicNow() > sentAt + ttlMs, { timeoutMs: 4_000, what: 'the lease is over' });
      expect(bench.family.members()).toHaveLength(2);
      const next = await bench.startDaemon(false);
      expect(bench.family.members()).toHaveLength(0);
      expect(leaseOf(bench).incarnation).not.toBe(incarnation);
      expect(next.said()).not.toContain(`state ${incarnation}`);
      expect(bench.record()?.plans).toEqual([]);
      expect(await isGoneFrom(etcd, lease)).toBe(true);
    });
  });

  test('R-06 what cannot be stopped starves the watchdog and keeps the lease, so that nobody takes over', async () => {
    await withBench(async (bench) => {
      const obstacle = join(bench.directory, 'obstacle');
      mkdirSync(obstacle);
      const daemon = await bench.startDaemon(true, [...bench.steps, { kind: 'forget', file: obstacle }]);
      await bench.family.start(1);
      const watchdog = playWatchdog(bench.watchdogFile, profile.watchdogMs, () => undefined);
      const { lease, incarnation } = leaseOf(bench);
      daemon.signal('SIGSTOP');
      await whenStopped(bench, profile.daemonAllowanceMs + 3_000);
      const wentOff = { timeoutMs: 5_000, what: 'the watchdog goes off', state: bench.log };
      await waitFor(() => watchdog.wentOffAt(), wentOff);
      await whenRenewed(bench);
      expect(await isGoneFrom(etcd, lease)).toBe(false);
      expect(leaseOf(bench)).toMatchObject({ incarnation, ending: true });
      expect(bench.find('plan-not-done')).toMatchObject({ hierarchy: 'h1' });
      rmdirSync(obstacle);
      await waitFor(() => isGoneFrom(etcd, lease), { timeoutMs: 2_000, what: 'the lease is given back' });
      watchdog.end();
    });
  });

  test('S1 what the record of another boot names is stopped, and its lease given back', async () => {
    await withBench(async (bench) => {
      const daemon = await bench.startDaemon(true);
      await bench.family.start(1);
      const { lease, incarnation } = leaseOf(bench);
      await daemon.end();
      sendSignal(bench.guardPid(), 'SIGKILL');
      const record = join(bench.runDirectory, 'guard.json');
      writeFileSync(record, JSON.stringify({ ...bench.record(), bootId: 'another' }));
      await bench.startDaemon(false);
      await whenNewLease(bench, incarnation, 10_000);
      expect(bench.family.members()).toEqual([]);
      expect(await isGoneFrom(etcd, lease)).toBe(true);
    });
  });

  test('S3 a lease that etcd reports gone stops everything at once, and a new one follows', async () => {
    await withBench(async (bench) => {
      await bench.startDaemon(true);
      await bench.family.start(2);
      const { lease, incarnation } = leaseOf(bench);
      const revokedAt = monotonicNow();
      await etcd.leaseRevoke(lease);
      await whenStopped(bench, 2_000);
      expect(bench.family.lastSeenAt() - revokedAt).toBeLessThan(profile.renewEveryMs + 400);
      await whenNewLease(bench, incarnation, 3_000);
    });
  });
});

describe.concurrent('the link to the guard', () => {
  async function withLink(use: (link: GuardLink, bench: Bench) => Promise<void>): Promise<void> {
    await withBench(async (bench) => {
      const link = createGuardLink(bench.options());
      const rounds = setInterval(() => link.alive(), 50);
      try {
        await link.start();
        const isLeased = (): boolean => link.state() !== undefined && bench.record()?.lease !== undefined;
        await waitFor(isLeased, { timeoutMs: 5_000, what: 'a lease', state: bench.log });
        await use(link, bench);
      } finally {
        clearInterval(rounds);
        link.close();
      }
    });
  }

  test('C-06 a plan is in the record when it is answered, and gone after its drop', async () => {
    await withLink(async (link, bench) => {
      await link.plan('h1', 4, bench.steps);
      expect(bench.record()?.plans).toMatchObject([{ hierarchy: 'h1', term: 4 }]);
      await link.plan('h1', 5, bench.steps);
      expect(bench.record()?.plans).toMatchObject([{ hierarchy: 'h1', term: 5 }]);
      await expect(link.plan('h1', 4, bench.steps)).rejects.toMatchObject({
        reason: { code: 'term-is-old' },
      });
      await link.drop('h1');
      expect(bench.record()?.plans).toEqual([]);
    });
  });

  test('R-06 a kill that was asked for ends the hierarchy, keeps the plan, and leaves the lease alone', async () => {
    await withLink(async (link, bench) => {
      await expect(link.kill('h1')).rejects.toMatchObject({ reason: { code: 'no-plan' } });
      await link.plan('h1', 1, bench.steps);
      await bench.family.start(10);
      const before = link.state()?.incarnation;
      await link.kill('h1');
      expect(bench.family.members()).toEqual([]);
      expect(link.state()?.incarnation).toBe(before);
      expect(bench.record()?.plans).toMatchObject([{ hierarchy: 'h1', stopped: false }]);
    });
  });

  test('C-07 release stops what is left, gives the lease back, disarms the watchdog, and ends the guard', async () => {
    await withLink(async (link, bench) => {
      await link.plan('h1', 1, bench.steps);
      await bench.family.start(2);
      const guard = bench.record()?.guard ?? { pid: 0, startTicks: 0 };
      const { lease } = leaseOf(bench);
      const watchdog = playWatchdog(bench.watchdogFile, profile.watchdogMs, () => undefined);
      await link.release();
      expect(bench.family.members()).toEqual([]);
      expect(await isGoneFrom(etcd, lease)).toBe(true);
      await waitFor(() => !isRunning(guard), { timeoutMs: 2_000, what: 'the guard has ended' });
      expect(bench.record()).toBe(undefined);
      expect(watchdog.lastByte()).toBe('V');
      expect(link.state()).toBe(undefined);
      watchdog.end();
    });
  });

  test('C-12 another profile comes with a new lease while nothing is active, else it waits', async () => {
    await withLink(async (link, bench) => {
      const first = leaseOf(bench).incarnation;
      link.setProfile({ ...profile, leaseTtlMs: 4_000 });
      await whenNewLease(bench, first, 3_000);
      expect(leaseOf(bench).ttlMs).toBe(4_000);
      const known = (): LeaseState | undefined => {
        const state = link.state();
        return state?.incarnation === first ? undefined : state;
      };
      const second = await waitFor(known, { timeoutMs: 2_000, what: 'the new lease is known' });
      await link.plan('h1', 1, bench.steps);
      link.setProfile(profile);
      await whenRenewed(bench);
      expect(leaseOf(bench).incarnation).toBe(second.incarnation);
      await link.drop('h1');
      await whenNewLease(bench, second.incarnation, 3_000);
      expect(leaseOf(bench).ttlMs).toBe(profile.leaseTtlMs);
    });
  });

  test('S2 goodUntil grows with every renewal, and is what the lease leaves of its time', async () => {
    await withLink(async (link, bench) => {
      const first = link.state()?.goodUntil ?? 0;
      expect(first - monotonicNow()).toBeLessThanOrEqual(profile.leaseTtlMs - profile.stopAllowanceMs);
      await waitFor(() => (link.state()?.goodUntil ?? 0) > first, { timeoutMs: 3_000, what: 'a renewal' });
      const { sentAt, ttlMs } = leaseOf(bench);
      const goodUntil = link.state()?.goodUntil ?? 0;
      expect(Math.abs(goodUntil - (sentAt + ttlMs - profile.stopAllowanceMs))).toBeLessThan(
        2 * profile.renewEveryMs,
      );
    });
  });

  test('C-08 S3 what others promise holds the lease while no etcd answers, through the death of the guard too, and then all stops', async () => {
    const own = await startTestCluster(1);
    try {
      const timing = { ...patient, failsafeMs: 14_000 };
      await withBench(
        async (bench) => {
          const link = createGuardLink(bench.options());
          const clock = createSleepClock();
          const beating = setInterval(() => link.alive(), 100);
          try {
            await link.start();
            await waitFor(() => link.state(), { timeoutMs: 10_000, what: 'a lease', state: bench.log });
            await link.plan('h1', 1, bench.steps);
            await bench.family.start(20);
            await Promise.all(own.members.map((member) => member.kill()));
            const { lease, goodUntil } = link.state() ?? { lease: '', goodUntil: 0 };
            await waitFor(() => monotonicNow() > goodUntil - 2_000, {
              timeoutMs: 12_000,
              what: 'a lease that is old',
            });
            const sentAt = monotonicNow();
            const promised = { lease, sentAt, forMs: timing.failsafeMs, sleptMs: clock.read() };
            await link.hold(promised);
            await expect(link.hold({ ...promised, lease: '1' })).rejects.toThrow('lease-changed');
            sendSignal(bench.guardPid(), 'SIGKILL');
            await waitFor(() => monotonicNow() > goodUntil + 3_000, {
              timeoutMs: 10_000,
              what: 'the end of the lease',
            });
            expect(bench.family.members().length).toBeGreaterThan(0);
            expect(bench.find('held-by-promises')).toBeDefined();
            await whenStopped(bench, 15_000);
            expect(bench.family.lastSeenAt()).toBeLessThan(sentAt + timing.failsafeMs);
            await expect(link.hold({ ...promised, sentAt: monotonicNow() })).rejects.toThrow('lease-changed');
          } finally {
            clearInterval(beating);
            clock.close();
            link.close();
          }
        },
        { on: own, timing },
      );
    } finally {
      await own.close();
    }
  });

  test('S-04 socket, record and configuration are for their user alone', async () => {
    await withLink(async (_link, bench) => {
      for (const name of ['guard.sock', 'guard.json', 'guard-config.json', 'guard.log'])
        expect(statSync(`${bench.runDirectory}/${name}`).mode & 0o177).toBe(0);
    });
  });

  test('S-04 rubbish on the socket ends its connection and nothing else', async () => {
    await withLink(async (link, bench) => {
      const rubbish = ['\n{"kind":"plan"}\n', '{}\n', 'x'.repeat(400_000), '{"kind":"release","id":1}\n'];
      for (const text of rubbish) {
        const socket = connect(`${bench.runDirectory}/guard.sock`);
        const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
        socket.on('error', () => undefined);
        socket.end(text);
        await closed;
      }
      await link.plan('h1', 1, bench.steps);
      expect(leaseOf(bench).incarnation).toBe(link.state()?.incarnation);
    });
  });

  test('S4 the daemon that greets last is the one that counts', async () => {
    await withLink(async (first, bench) => {
      const second = createGuardLink(bench.options());
      await second.start();
      await second.plan('h2', 1, bench.steps);
      expect(bench.record()?.plans).toMatchObject([{ hierarchy: 'h2' }]);
      second.close();
      await waitFor(() => first.isConnected(), { timeoutMs: 2_000, what: 'the first is back' });
      await first.drop('h2');
    });
  });
});
