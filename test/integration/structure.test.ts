import type { ChangeAnswer } from '@holdfast/contract';
import type { LabCluster } from '@holdfast/lab/cluster';
import type { LabServer } from '@holdfast/lab/lab-server';
import { ProgramError } from '@holdfast/lab/program';
import { userInfo } from 'node:os';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  createTestCluster,
  ownerOf,
  postmasterOf,
  recoveryMs,
  restoreOrder,
  whileWriting,
} from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster();
}, 120_000);
afterEach(() => restoreOrder(cluster), 120_000);
afterAll(() => cluster.dispose(), 60_000);

/** The answer of a change, as programs get it. */
async function change(server: LabServer, ...words: readonly string[]): Promise<ChangeAnswer> {
  return JSON.parse(await server.holdfast([...words, '-o', 'json'])) as ChangeAnswer;
}

/** The code of the error with which a command is refused. */
async function refusalOf(command: Promise<unknown>): Promise<string> {
  const error: unknown = await command.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProgramError)) throw new Error(`the command did not fail: ${String(error)}`);
  const text = `${error.result.stdout}${error.result.stderr}`;
  return /HF-[A-Z]+-\d+/.exec(text)?.[0] ?? text;
}

function extend(name: string): Promise<string> {
  const { tags, database } = cluster;
  const { volumeDevice } = cluster.server(name).box;
  const own = [
    `${tags.postgresql}.executables=${database.binDirectory}`,
    `${tags.postgresql}.account=${database.account?.name ?? userInfo().username}`,
    ...(volumeDevice === undefined ? [] : [`${tags.volume}.device=${volumeDevice}`]),
  ].flatMap((parameter) => ['--parameter', parameter]);
  return cluster.server('server1').holdfast(['extend', tags.postgresql, '--to', name, ...own]);
}

test('K-12 unextended and extended again under load: only that server loses it, and takes over again afterwards', async () => {
  const { tags } = cluster;
  const owner = await ownerOf(cluster);
  expect(owner.name).toBe('server1');
  const before = postmasterOf(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    expect(await refusalOf(owner.holdfast(['unextend', tags.postgresql, 'server1', '--force']))).toBe(
      'HF-HIER-028',
    );
    const rehearsal = await change(owner, 'unextend', tags.volume, 'server2', '--dry-run');
    expect(rehearsal.plan.map(({ act, server, tag }) => `${act} ${server} ${tag ?? ''}`)).toEqual([
      'record server2 ',
      `let-go server2 ${tags.postgresql}`,
      `let-go server2 ${tags.address}`,
      `let-go server2 ${tags.volume}`,
    ]);
    expect(rehearsal.findings.find(({ check }) => check === 'backup')?.outcome).toBe('warned');
    const done = await change(owner, 'unextend', tags.postgresql, 'server2');
    expect(Object.keys(done.hierarchy?.priorities ?? {})).toEqual(['server1']);
    expect(await refusalOf(owner.holdfast(['in-service', tags.postgresql, '--on', 'server2']))).toBe(
      'HF-HIER-004',
    );
    await extend('server2');
    await cluster.waitForServer('server2', recoveryMs);
    expect(postmasterOf(cluster, owner).pid).toBe(before.pid);
    await owner.holdfast(['in-service', tags.postgresql, '--on', 'server2']);
    await cluster.waitForService({ on: 'server2', timeoutMs: recoveryMs });
    await flows();
  });
}, 120_000);
