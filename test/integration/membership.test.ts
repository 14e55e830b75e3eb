import { waitFor } from '@holdfast/lab';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFolder, createServers, settleMs, type Servers } from './membership-testing.ts';

let servers: Servers;

beforeAll(async () => {
  servers = await createServers(['a', 'b', 'c', 'd']);
  await servers.found('a');
  await servers.join('b');
  await servers.join('c');
  await servers.settle();
  await createFolder(servers, 'a');
  await servers.server('a').holdfast(['extend', servers.tag, '--to', 'b', '--priority', '20']);
}, 180_000);
afterAll(() => servers.dispose(), 60_000);

/** Where the hierarchy is in service, once it is. */
async function waitForService(on: string): Promise<void> {
  await waitFor(
    async () => {
      const [first = ''] = servers.there;
      const status = await servers
        .server(first)
        .api.status()
        .catch(() => undefined);
      const [folder] = status?.hierarchies ?? [];
      return folder?.owner?.server === on && folder.summary !== 'failed';
    },
    { what: `the folder in service on ${on}`, timeoutMs: settleMs, everyMs: 50 },
  );
}

async function waitUntilPutAside(name: string): Promise<readonly string[]> {
  const { state } = servers.server(name).box.directories;
  await waitFor(
    () => !existsSync(path.join(state, 'server.json')) && existsSync(path.join(state, 'former')),
    {
      what: `the files of ${name} are put aside`,
      timeoutMs: settleMs,
    },
  );
  return await readdir(path.join(state, 'former'));
}

/** Neither daemon nor guard nor etcd member. */
async function waitForNothing(name: string): Promise<void> {
  const { box } = servers.server(name);
  await waitFor(() => box.processes().length === 0, {
    what: `the end of everything on ${name}`,
    timeoutMs: settleMs,
    describe: () =>
      box
        .processes()
        .map((one) => one.name)
        .join(', '),
  });
}

test('C-01 leave is refused with what stands against it, and a dry run shows what would be done', async () => {
  expect(await servers.ask('b', 'leave')).toBe('HF-CLUSTER-050');
  expect(await servers.ask('a', 'leave', '--force', '--dry-run')).toContain('give up its vote in etcd');
  expect(await servers.ask('a', 'server', 'remove', 'b')).toBe('HF-CLUSTER-052');
  expect(await servers.ask('b', 'server', 'remove', 'a', '--force')).toBe('HF-CLUSTER-053');
  expect(await servers.ask('a', 'token', '--replace', 'b')).toBe('HF-CLUSTER-052');
  expect(await servers.ask('a', 'server', 'remove', 'nobody')).toBe('HF-HIER-005');
  expect(await servers.members()).toEqual(['a', 'b', 'c']);
}, 120_000);

