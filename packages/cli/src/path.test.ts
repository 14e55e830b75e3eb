import type { PathsAnswer } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { buildStatus, run, startApi } from './testing.ts';

const alive = { state: 'alive', roundTripMs: 0.42, misses: 0, flaps: 1 } as const;
const answer: PathsAnswer = {
  paths: [1, 2].map((number) => ({
    id: `server1.server2.${number}`,
    ends: [
      { server: 'server1', address: `10.0.${number}.1` },
      { server: 'server2', address: `10.0.${number}.2` },
    ],
    priority: number,
    intervalMs: 1_000,
    misses: 5,
    views:
      number === 1
        ? { server1: alive, server2: alive }
        : { server1: { state: 'dead', roundTripMs: null, misses: 5, flaps: 2 }, server2: null },
  })),
};

test('C-02 path list shows both ends of each path: state, round trip, misses and flaps', async () => {
  await using api = await startApi({ 'GET /paths': () => ({ json: answer }) });
  const { exitCode, out } = await run(['path', 'list', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "PATH               PRIORITY  INTERVAL  SERVER   ADDRESS   STATE    ROUND TRIP  MISSES  FLAPS
    server1.server2.1  1         1000 ms   server1  10.0.1.1  alive    0.4 ms      0/5     1
                                           server2  10.0.1.2  alive    0.4 ms      0/5     1
    server1.server2.2  2         1000 ms   server1  10.0.2.1  dead                 5/5     2
                                           server2  10.0.2.2  unknown              -/5
    "
  `);
});

test('C-02 status shows every path to a server behind its name', async () => {
  const status = buildStatus();
  const [first, ...others] = status.servers;
  if (!first) throw new Error('the built status has servers');
  const second = {
    ...first.paths[0],
    id: 'p2',
    peer: 'server2',
    state: 'dead',
    roundTripMs: null,
    misses: 5,
    flaps: 1,
  };
  const json = { ...status, servers: [{ ...first, paths: [...first.paths, second] }, ...others] };
  await using api = await startApi({ 'GET /status': () => ({ json }) });
  const { out } = await run(['status', '--run-dir', api.runDirectory]);
  expect(out).toContain('server2 alive 0.4 ms + dead, witness alive 0.4 ms\n');
});
