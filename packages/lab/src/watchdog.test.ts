import { writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { createServerBoxes } from './boxes.ts';
import { instantMs, waitFor } from './deadline.ts';
import type { ServerBox, ServerBoxes } from './server-box.ts';
import { supervise } from './supervisor.ts';
import { watchOver, type Watchdog } from './watchdog.ts';

let boxes: ServerBoxes | undefined;
let watchdog: Watchdog | undefined;

afterEach(async () => {
  watchdog?.dispose();
  await boxes?.dispose();
  boxes = undefined;
});

const limits = { timeoutMs: 5_000, everyMs: 5 };

async function makeServer(): Promise<ServerBox> {
  boxes = await createServerBoxes('loopback', { servers: ['server1'] });
  return boxes.server('server1');
}

test('C-06 a watchdog that is not fed any more takes the power, one never fed does not', async () => {
  const server = await makeServer();
  const silences: number[] = [];
  watchdog = watchOver(server, { timeoutMs: 150, onReset: (silentMs) => silences.push(silentMs) });
  const startedMs = instantMs();
  await waitFor(() => instantMs() - startedMs > 300, { what: 'twice the time-out', ...limits });
  expect([server.state(), watchdog.state()]).toEqual(['on', 'idle']);

  for (let fed = 0; fed < 40; fed += 1) {
    writeFileSync(server.watchdogFile, '1');
    const until = instantMs() + 10;
    await waitFor(() => instantMs() >= until, { what: 'the next feeding', ...limits });
  }
  expect([server.state(), watchdog.state()]).toEqual(['on', 'armed']);
  await waitFor(() => silences.length > 0, { what: 'the reset', ...limits });
  expect(server.state()).toBe('off');
  expect(silences[0]).toBeGreaterThanOrEqual(150);
});

test('a farewell disarms the watchdog, and a reset one waits to be fed again', async () => {
  const server = await makeServer();
  let resets = 0;
  watchdog = watchOver(server, { timeoutMs: 100, onReset: () => (resets += 1) });
  writeFileSync(server.watchdogFile, '1');
  await waitFor(() => watchdog?.state() === 'armed', { what: 'arming', ...limits });
  writeFileSync(server.watchdogFile, 'V');
  await waitFor(() => watchdog?.state() === 'idle', { what: 'disarming', ...limits });
  writeFileSync(server.watchdogFile, '1');
  await waitFor(() => resets === 1, { what: 'the reset', ...limits });
  await server.powerOn();
  expect([server.state(), watchdog.state()]).toEqual(['on', 'idle']);
});

test('a supervised program is started again after its end, not while held or off', async () => {
  const server = await makeServer();
  const supervisor = supervise(server, { command: ['/bin/sleep', '1000'], run: {}, restartAfterMs: 20 });
  supervisor.start();
  const first = supervisor.current();
  first?.signal('SIGKILL');
  await waitFor(() => supervisor.restarts() === 1 && supervisor.current()?.pid() !== undefined, {
    what: 'the restart',
    ...limits,
  });
  expect(supervisor.current()).not.toBe(first);

  supervisor.hold();
  supervisor.current()?.signal('SIGKILL');
  await waitFor(() => supervisor.current() === undefined, { what: 'the end', ...limits });
  supervisor.start();
  await waitFor(() => supervisor.current()?.pid() !== undefined, { what: 'a start by hand', ...limits });
  await server.powerOff();
  await waitFor(() => supervisor.current() === undefined, { what: 'the end', ...limits });
  await server.powerOn();
  expect(supervisor.restarts()).toBe(1);
  supervisor.start();
  expect(supervisor.current()).toBeDefined();
});
