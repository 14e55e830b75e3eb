import type { StatusAnswer } from '@holdfast/contract';
import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { startDatabase } from '@holdfast/lab/database';
import { ProgramError } from '@holdfast/lab/program';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  createTestCluster,
  eventAfter,
  gone,
  instantMs,
  kill,
  otherThan,
  ownerOf,
  postgresOf,
  postmasterOf,
  recoveryMs,
  termOf,
  whileWriting,
} from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster();
}, 120_000);
/** What takes back what the test has set. */
const undo: (readonly string[])[] = [];
afterEach(async () => {
  for (const words of undo.splice(0)) await holdfast(...words);
  for (const { name, role } of cluster.servers) {
    await cluster.server(name).start();
    if (role === 'member') await cluster.waitForServer(name, recoveryMs);
  }
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

/** Gives a command on a server that is there. */
function holdfast(...words: readonly string[]): Promise<string> {
  const server = cluster.servers.find(({ box }) => box.state() === 'on');
  if (!server) throw new Error('no server is on');
  return server.holdfast(words);
}

function set(...options: readonly string[]): Promise<string> {
  return holdfast('set', cluster.tags.postgresql, ...options);
}

function setServer(name: string, option: string): Promise<string> {
  undo.push(['server', 'set', name, option, 'off']);
  return holdfast('server', 'set', name, option, 'on');
}

async function hierarchy(): Promise<StatusAnswer['hierarchies'][number]> {
  const [first] = (await cluster.status()).hierarchies;
  if (!first) throw new Error('the cluster has no hierarchy');
  return first;
}

/** Waits until the database is in this state on a server, by that server's own word. */
async function databaseIs(state: string, on: string): Promise<void> {
  const look = async (): Promise<string | undefined> => {
    const { resources } = await hierarchy();
    return resources.find(({ tag }) => tag === cluster.tags.postgresql)?.instances[on]?.state;
  };
  await waitFor(async () => (await look()) === state, {
    what: `the database ${state} on ${on}`,
    timeoutMs: recoveryMs,
    describe: async () => JSON.stringify(await hierarchy()),
  });
}

/** Lets more time pass than every candidate's turn takes: what would happen by itself has happened. */
async function nothingMoves(): Promise<void> {
  const until = instantMs() + cluster.profile.candidateDelayMs * 3;
  await waitFor(() => instantMs() >= until, { what: 'the time', timeoutMs: recoveryMs });
}

async function refusalOf(command: Promise<unknown>): Promise<string> {
  const error: unknown = await command.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProgramError)) throw new Error(`the command did not fail: ${String(error)}`);
  return `${error.result.stdout}${error.result.stderr}`;
}

test('H-05 automatic switchback: after a power loss it returns once the preferred server has been healthy', async () => {
  await set('--switchback', 'automatic', '--healthy', '2s');
  undo.push(['set', cluster.tags.postgresql, '--switchback', 'intelligent']);
  const since = instantMs();
  await whileWriting(cluster, async ({ flows }) => {
    await cluster.server('server1').box.powerOff();
    await cluster.waitForService({ on: 'server2', timeoutMs: recoveryMs });
    await flows();
    await cluster.server('server1').start();
    await cluster.waitForService({ on: 'server1', timeoutMs: recoveryMs });
    await flows();
  });
  await eventAfter(cluster, since, 'switchback-began', { to: 'server1' });
  await eventAfter(cluster, since, 'operation-ended', { state: 'done' });
}, 120_000);

test('R-07 in maintenance a dead postmaster is reported and not repaired, and the end of maintenance repairs it', async () => {
  const owner = await ownerOf(cluster);
  const term = await termOf(cluster);
  await whileWriting(cluster, async ({ flows }) => {
    await set('--maintenance', 'on');
    const since = instantMs();
    const postmaster = postmasterOf(cluster, owner);
    kill(postmaster);
    await gone(postmaster);
    await eventAfter(cluster, since, 'resource-failed', {});
    await databaseIs('failed', owner.name);
    await nothingMoves();
    expect(() => postmasterOf(cluster, owner)).toThrow('no postmaster');
    const { summary, owner: owned, warnings } = await hierarchy();
    expect({ summary, server: owned?.server, term: owned?.term }).toEqual({
      summary: 'failed',
      server: owner.name,
      term,
    });
    expect(warnings.map(({ code }) => code)).toContain('in-maintenance');
    const refused = await refusalOf(holdfast('in-service', cluster.tags.postgresql, '--on', 'server2'));
    expect(refused).toContain('HF-HIER-050');
    expect(refused).toContain('--maintenance off');
    await set('--maintenance', 'off');
    await cluster.waitForService({ on: owner.name, timeoutMs: recoveryMs });
    await flows();
  });
}, 120_000);

test('R-07 what a person starts by hand in maintenance is seen, and taken over running when maintenance ends', async () => {
  const owner = await ownerOf(cluster);
  await set('--maintenance', 'on');
  const before = postgresOf(cluster, owner);
  kill(...before);
  await databaseIs('failed', owner.name);
  await startDatabase(owner.box, cluster.database);
  await databaseIs('in-service', owner.name);
  const { pid } = postmasterOf(cluster, owner);
  const since = instantMs();
  await set('--maintenance', 'off');
  await eventAfter(cluster, since, 'restored', {});
  await cluster.waitForService({ on: owner.name, timeoutMs: recoveryMs });
  expect(postmasterOf(cluster, owner).pid).toBe(pid);
}, 120_000);

test('R-07 confirm failover: a power loss waits for an operator, and "in-service" confirms it', async () => {
  const lost = await ownerOf(cluster);
  const other = otherThan(cluster, lost);
  await setServer(lost.name, '--confirm-failover');
  await whileWriting(cluster, async ({ flows }) => {
    const since = instantMs();
    await lost.box.powerOff();
    await eventAfter(cluster, since, 'waiting-for-confirmation', { server: lost.name });
    await nothingMoves();
    const { owner, summary, warnings } = await hierarchy();
    expect({ owner, summary }).toEqual({ owner: null, summary: 'failed' });
    expect(warnings.map(({ code }) => code)).toContain('waiting-for-confirmation');
    expect(await other.holdfast(['explain', cluster.tags.postgresql])).toContain('holdfast in-service');
    await other.holdfast(['in-service', cluster.tags.postgresql]);
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
  });
}, 120_000);

test('R-07 block failover: what fails on a blocked server stays there, and nothing comes to one by itself', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  for (const { name } of [owner, other]) await setServer(name, '--block-failover');
  await set('--local-recovery', 'off', '--rest', '1s');
  await whileWriting(cluster, async ({ flows }) => {
    const since = instantMs();
    kill(postmasterOf(cluster, owner));
    await eventAfter(cluster, since, 'failover-blocked-here', { server: owner.name });
    await cluster.waitForService({ on: owner.name, timeoutMs: recoveryMs });
    await flows();
    await owner.box.powerOff();
    await eventAfter(cluster, since, 'server-lost', { server: owner.name });
    await nothingMoves();
    expect((await hierarchy()).owner).toBe(null);
    await other.holdfast(['in-service', cluster.tags.postgresql, '--on', other.name]);
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
  });
}, 120_000);
