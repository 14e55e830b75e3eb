import { afterEach, describe, expect, test } from 'vitest';
import { createServerBoxes } from './boxes.ts';
import {
  createDatabase,
  mountVolume,
  queryDatabase,
  startDatabase,
  stopDatabase,
  type LabDatabase,
} from './database.ts';
import { instantMs, waitFor } from './deadline.ts';
import type { ServerBox, ServerBoxes } from './server-box.ts';
import { availableModes } from './testing.ts';
import { findPort } from './ports.ts';
import { createTwoWritersDetector, type TwoWritersDetector } from './two-writers-detector.ts';
import type { DetectorReport } from './two-writers.ts';
import { createWritingClient, type ClientNotice, type WritingClient } from './writing-client.ts';

let boxes: ServerBoxes | undefined;
let detector: TwoWritersDetector | undefined;

afterEach(async () => {
  detector?.dispose();
  await boxes?.dispose();
  boxes = undefined;
});

const limits = { timeoutMs: 10_000 };

interface Plain {
  readonly boxes: ServerBoxes;
  readonly server1: ServerBox;
  readonly server2: ServerBox;
  readonly database: LabDatabase;
}

describe.each(await availableModes())('a plain PostgreSQL in mode %s', (mode) => {
  async function make(): Promise<Plain> {
    const lab = await createServerBoxes(mode, { servers: ['server1', 'server2'] });
    boxes = lab;
    const server1 = lab.server('server1');
    const database = await createDatabase(lab, { on: server1, port: await findPort(lab) });
    detector = createTwoWritersDetector(lab, { dataDirectory: database.dataDirectory });
    await bringUp(lab, server1, database);
    return { boxes: lab, server1, server2: lab.server('server2'), database };
  }

  async function bringUp(lab: ServerBoxes, server: ServerBox, database: LabDatabase): Promise<void> {
    await mountVolume(lab, server);
    await addAddress(lab, server);
    await startDatabase(server, database);
  }

  /** The detector's report after some more looks. */
  async function nextReport(looks: number): Promise<DetectorReport> {
    const end = ((await detector?.report())?.looks ?? 0) + looks;
    return waitFor(
      async () => {
        const report = await detector?.report();
        return report && report.looks >= end ? report : undefined;
      },
      { what: `${String(looks)} looks`, ...limits },
    );
  }

  async function addAddress(lab: ServerBoxes, server: ServerBox): Promise<void> {
    const { floatingAddress, prefix, networkDevice } = lab;
    const args = ['addr', 'add', `${floatingAddress}/${String(prefix)}`, 'dev', networkDevice];
    if (lab.network) await server.exec('/usr/sbin/ip', args, limits);
  }

  function startClient(lab: ServerBoxes, database: LabDatabase, notices: ClientNotice[] = []): WritingClient {
    return createWritingClient({
      client: lab.client,
      address: lab.floatingAddress,
      port: database.port,
      user: database.applicationUser,
      onNotice: (notice) => notices.push(notice),
    });
  }

  test('a client sees an outage as long as it is, and no row is lost or doubled over it', async () => {
    const { boxes: lab, server1, database } = await make();
    const notices: ClientNotice[] = [];
    const client = startClient(lab, database, notices);
    await client.waitForCommits(50, 10_000);
    const stoppedMs = instantMs();
    await stopDatabase(server1, database, 'immediate');
    await waitFor(() => notices.some(({ kind }) => kind === 'outage-began'), {
      what: 'the outage',
      ...limits,
    });
    const startedMs = instantMs();
    await startDatabase(server1, database);
    await client.waitForCommits(50, 10_000);
    const outage = (await client.outages(100)).find(({ untilMs }) => (untilMs ?? 0) > startedMs);
    expect(outage?.fromMs).toBeLessThan(startedMs);
    expect(outage?.untilMs).toBeGreaterThan(stoppedMs);
    expect(notices).toContainEqual({
      kind: 'outage-ended',
      fromMs: outage?.fromMs,
      untilMs: outage?.untilMs,
    });
    const verdict = await client.checkHistory();
    expect(verdict).toMatchObject({ lost: [], duplicated: [], invented: [], interleaved: [] });
    expect(verdict.committed).toBeGreaterThanOrEqual(100);
    expect(await detector?.report()).toMatchObject({ overlaps: [], frozenOverlaps: [], termRegressions: [] });
  });

  test('a client notices a row that vanished after it was acknowledged', async () => {
    const { boxes: lab, server1, database } = await make();
    const client = startClient(lab, database);
    await client.waitForCommits(20, 10_000);
    await queryDatabase(lab, server1, database, 'delete from holdfast_lab_writes where id between 5 and 9');
    const verdict = await client.checkHistory();
    expect(verdict).toMatchObject({ lost: [5, 6, 7, 8, 9], duplicated: [], invented: [] });
  });

  test('B-05 the detector sees a second writer that was started on purpose, and that it ended', async () => {
    const { server1, server2, database, boxes: lab } = await make();
    await mountVolume(lab, server2).catch(() => undefined);
    const ids = database.account ? { uid: database.account.uid, gid: database.account.gid } : {};
    const second = server2.run('/bin/sh', ['-c', `cd ${database.dataDirectory} && exec sleep 1000`], ids);
    const overlaps = await waitFor(
      async () => {
        const found = (await detector?.report())?.overlaps ?? [];
        return found.some(({ kind }) => kind === 'process') ? found : undefined;
      },
      { what: 'an overlap', ...limits, describe: async () => JSON.stringify(await detector?.report()) },
    );
    expect(overlaps[0]?.servers).toEqual(['server1', 'server2']);
    if (lab.volume.kind === 'device') expect(overlaps.map(({ kind }) => kind)).toContain('mount');
    second.signal('SIGKILL');
    await second.ended;
    await server2.powerOff();
    const ended = await nextReport(4);
    expect((await nextReport(4)).overlaps).toEqual(ended.overlaps);
    expect(server1.state()).toBe('on');
  });
});
