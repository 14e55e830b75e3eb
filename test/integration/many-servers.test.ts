import { afterAll, beforeAll, expect, test } from 'vitest';
import { createServers, type Servers } from './membership-testing.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
let servers: Servers;

beforeAll(async () => {
  servers = await createServers(names);
  await servers.found('a');
  for (const name of names.slice(1)) {
    await servers.join(name, { via: 'a' });
    await servers.settle();
  }
}, 240_000);
afterAll(() => servers.dispose(), 60_000);

test('C-01 of six servers five vote, and all come up from cold in any order, or a majority of the voters alone', async () => {
  expect(await servers.members()).toEqual(['a', 'b', 'c', 'd', 'e']);
  for (const order of [
    ['f', 'e', 'd', 'c', 'b', 'a'],
    ['f', 'b', 'd', 'e'],
  ]) {
    await Promise.all(names.map((name) => servers.powerOff(name)));
    for (const name of order) await servers.start(name);
    const status = await servers.settle();
    const living = status.servers.filter(({ lease }) => lease === 'good').map(({ name }) => name);
    expect(living).toEqual(order.toSorted());
    expect(status.servers.find(({ name }) => name === 'f')).toMatchObject({ etcd: 'client' });
  }
  for (const name of ['a', 'c']) await servers.start(name);
  await servers.settle();
}, 180_000);

test('C-01 when a voter leaves, the server that had no vote gets it', async () => {
  servers.server('c').daemon.hold();
  expect(await servers.ask('c', 'leave')).not.toMatch(/^HF-/);
  servers.there.delete('c');
  const status = await servers.settle();
  expect(status.servers.map(({ name }) => name)).toEqual(['a', 'b', 'd', 'e', 'f']);
  expect(await servers.members()).toEqual(['a', 'b', 'd', 'e', 'f']);
}, 120_000);
