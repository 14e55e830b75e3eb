import type { PathsAnswer } from '@holdfast/contract';
import { waitFor, type CutDirection } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { whyNoNamespaces } from '@holdfast/lab/namespace-boxes';
import type { LabServer } from '@holdfast/lab/lab-server';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { etcdLeader } from './etcd-calls.ts';
import {
  createTestCluster,
  etcdOf,
  eventAfter,
  instantMs,
  otherThan,
  ownerOf,
  recoveryMs,
  restoreOrder,
  signalAll,
  termOf,
  whileWriting,
} from './testing.ts';

/** The servers' networks, by the place of their address: etcd's members begin with the first one. */
const networks = [0, 1] as const;
type Network = (typeof networks)[number];
/** Short, so that the tests need not wait for paths to die. */
const quick = { intervalMs: 200, misses: 3 };
/** Between two writes that are acknowledged, whatever is cut. */
const longestGapMs = 1_500;
/** About eight seconds of a client that is not disturbed: longer than etcd's members need to change to another network. */
const commitsMeanwhile = 1_200;

/** etcd's members reach each other at this port; their clients have another one. */
const dropPeerTraffic = `
table inet peers {
  chain input { type filter hook input priority 0; tcp dport 2380 drop; tcp sport 2380 drop; }
  chain output { type filter hook output priority 0; tcp dport 2380 drop; tcp sport 2380 drop; }
}
`;

async function filter({ box }: LabServer, rules: string): Promise<void> {
  const { code, stderr } = await box.exec('/usr/sbin/nft', ['-f', '-'], {
    timeoutMs: 10_000,
    input: `${rules}\n`,
  });
  if (code !== 0) throw new Error(`nft: ${stderr}`);
}

const why = await whyNoNamespaces();

