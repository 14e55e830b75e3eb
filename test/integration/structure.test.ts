import type { ChangeAnswer } from '@holdfast/contract';
import { queryDatabase, waitFor } from '@holdfast/lab';
import { createFurtherDatabase, startDatabase, stopDatabase } from '@holdfast/lab/database';
import { findFreePort } from '@holdfast/lab/ports';
import type { LabCluster } from '@holdfast/lab/cluster';
import type { LabServer } from '@holdfast/lab/lab-server';
import { ProgramError } from '@holdfast/lab/program';
import { readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  createTestCluster,
  daemonOf,
  gone,
  kill,
  otherThan,
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

/** The hierarchies as programs see them: id, and the tags of its resources. */
async function structureOf(): Promise<Readonly<Record<string, readonly string[]>>> {
  const { hierarchies } = await cluster.status();
  return Object.fromEntries(
    hierarchies.map(({ id, resources }) => [id, resources.map(({ tag }) => tag).sort()]),
  );
}

/** Gives a command again until the cluster has come to rest and takes it. */
async function untilTaken(server: LabServer, ...words: readonly string[]): Promise<void> {
  let problem = '';
  const attempt = (): Promise<boolean> =>
    server.holdfast(words).then(
      () => true,
      (error: unknown) => {
        problem = String(error);
        return false;
      },
    );
  await waitFor(attempt, { what: words.join(' '), timeoutMs: recoveryMs, describe: () => problem });
}

test('H-02 parted and joined again under load: two hierarchies and one, without a stop and without a lost write', async () => {
  const { tags } = cluster;
  const owner = await ownerOf(cluster);
  const before = postmasterOf(cluster, owner);
  await whileWriting(cluster, async ({ client, flows }) => {
    const rehearsal = await change(owner, 'dependency', 'remove', tags.postgresql, tags.address, '--dry-run');
    expect(rehearsal.findings.map(({ reason }) => reason.code)).toEqual([
      'hierarchy-becomes-two',
      'goes-on-running',
    ]);
    expect(rehearsal.plan.map(({ act }) => act)).toEqual(['record', 'record', 'adopt', 'adopt', 'adopt']);
    await owner.holdfast(['dependency', 'remove', tags.postgresql, tags.address]);
    expect(await structureOf()).toEqual({
      [tags.postgresql]: [tags.postgresql, tags.volume].sort(),
      [tags.address]: [tags.address],
    });
    await cluster.waitForService({ on: owner.name, timeoutMs: recoveryMs });
    await flows();
    expect(await refusalOf(owner.holdfast(['dependency', 'add', tags.volume, tags.postgresql]))).toBe(
      'HF-HIER-015',
    );
    await untilTaken(otherThan(cluster, owner), 'dependency', 'add', tags.postgresql, tags.address);
    expect(Object.keys(await structureOf())).toEqual([tags.postgresql]);
    await cluster.waitForService({ on: owner.name, timeoutMs: recoveryMs });
    await flows();
    expect(await client.outages(1_000)).toEqual([]);
  });
  expect(postmasterOf(cluster, owner).pid).toBe(before.pid);
}, 120_000);

test('H-01 two administrators at once on two servers: each change is made wholly or refused, and none is lost', async () => {
  const { postgresql, address } = cluster.tags;
  const [first, second] = [cluster.server('server1'), cluster.server('server2')];
  await whileWriting(cluster, async () => {
    const asked = await Promise.allSettled([
      first.holdfast(['dependency', 'remove', postgresql, address]),
      second.holdfast(['set', postgresql, '--attempts', '7']),
      first.holdfast(['set', postgresql, '--rest', '3m']),
      second.holdfast(['set', postgresql, '--priority', 'server2=77']),
    ]);
    const [parted, attempts, rest, priority] = asked.map(({ status }) => status === 'fulfilled');
    const refused = asked.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    expect(refused.filter((text) => !/HF-(HIER|STORE)-\d+/.test(text))).toEqual([]);
    const { hierarchies } = await cluster.status();
    const { hierarchy: database } = await change(first, 'set', postgresql, '--attempts', '1', '--dry-run');
    if (attempts) expect(database?.recovery.attempts).toBe(7);
    if (rest) expect(database?.recovery.restMs).toBe(180_000);
    if (priority) expect(database?.priorities['server2']).toBe(77);
    expect(hierarchies.length).toBe(parted ? 2 : 1);
    if (parted) await untilTaken(first, 'dependency', 'add', postgresql, address);
    await cluster.waitForService({ timeoutMs: recoveryMs });
  });
}, 120_000);

/** What a server has on record as being in its care. */
function careOf(server: LabServer): readonly string[] {
  return readdirSync(path.join(server.box.directories.state, 'care')).filter((name) =>
    name.endsWith('.json'),
  );
}

test('K-12 H-07 unextended while its daemon is dead: it lets go when it is back, and is extended again', async () => {
  const { tags } = cluster;
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await waitFor(() => careOf(other).length === 3, { what: 'its care', timeoutMs: recoveryMs });
  await whileWriting(cluster, async ({ flows }) => {
    await other.box.powerOff();
    await untilTaken(owner, 'unextend', tags.postgresql, other.name, '--force');
    expect(careOf(other).length).toBe(3);
    await other.start();
    await waitFor(() => careOf(other).length === 0, { what: 'the server to let go', timeoutMs: recoveryMs });
    await flows();
    await extend(other.name);
    expect(careOf(other).length).toBe(3);
    await cluster.waitForServer(other.name, recoveryMs);
  });
}, 120_000);

test('H-07 kill -9 of both daemons in the middle of an extension: it is finished or undone at their next start', async () => {
  const { tags } = cluster;
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await owner.holdfast(['unextend', tags.postgresql, other.name]);
  expect(careOf(other)).toEqual([]);
  await whileWriting(cluster, async () => {
    const extending = extend(other.name).catch(() => undefined);
    await waitFor(() => careOf(other).length > 0, {
      what: 'the first trace',
      timeoutMs: recoveryMs,
      everyMs: 1,
    });
    const daemons = [daemonOf(owner), daemonOf(other)];
    kill(...daemons);
    for (const daemon of daemons) await gone(daemon);
    await extending;
    for (const server of [owner, other]) await server.waitForDaemon(recoveryMs);
    await waitFor(() => careOf(other).length === 3, {
      what: 'all to be in care',
      timeoutMs: recoveryMs,
      describe: () => careOf(other).join(' '),
    });
    await cluster.waitForServer(other.name, recoveryMs);
  });
}, 120_000);

test('K-25 K-07 a second database cluster on the protected volume joins its hierarchy, moves with it, and is deleted alone', async () => {
  const { boxes, database, tags } = cluster;
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  const before = postmasterOf(cluster, owner);
  const second = await createFurtherDatabase(boxes, database, {
    on: owner.box,
    port: boxes.network ? database.port + 1 : await findFreePort(),
    name: 'second',
  });
  await startDatabase(owner.box, second);
  const [port, directory] = [String(second.port), second.dataDirectory];
  const parameters = ['--port', port, '--data-directory', directory, '--executables', second.binDirectory];
  await whileWriting(cluster, async ({ client, flows }) => {
    const made = await change(owner, 'create', 'postgresql', '--tag', 'second', ...parameters);
    expect(made.findings.find(({ check }) => check === 'joins')?.reason.facts['hierarchy']).toBe(
      tags.postgresql,
    );
    expect(Object.values(await structureOf())).toEqual([
      [tags.postgresql, tags.volume, tags.address, 'second'].sort(),
    ]);
    await cluster.waitForService({ on: owner.name, timeoutMs: recoveryMs });
    expect(await client.outages(1_000)).toEqual([]);
    expect(postmasterOf(cluster, owner).pid).toBe(before.pid);
    await cluster.waitForServer(other.name, recoveryMs);
    await owner.holdfast(['in-service', 'second', '--on', other.name]);
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    const [row] = await queryDatabase(boxes, other.box, second, 'select 1 as answer');
    expect(row?.['answer']).toBe(1);
    await flows();
    const moved = postmasterOf(cluster, other);
    await other.holdfast(['delete', 'second']);
    expect(Object.values(await structureOf())).toEqual([[tags.postgresql, tags.volume, tags.address].sort()]);
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
    expect(postmasterOf(cluster, other).pid).toBe(moved.pid);
    const [still] = await queryDatabase(boxes, other.box, second, 'select 1 as answer');
    expect(still?.['answer']).toBe(1);
    await stopDatabase(other.box, second, 'fast');
  });
}, 180_000);