test('C-01 a server leaves: nothing of it stays, and it can join again', async () => {
  servers.server('c').daemon.hold();
  const answer = await servers.ask('c', 'leave', '-o', 'json');
  expect(JSON.parse(answer)).toMatchObject({ server: 'c', dryRun: false });
  servers.there.delete('c');
  expect(await waitUntilPutAside('c')).toHaveLength(1);
  await waitForNothing('c');
  const status = await servers.settle();
  expect(status.servers.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(await servers.members()).toEqual(['a', 'b']);
  await servers.join('c');
  expect((await servers.settle()).servers.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
}, 180_000);

test('C-01 a dead server is taken out, and when it comes back it starts nothing', async () => {
  await waitForService('a');
  await servers.powerOff('a');
  await waitForService('b');
  expect(await servers.ask('b', 'server', 'remove', 'a', '--dry-run')).toContain(servers.tag);
  expect(await servers.ask('b', 'server', 'remove', 'a')).not.toMatch(/^HF-/);
  const status = await servers.settle();
  expect(status.servers.map(({ name }) => name)).toEqual(['b', 'c']);
  expect(status.hierarchies[0]?.priorities).toEqual({ b: 20 });

  const back = servers.server('a');
  await back.box.powerOn();
  expect(await servers.ask('a', 'run')).toBe('HF-CLUSTER-056');
  await waitUntilPutAside('a');
  await waitForNothing('a');
  expect(await servers.members()).toEqual(['b', 'c']);
  await servers.join('a', { via: 'b' });
  expect((await servers.settle()).servers).toHaveLength(3);
}, 180_000);

test('C-01 a new machine takes the place of a dead server, with everything that is set for it', async () => {
  await servers.server('b').holdfast(['server', 'set', 'a', '--block-failover', 'on']);
  await servers.server('b').holdfast(['extend', servers.tag, '--to', 'a', '--priority', '7']);
  await servers.powerOff('a');
  const { box } = servers.server('a');
  await waitFor(async () => (await servers.ask('b', 'token', '--replace', 'a')).length > 100, {
    what: 'the end of the lease of a',
    timeoutMs: settleMs,
    everyMs: 500,
  });
  // Another machine: nothing of the old one is there.
  await box.powerOn();
  await rename(box.directories.state, `${box.directories.state}.old`);
  await mkdir(box.directories.state, { mode: 0o700 });
  await servers.join('a', { via: 'b', token: ['--replace', 'a'] });
  const status = await servers.settle();
  expect(status.hierarchies[0]?.priorities).toEqual({ a: 7, b: 20 });
  expect(status.servers.find(({ name }) => name === 'a')).toMatchObject({
    blockFailover: true,
    etcd: 'voter',
  });
  expect(await servers.members()).toEqual(['a', 'b', 'c']);
}, 180_000);

/** What another server and etcd know of `name`, in the order in which it comes about when it joins. */
async function stageOf(name: string): Promise<number> {
  const status = await servers
    .server('b')
    .api.status()
    .catch(() => undefined);
  const found = status?.servers.find((one) => one.name === name);
  if (!status || !found) return 0;
  if (found.etcd === 'client') return 1;
  const members = await servers.members();
  return found.etcd === 'voter' ? 4 : members.length > 3 ? 3 : 2;
}

/** Power off as soon as a deed has come that far, or further; what the deed says of it is of no interest. */
async function cutOff(name: string, deed: Promise<unknown>, isThere: () => Promise<boolean>): Promise<void> {
  const ended = deed.then(
    () => undefined,
    () => undefined,
  );
  await waitFor(isThere, { what: `the moment to kill ${name}`, timeoutMs: settleMs, everyMs: 1 });
  await servers.powerOff(name);
  await ended;
}

test.each([
  { when: 'it is registered', joining: 1, leaving: 4, then: 'it has given its vote back' },
  { when: 'it has a member without a vote', joining: 3, leaving: 2, then: 'etcd has no member of it' },
  { when: 'it has its vote', joining: 4, leaving: 1, then: 'it is no longer of the configuration' },
])(
  'S8 C-01 power loss of a server that joins once $when, and when it leaves once $then: the next start finishes it or takes it back',
  async ({ joining, leaving }) => {
    await cutOff('d', servers.join('d', { via: 'b' }), async () => (await stageOf('d')) >= joining);
    const { box } = servers.server('d');
    await box.powerOn();
    // It may have died before it knew that it had been let in: then it joins once more.
    if (existsSync(path.join(box.directories.state, 'server.json'))) await servers.start('d');
    else await servers.join('d', { via: 'b' });
    const joined = await servers.settle();
    expect(joined.servers.find(({ name }) => name === 'd')).toMatchObject({ etcd: 'voter' });
    expect(await servers.members()).toEqual(['a', 'b', 'c', 'd']);

    servers.server('d').daemon.hold();
    await cutOff('d', servers.ask('d', 'leave'), async () => (await stageOf('d')) < leaving);
    await box.powerOn();
    if ((await stageOf('d')) > 0) {
      await servers.start('d');
      expect((await servers.settle()).servers.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
      servers.server('d').daemon.hold();
      expect(await servers.ask('d', 'leave')).not.toMatch(/^HF-/);
      servers.there.delete('d');
    } else await servers.ask('d', 'run');
    await waitUntilPutAside('d');
    await waitForNothing('d');
    expect((await servers.settle()).servers.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(await servers.members()).toEqual(['a', 'b', 'c']);
  },
  180_000,
);
