import { reportPhases, type ReportAnswer } from '@holdfast/contract';
import { instantMs, waitFor, type WritingClient } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestCluster, kill, ownerOf, postgresOf, recoveryMs, whileWriting } from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster({ servers: 3, witness: false });
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

/** Heartbeats and checks come each second: so much earlier than the blow the last good sign may lie. */
const signMs = 1_000;
/** What a busy machine adds: clients that come back late, looks that take long. */
const slackMs = 1_500;

/** The one report of what has happened since the wall-clock time `since`. */
async function reportSince(since: string): Promise<ReportAnswer> {
  const found = await waitFor(
    async () => {
      const reports = (await cluster.reports()).filter(({ at }) => at >= since);
      return reports.length > 0 ? reports : undefined;
    },
    { what: 'a report', timeoutMs: recoveryMs },
  );
  expect(found.map(({ kind }) => kind)).toHaveLength(1);
  return cluster.report(found[0]?.id ?? '');
}

/** Does something that interrupts the client's writes, and compares the report of it with what the client saw. */
async function reportOf(
  client: WritingClient,
  flows: () => Promise<void>,
  blow: () => Promise<string>,
): Promise<ReportAnswer> {
  const since = new Date().toISOString();
  const sinceMs = instantMs();
  const on = await blow();
  await cluster.waitForService({ on, timeoutMs: recoveryMs });
  await flows();
  const report = await reportSince(since);
  const outages = await client.outages(50);
  const outage = outages
    .filter(({ untilMs }) => (untilMs ?? 0) > sinceMs)
    .toSorted((a, b) => b.lengthMs - a.lengthMs)[0];
  const told = JSON.stringify({ outage, report }, undefined, 1);
  const parts = reportPhases.map((phase) => report.phases[phase]);
  expect(Math.min(...parts), told).toBeGreaterThanOrEqual(0);
  expect(
    parts.reduce((sum, part) => sum + part, 0),
    told,
  ).toBe(report.totalMs);
  expect(report.outcome, told).toBe('in-service');
  expect(report.server, told).toBe(on);
  // Both clocks are this machine's: the report begins with a sign before the outage, and ends with the first query.
  const { fromMs = 0, untilMs = 0 } = outage ?? {};
  expect(report.instant, told).toBeGreaterThan(fromMs - signMs - slackMs);
  expect(report.instant, told).toBeLessThan(fromMs + slackMs);
  expect(report.instant + report.totalMs, told).toBeGreaterThan(untilMs - slackMs);
  expect(report.instant + report.totalMs, told).toBeLessThan(untilMs + slackMs);
  return report;
}

test('R-08 local recovery, switchover and power loss leave one report each that fits what the client saw, and explain foresees who takes over (B-02)', async () => {
  const owner = await ownerOf(cluster);
  await whileWriting(cluster, async ({ client, flows }) => {
    const repaired = await reportOf(client, flows, async () => {
      kill(...postgresOf(cluster, owner));
      return owner.name;
    });
    expect(repaired).toMatchObject({ kind: 'local-recovery', from: 'server1', server: 'server1' });

    const moved = await reportOf(client, flows, async () => {
      await owner.holdfast(['in-service', cluster.tags.postgresql, '--on', 'server2']);
      return 'server2';
    });
    expect(moved).toMatchObject({ kind: 'switchover', from: 'server1', server: 'server2' });
    expect(moved.phases.postgresql).toBeGreaterThan(0);

    const foreseen = await cluster.server('server2').api.explain(cluster.tags.volume);
    expect(foreseen.lastReport?.id).toBe(moved.id);
    const failedOver = await reportOf(client, flows, async () => {
      await cluster.server('server2').box.powerOff();
      return 'server1';
    });
    expect(failedOver).toMatchObject({ kind: 'failover', from: 'server2', cause: { code: 'lease-ended' } });
    expect(failedOver.server).toBe(foreseen.ifOwnerDied?.server);
    expect(foreseen.ifOwnerDied?.order.map(({ server }) => server)).toEqual(['server1', 'server3']);
    // Sanity only: an estimate of this machine's last start and of a lease that may end early or late.
    const estimateMs = foreseen.ifOwnerDied?.outage?.totalMs ?? 0;
    expect(failedOver.totalMs).toBeGreaterThan(estimateMs / 4);
    expect(failedOver.totalMs).toBeLessThan(estimateMs * 4);
    // The lease of the lost server had to end.
    expect(failedOver.phases.detection).toBeGreaterThan(cluster.profile.leaseTtlMs / 2);
  });
}, 120_000);
