import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import type { LabServer } from '@holdfast/lab/lab-server';
import { ProgramError } from '@holdfast/lab/program';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { etcdLeader } from './etcd-calls.ts';
import {
  createTestCluster,
  daemonOf,
  etcdOf,
  guardOf,
  kill,
  otherThan,
  ownerOf,
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

test('R-05 power loss of the owner: the next server takes over, and the lost one comes back as a standby', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    await owner.box.powerOff();
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
    await owner.start();
    await cluster.waitForServer(owner.name, recoveryMs);
    expect((await ownerOf(cluster)).name).toBe(other.name);
  });
}, 120_000);

test('S3 a server that is frozen beyond its lease is reset by its watchdog before another one takes over', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    await owner.box.freeze();
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    expect(owner.box.state()).toBe('off');
    await flows();
  });
}, 120_000);

test('S3 kill -9 of guard and daemon for good: the watchdog resets the server, and another one takes over', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    owner.daemon.hold();
    kill(daemonOf(owner), guardOf(owner));
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    expect(owner.box.state()).toBe('off');
    await flows();
  });
}, 120_000);

test("S3 kill -9 of etcd's leader alone interrupts nothing: a member is started again", async () => {
  const owner = await ownerOf(cluster);
  const leader = cluster.server(await etcdLeader(cluster));
  const [before] = (await cluster.status()).hierarchies;
  await whileWriting(cluster, async ({ client }) => {
    kill(etcdOf(leader));
    await client.waitForCommits(400, recoveryMs);
    expect(await client.outages(1_500)).toEqual([]);
  });
  const [after] = (await cluster.status()).hierarchies;
  expect((await ownerOf(cluster)).name).toBe(owner.name);
  expect(after?.owner?.term).toBe(before?.owner?.term);
}, 120_000);

test("R-05 etcd's leader dies together with the owner: the next server takes over all the same", async () => {
  // The hierarchy is brought to wherever etcd's leader is, or its leader's server is lost with the owner.
  const leader = await etcdLeader(cluster);
  const owner = await ownerOf(cluster);
  const target = cluster.server(leader).role === 'member' ? leader : owner.name;
  if (owner.name !== target) {
    await owner.holdfast(['in-service', cluster.tags.postgresql, '--on', target]);
    await cluster.waitForService({ on: target, timeoutMs: recoveryMs });
  }
  const lost = cluster.server(target);
  const other = otherThan(cluster, lost);
  await whileWriting(cluster, async ({ flows }) => {
    if (leader !== target) kill(etcdOf(cluster.server(leader)));
    await lost.box.powerOff();
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
  });
}, 120_000);

test('S2 (needs root) the owner is cut off from the network: it stops before its lease ends, and another one takes over', async (context) => {
  if (!cluster.boxes.network)
    return context.skip('links can be cut in network namespaces only, which needs root');
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    await owner.box.cut();
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
    await owner.box.heal();
    await cluster.waitForServer(owner.name, recoveryMs);
    expect((await ownerOf(cluster)).name).toBe(other.name);
  });
}, 120_000);

test.each([
  ['the owner first', ['server1', 'server2']],
  ['the other one first', ['server2', 'server1']],
])(
  'R-05 all servers off and on again, %s: the hierarchy is in service on one of them',
  async (_name, order) => {
    await whileWriting(cluster, async ({ flows }) => {
      await Promise.all(cluster.servers.map(({ box }) => box.powerOff()));
      await cluster.server('witness').start();
      for (const name of order) await cluster.server(name).start();
      await cluster.waitForService({ timeoutMs: recoveryMs });
      await flows();
    });
  },
  180_000,
);

test('H-03 two switchovers at once: one is carried out, the other is refused', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    const command = ['in-service', cluster.tags.postgresql, '--on', other.name];
    const results = await Promise.allSettled([owner.holdfast(command), other.holdfast(command)]);
    const refused = results
      .filter((result) => result.status === 'rejected')
      .map(({ reason }) => reason as unknown);
    expect(refused.length).toBeLessThanOrEqual(1);
    for (const error of refused) {
      expect(error).toBeInstanceOf(ProgramError);
      expect(String(error)).toMatch(/HF-HIER-\d+/);
    }
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
    await waitFor(
      async () => (await cluster.status()).hierarchies.every(({ operation }) => operation === null),
      {
        what: 'the end of every operation',
        timeoutMs: recoveryMs,
      },
    );
  });
}, 120_000);

/** What a load balancer gets from a server: status and text of an address beside the API. */
async function look(
  server: LabServer,
  address: string,
  secret = '',
): Promise<{ status: number; text: string }> {
  const script = `
    const [host, port, ca, path, secret] = process.argv.slice(1);
    const headers = secret === '' ? {} : { authorization: 'Bearer ' + secret };
    require('node:https').get({ host, port, path, headers, ca: require('node:fs').readFileSync(ca) }, (answer) => {
      let text = '';
      answer.on('data', (part) => (text += part));
      answer.on('end', () => console.log(JSON.stringify({ status: answer.statusCode, text })));
    });`;
  const { state } = server.box.directories;
  const { servers } = await server.api.status();
  const port = servers.find(({ name }) => name === server.name)?.port;
  const where = [server.box.address, String(port), `${state}/pki/ca.crt`, address, secret];
  const { stdout } = await server.box.exec(process.execPath, ['-e', script, ...where], { timeoutMs: 20_000 });
  return JSON.parse(stdout) as { status: number; text: string };
}

test('U-04 the health address of a resource answers 200 only where it is in service', async () => {
  const address = '/health/in-service/pgsql';
  const statuses = async (): Promise<Record<string, number>> => {
    const found = [...cluster.servers.values()].map(async (one) => [
      one.name,
      (await look(one, address)).status,
    ]);
    return Object.fromEntries(await Promise.all(found)) as Record<string, number>;
  };
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  expect(await statuses()).toEqual({ [owner.name]: 200, [other.name]: 503, witness: 503 });
  await owner.holdfast(['in-service', 'pgsql', '--on', other.name]);
  expect(await statuses()).toEqual({ [owner.name]: 503, [other.name]: 200, witness: 503 });
  expect(await look(owner, '/health')).toMatchObject({ status: 200 });
  expect(await look(owner, '/health/in-service/nothing')).toMatchObject({ status: 404 });
}, 120_000);

test('U-04 metrics are for those who sign in, and say where each resource is in service', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  expect(await look(owner, '/metrics')).toMatchObject({ status: 401 });
  await owner.holdfast(['account', 'create', 'collector', '--password-stdin'], {
    input: 'a long passphrase',
  });
  const secret = (await owner.holdfast(['api-token', 'create', '--account', 'collector'])).trim();
  const { status, text } = await look(owner, '/metrics', secret);
  expect(status).toBe(200);
  expect(text).toMatch(/^holdfast_in_service\{hierarchy="pgsql",tag="pgsql"\} 1$/m);
  expect(text).toContain(`holdfast_hierarchy_owner{hierarchy="pgsql",server="${other.name}"} 0`);
}, 60_000);
