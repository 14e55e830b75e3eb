import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { startServerProcess, type Place, type ServerProcess } from './testing-process.ts';
import { pathBetween, pickNetwork, pickPort, portsOf, startServer, until } from './testing.ts';

const run = promisify(execFile);
const ip = '/usr/sbin/ip';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** As {@link startServerProcess}; it ends with the test. */
async function startProcess(...how: Parameters<typeof startServerProcess>): Promise<ServerProcess> {
  const started = await startServerProcess(...how);
  cleanups.push(started.end);
  return started;
}

describe('a frozen server', () => {
  test.each(['a', 'c'])(
    'C-02 as server %s: its paths die without a word from it, and live when it goes on',
    async (name) => {
      const at = pickNetwork();
      const b = await startServer({ name: 'b', addresses: [at(2)] });
      cleanups.push(() => b.close());
      const other: Place = { name, addresses: [at(1)], port: await pickPort(at(1)) };
      const paths = [pathBetween(other, b)];
      const ports = portsOf(other, b);
      b.keeper.setPaths(paths, ports);
      const server = await startProcess(other, { paths, ports: [...ports] });
      const state = () => b.keeper.states()[0]?.state;
      await until(
        'path alive',
        () => state() === 'alive',
        () => b.keeper.states(),
      );

      const frozenAt = performance.now();
      server.process.kill('SIGSTOP');
      await until(
        'path dead',
        () => state() === 'dead',
        () => b.keeper.states(),
      );
      const tookMs = performance.now() - frozenAt;
      expect(tookMs).toBeGreaterThan(300);
      expect(tookMs).toBeLessThan(2_500);
      await expect(b.keeper.request(name, 'echo', 1, { timeoutMs: 1_000 })).rejects.toMatchObject({
        sent: false,
      });

      server.process.kill('SIGCONT');
      await until(
        'path alive again',
        () => state() === 'alive',
        () => b.keeper.states(),
      );
      await until(
        'request answered',
        async () => await asks(b.keeper.request(name, 'echo', 1, { timeoutMs: 1_000 })),
        state,
      );
      expect(b.keeper.states()[0]?.flaps).toBe(1);
    },
  );
});

async function asks(request: Promise<unknown>): Promise<boolean> {
  return await request.then(
    () => true,
    () => false,
  );
}

describe.skipIf(process.getuid?.() !== 0 || !existsSync(ip) || !existsSync('/usr/bin/nsenter'))(
  'a cut network (needs root)',
  () => {
    /** Two servers in network namespaces of their own, joined by two networks. */
    async function createNetworks(): Promise<[string, string]> {
      const tag = randomBytes(3).toString('hex');
      const names: [string, string] = [`hf-${tag}-a`, `hf-${tag}-b`];
      for (const name of names) {
        await run(ip, ['netns', 'add', name]);
        cleanups.push(() => run(ip, ['netns', 'delete', name]));
      }
      for (const network of ['1', '2']) {
        const link = `n${network}`;
        await run(ip, [
          '-n',
          names[0],
          'link',
          'add',
          link,
          'type',
          'veth',
          'peer',
          'name',
          link,
          'netns',
          names[1],
        ]);
        for (const [n, name] of names.entries()) {
          await run(ip, ['-n', name, 'address', 'add', `10.99.${network}.${n + 1}/24`, 'dev', link]);
          await run(ip, ['-n', name, 'link', 'set', link, 'up']);
        }
      }
      return names;
    }

    test('C-02 a path that is cut one way dies at both ends, the other lives on', async () => {
      const [first, second] = await createNetworks();
      const a: Place = { name: 'a', addresses: ['10.99.1.1', '10.99.2.1'], port: 7600 };
      const b: Place = { name: 'b', addresses: ['10.99.1.2', '10.99.2.2'], port: 7600 };
      const paths = [pathBetween(a, b, { address: 0 }), pathBetween(a, b, { address: 1 })];
      const ports = [...portsOf(a, b)];
      const servers = [
        await startProcess(a, { paths, ports }, first),
        await startProcess(b, { paths, ports }, second),
      ];
      const all = () =>
        servers.map(({ lines }) => paths.map(({ id }) => lines.findLast((line) => line.startsWith(id))));
      const bothSee = async (one: string, other: string): Promise<void> =>
        await until(
          `paths ${one}, ${other}`,
          () =>
            all().every(
              ([first, second]) => first === `a.b.1 path-${one}` && second === `a.b.2 path-${other}`,
            ),
          all,
        );
      await bothSee('alive', 'alive');
      // What the second server sends there vanishes: no link goes down and no connection is reset.
      await run(ip, ['-n', second, 'route', 'add', 'blackhole', '10.99.1.1/32']);
      await bothSee('dead', 'alive');
      await run(ip, ['-n', second, 'route', 'delete', 'blackhole', '10.99.1.1/32']);
      await bothSee('alive', 'alive');
    });
  },
);