describe.skipIf(why !== undefined)(`two networks (needs root)`, () => {
  let cluster: LabCluster;

  beforeAll(async () => {
    cluster = await createTestCluster({ mode: 'namespaces', profile: 'fast', networks: 3 });
    await setIntervals(quick);
  }, 120_000);
  afterEach(async () => {
    for (const { box } of cluster.servers) if (box.state() === 'on') await box.heal();
    await restoreOrder(cluster);
    await allAlive();
  }, 120_000);
  afterAll(() => cluster?.dispose(), 60_000);

  function first(): LabServer {
    return cluster.server('server1');
  }

  async function setIntervals({ intervalMs, misses }: typeof quick): Promise<void> {
    const { paths } = await listPaths();
    const properties = ['--interval', `${intervalMs}ms`, '--misses', String(misses)];
    for (const { id } of paths) await first().holdfast(['path', 'set', id, ...properties]);
  }

  async function listPaths(): Promise<PathsAnswer> {
    return JSON.parse(await first().holdfast(['path', 'list', '-o', 'json'])) as PathsAnswer;
  }

  async function allAlive(): Promise<void> {
    await waitFor(
      async () => {
        const { paths } = await listPaths();
        return (
          paths.length === 6 &&
          paths.every(({ views }) => Object.values(views).every((view) => view?.state === 'alive'))
        );
      },
      { what: 'every path alive', timeoutMs: recoveryMs, everyMs: 100, describe: describePaths },
    );
  }

  async function describePaths(): Promise<string> {
    const { paths } = await listPaths();
    return JSON.stringify(paths.map(({ id, views }) => [id, views]));
  }

  /** How often each path of a server has died, as that server counts. */
  async function flapsOf({ name }: LabServer): Promise<ReadonlyMap<string, number>> {
    const { paths } = await listPaths();
    return new Map(
      paths.flatMap(({ id, views }) => {
        const view = views[name];
        return view ? [[id, view.flaps] as const] : [];
      }),
    );
  }

  async function pathsOn(network: Network, { name }: LabServer, state: 'dead'): Promise<void> {
    await waitFor(
      async () => {
        const { paths } = await listPaths();
        const own = paths.filter(({ id, views }) => name in views && id.endsWith(`.${network + 1}`));
        return own.every(({ views }) => Object.values(views).every((view) => view?.state === state));
      },
      { what: `paths of ${name} to be ${state}`, timeoutMs: recoveryMs, describe: describePaths },
    );
  }

  async function cut(servers: readonly LabServer[], network: Network, direction: CutDirection = 'both') {
    await Promise.all(servers.map(({ box }) => box.cut(direction, network)));
  }

  async function heal(servers: readonly LabServer[], network: Network): Promise<void> {
    await Promise.all(servers.map(({ box }) => box.heal(network)));
  }

  /** Cuts while a client writes, and waits until the paths have told; the hierarchy must stay where it is, in its term. */
  async function staysThrough(
    what: string,
    act: () => Promise<void>,
    undo: () => Promise<void>,
    { alarm }: { readonly alarm: boolean } = { alarm: true },
  ): Promise<void> {
    const owner = await ownerOf(cluster);
    const term = await termOf(cluster);
    await whileWriting(cluster, async ({ client }) => {
      const since = instantMs();
      await act();
      if (alarm) await eventAfter(cluster, since, 'path-dead');
      await client.waitForCommits(commitsMeanwhile, recoveryMs);
      const gaps = (await client.outages(20)).map(({ lengthMs }) => lengthMs);
      await undo();
      await allAlive();
      console.log(`${what}: longest gap between writes ${Math.max(0, ...gaps).toFixed(0)} ms`);
      expect((await client.outages(longestGapMs)).map(({ lengthMs }) => lengthMs)).toEqual([]);
    });
    expect((await ownerOf(cluster)).name).toBe(owner.name);
    expect(await termOf(cluster)).toBe(term);
  }

  test.each(networks)(
    'C-02 one of two networks of the owner is cut (%i): a warning and nothing else',
    async (network) => {
      const owner = await ownerOf(cluster);
      await staysThrough(
        `network ${network} of the owner`,
        async () => {
          await cut([owner], network);
          await waitFor(
            async () => {
              const { servers } = await first().api.status();
              return servers.every(
                ({ state, reason }) => state === 'warning' && reason?.code === 'path-dead',
              );
            },
            {
              what: 'a warning of each server',
              timeoutMs: recoveryMs,
              describe: async () => JSON.stringify((await first().api.status()).servers),
            },
          );
        },
        () => heal([owner], network),
      );
      const { servers } = await first().api.status();
      expect(servers.map(({ state }) => state)).toEqual(['alive', 'alive', 'alive']);
    },
    180_000,
  );

  test('C-02 C-06 both networks of the owner are cut: it stops in time, and another one takes over', async () => {
    const owner = await ownerOf(cluster);
    const other = otherThan(cluster, owner);
    await whileWriting(cluster, async ({ flows }) => {
      for (const network of networks) await cut([owner], network);
      await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
      await flows();
    });
  }, 180_000);

  test.each(['in', 'out'] as const)(
    'C-02 the owner is cut one way (%s) on one network: a warning and nothing else',
    async (direction) => {
      const owner = await ownerOf(cluster);
      await staysThrough(
        `one way (${direction})`,
        () => cut([owner], 0, direction),
        () => heal([owner], 0),
      );
    },
    180_000,
  );

  test('C-02 the owner is cut one way on both networks: another one takes over', async () => {
    const owner = await ownerOf(cluster);
    const other = otherThan(cluster, owner);
    await whileWriting(cluster, async ({ flows }) => {
      for (const network of networks) await cut([owner], network, 'out');
      await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
      await flows();
    });
  }, 180_000);

  test("C-02 the server of etcd's leader is cut off one network: a warning and nothing else", async () => {
    const leader = cluster.server(await etcdLeader(cluster));
    await staysThrough(
      `network 0 of etcd's leader (${leader.name})`,
      () => cut([leader], 0),
      () => heal([leader], 0),
    );
  }, 180_000);

  test('C-02 a network that comes and goes is counted, and moves nothing', async () => {
    const owner = await ownerOf(cluster);
    const before = await flapsOf(owner);
    await staysThrough(
      'a flapping network',
      async () => {
        for (let flap = 1; flap <= 4; flap += 1) {
          await cut([owner], 0);
          await pathsOn(0, owner, 'dead');
          await heal([owner], 0);
          await allAlive();
        }
        await cut([owner], 0);
      },
      () => heal([owner], 0),
    );
    const after = await flapsOf(owner);
    for (const [id, flaps] of after) expect(flaps - (before.get(id) ?? 0)).toBe(id.endsWith('.1') ? 5 : 0);
  }, 180_000);

  test('C-06 the etcd member of the owner is frozen: its renewals go to others', async () => {
    const member = etcdOf(await ownerOf(cluster));
    await staysThrough(
      "the owner's member frozen",
      () => Promise.resolve(signalAll([member], 'SIGSTOP')),
      () => Promise.resolve(signalAll([member], 'SIGCONT')),
      { alarm: false },
    );
  }, 180_000);

  test('C-06 the etcd member of the owner answers but is cut off from its peers: renewals go to others', async () => {
    const owner = await ownerOf(cluster);
    await staysThrough(
      "the owner's member behind",
      () => filter(owner, dropPeerTraffic),
      () => filter(owner, 'delete table inet peers'),
      { alarm: false },
    );
  }, 180_000);

  test('C-02 C-08 each of two networks is cut for all servers at once under load, lease 2 s: writes go on', async () => {
    await setIntervals({ intervalMs: 1_000, misses: 5 });
    const load = [1, 2, 3].map(() => cluster.createClient());
    const since = instantMs();
    try {
      for (const network of networks)
        await staysThrough(
          `network ${network} of all servers`,
          () => cut(cluster.servers, network),
          () => heal(cluster.servers, network),
        );
    } finally {
      await Promise.all(load.map((client) => client.dispose()));
      await setIntervals(quick);
    }
    // etcd's members used one of the two, so one of the cuts took their majority for several leases.
    await eventAfter(cluster, since, 'failsafe-began');
    await eventAfter(cluster, since, 'failsafe-ended');
  }, 240_000);
});
