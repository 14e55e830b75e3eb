import type { ImportAnswer, StatusAnswer } from '@holdfast/contract';
import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { joinServers } from '@holdfast/lab/cluster-setup';
import { passwordFileName, type LabServer } from '@holdfast/lab/lab-server';
import { ProgramError } from '@holdfast/lab/program';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestCluster, recoveryMs, whileWriting } from './testing.ts';

let cluster: LabCluster;
let server1: LabServer;

beforeAll(async () => {
  cluster = await createTestCluster();
  server1 = cluster.server('server1');
  await cluster.waitForService({ on: 'server1', timeoutMs: recoveryMs });
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

function imported(text: string, ...options: readonly string[]): Promise<ImportAnswer> {
  const command = ['import', '-', '-o', 'json', ...options];
  return server1.holdfast(command, { input: text }).then((answer) => JSON.parse(answer) as ImportAnswer);
}

test('C-11 what a cluster exports is no difference to it, and a bad file changes nothing', async () => {
  const text = await server1.holdfast(['export']);
  expect(await imported(text)).toMatchObject({ differences: [], next: [] });
  const bad = text
    .replace('attempts: 2', 'attempts: many')
    .replace('maintenance: false', 'maintenance: true');
  const error: unknown = await imported(bad).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ProgramError);
  expect((error as ProgramError).result.stdout).toContain('HF-CFG-020');
  expect(await imported(text, '--dry-run')).toMatchObject({ differences: [] });
}, 60_000);

test('C-11 many properties change at once while a client writes', async () => {
  const text = await server1.holdfast(['export']);
  const changed = text
    .replace('attempts: 2', 'attempts: 4')
    .replace('deepEveryMs: 15000', 'deepEveryMs: 20000');
  await whileWriting(cluster, async () => {
    const { differences } = await imported(changed);
    expect(differences.map(({ command }) => command)).toEqual([
      `holdfast set ${cluster.tags.postgresql} --attempts 4`,
      expect.stringContaining('--deep-check 20000ms'),
    ]);
  });
  expect(await imported(changed, '--dry-run')).toMatchObject({ differences: [] });
}, 90_000);

/** Takes everything away that Holdfast had on a server, but the password file that an administrator made. */
async function loseState({ box }: LabServer): Promise<void> {
  await box.powerOff();
  await box.powerOn();
  const folder = box.seenFromOutside(box.directories.state);
  for (const name of readdirSync(folder).filter((one) => one !== passwordFileName))
    rmSync(path.join(folder, name), { recursive: true });
}

test('C-11 K-13 S4 after the loss of every etcd member the file brings the cluster back, with every row', async () => {
  await whileWriting(cluster, async () => {
    const text = await server1.holdfast(['export']);
    for (const server of cluster.servers) await loseState(server);
    const [first, ...others] = cluster.servers;
    if (!first) throw new Error('there is no server');
    const { mode } = cluster.boxes;
    const surroundings = { boxes: cluster.boxes, servers: cluster.servers, tell: () => undefined };
    await joinServers({ ...surroundings, options: { mode, profile: 'test' } }, first, others);
    const pgsql = cluster.tags.postgresql;
    const plan = await imported(text, '--dry-run');
    expect(plan.next).toEqual([`holdfast in-service ${pgsql}`]);
    expect(plan.differences.map(({ field }) => field)).toEqual([`hierarchies.${pgsql}`]);
    expect((await cluster.status()).hierarchies).toEqual([]);
    await imported(text);
    expect(await imported(text)).toMatchObject({ differences: [] });
    await waitFor(async () => isReady(await cluster.status()), {
      what: 'both servers to have it in their care',
      timeoutMs: recoveryMs,
      describe: async () => JSON.stringify((await cluster.status()).hierarchies),
    });
    await first.holdfast(['in-service', pgsql, '--on', 'server1']);
    await cluster.waitForService({ on: 'server1', timeoutMs: recoveryMs });
  });
  await whileWriting(cluster, async ({ flows }) => {
    await server1.holdfast(['in-service', cluster.tags.postgresql, '--on', 'server2']);
    await cluster.waitForService({ on: 'server2', timeoutMs: recoveryMs });
    await flows();
  });
}, 240_000);

/** Out of service everywhere, by the word of each server. */
function isReady({ hierarchies }: StatusAnswer): boolean {
  const states = hierarchies.flatMap(({ resources }) =>
    resources.flatMap(({ instances }) => Object.values(instances).map((one) => one?.state)),
  );
  return states.length > 0 && states.every((state) => state === 'standby');
}
