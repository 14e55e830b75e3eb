import { existsSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { createServerBoxes } from './boxes.ts';
import { waitFor } from './deadline.ts';
import { isAlive, readStat } from './processes.ts';
import { mountVolume } from './database.ts';
import type { BoxProcess, ServerBox, ServerBoxes } from './server-box.ts';
import { availableModes } from './testing.ts';

let boxes: ServerBoxes | undefined;

afterEach(async () => {
  await boxes?.dispose();
  boxes = undefined;
});

const limits = { timeoutMs: 5_000 };
/** A daemon as it should not be: its child has left session, parent and environment behind. */
const runaway = 'setsid env -i sleep 1000 & setsid env -i sleep 1000 & sleep 1000';

describe.each(await availableModes())('servers in mode %s', (mode) => {
  async function make(): Promise<{ boxes: ServerBoxes; server1: ServerBox; server2: ServerBox }> {
    boxes = await createServerBoxes(mode, { servers: ['server1', 'server2', 'witness'], withVolume: 2 });
    return { boxes, server1: boxes.server('server1'), server2: boxes.server('server2') };
  }

  async function startRunaway(server: ServerBox): Promise<BoxProcess> {
    const started = server.run('/bin/sh', ['-c', runaway]);
    await waitFor(() => server.processes().filter(({ name }) => name === 'sleep').length === 3, {
      what: 'three processes',
      ...limits,
      describe: () => JSON.stringify(server.processes()),
    });
    return started;
  }

  test('a loss of power ends every process of the server and none of another', async () => {
    const { server1, server2 } = await make();
    const first = await startRunaway(server1);
    await startRunaway(server2);
    const before = server1.processes();
    const report = await server1.powerOff();
    expect(report.tookMs).toBeLessThan(2_000);
    expect(before.filter((process) => isAlive(process))).toEqual([]);
    expect(await first.ended).toEqual({ code: undefined, signal: 'SIGKILL' });
    expect([server1.state(), server2.state()]).toEqual(['off', 'on']);
    expect(server2.processes().filter(({ name }) => name === 'sleep')).toHaveLength(3);
    expect(() => server1.run('/bin/sleep', ['1'])).toThrow('server1 is switched off');
  });

  test('a server that comes back keeps its state and has lost what is of this run only', async () => {
    const { server1 } = await make();
    const { state, run } = server1.directories;
    await server1.exec('/bin/sh', ['-c', `echo kept > ${state}/file; echo gone > ${run}/file`], limits);
    await server1.powerOff();
    await server1.powerOn();
    expect(existsSync(`${state}/file`)).toBe(true);
    expect(existsSync(`${run}/file`)).toBe(false);
    const echo = await server1.exec('/bin/echo', ['here'], limits);
    expect(echo.stdout).toBe('here\n');
  });

  test('a frozen server stands still as a whole, and can lose its power so', async () => {
    const { server1 } = await make();
    const file = `${server1.directories.run}/ticks`;
    server1.run('/bin/sh', ['-c', `while :; do echo tick >> ${file}; sleep 0.01; done`]);
    await waitFor(() => existsSync(file), { what: 'a first tick', ...limits });
    const count = async (): Promise<string> =>
      (await boxes?.server('server2').exec('/usr/bin/wc', ['-l', file], limits))?.stdout ?? '';
    await server1.freeze();
    const frozenAt = await count();
    await server1.exec('/bin/true', [], { timeoutMs: 100 });
    expect(await count()).toBe(frozenAt);
    await server1.thaw();
    await waitFor(async () => (await count()) !== frozenAt, { what: 'a further tick', ...limits });
    await server1.freeze();
    await server1.powerOff();
    expect(server1.processes()).toEqual([]);
  });

  test('programs run as the user that is asked for', async () => {
    const { server1 } = await make();
    const ids = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const result = await server1.exec('/usr/bin/id', ['-u'], { ...limits, ...ids });
    expect(result.stdout.trim()).toBe(String(ids.uid ?? process.getuid?.()));
  });
});

describe.skipIf(!(await availableModes()).includes('namespaces'))('namespaces need root', () => {
  async function make(): Promise<{ boxes: ServerBoxes; server1: ServerBox; server2: ServerBox }> {
    boxes = await createServerBoxes('namespaces', { servers: ['server1', 'server2'] });
    return { boxes, server1: boxes.server('server1'), server2: boxes.server('server2') };
  }

  const reaches = async (from: ServerBox, to: ServerBox): Promise<boolean> => {
    // A connection to a port that nobody listens on is refused at once where packets pass both ways.
    const script = `timeout 1 bash -c 'echo > /dev/tcp/${to.address}/9' 2>&1`;
    return (await from.exec('/bin/bash', ['-c', script], limits)).stdout.includes('refused');
  };

  test('servers differ in host name, boot and processes', async () => {
    const { server1, server2 } = await make();
    const look = async (server: ServerBox): Promise<readonly string[]> => {
      const script = 'hostname; cat /proc/sys/kernel/random/boot_id; ls -d /proc/[1-9]* | wc -l';
      return (await server.exec('/bin/sh', ['-c', script], limits)).stdout.split('\n');
    };
    const [one, two] = [await look(server1), await look(server2)];
    expect([one[0], two[0]]).toEqual(['server1', 'server2']);
    expect(one[1]).not.toBe(two[1]);
    expect(Number(one[2])).toBeLessThan(8);
  });

  test('a cut cable cuts both ways, a one-way cut one, and a new start has a new cable', async () => {
    const { server1, server2 } = await make();
    expect(await reaches(server1, server2)).toBe(true);
    for (const direction of ['both', 'in', 'out'] as const) {
      await server1.cut(direction);
      expect(await reaches(server2, server1)).toBe(false);
      await server1.heal();
      await waitFor(() => reaches(server2, server1), { what: `healing of ${direction}`, ...limits });
    }
    await server1.cut();
    await server1.powerOff();
    await server1.powerOn();
    await waitFor(() => reaches(server2, server1), { what: 'the new cable', ...limits });
  });

  test('a loss of power forgets what was not synced, and the next server finds the rest', async () => {
    const { boxes: lab, server1, server2 } = await make();
    const at = lab.volume.mountPoint;
    await mountVolume(lab, server1);
    await server1.exec('/bin/sh', ['-c', `echo kept > ${at}/kept; sync; echo lost > ${at}/lost`], limits);
    await server1.powerOff();
    await mountVolume(lab, server2);
    const found = await server2.exec('/bin/sh', ['-c', `cat ${at}/kept; cat ${at}/lost`], limits);
    expect(found.stdout).toBe('kept\n');
  });

  test('processes of a server end with the process that made the lab', async () => {
    const { server1 } = await make();
    const init = server1.initPid() ?? 0;
    expect(readStat(init)?.name).toBe('bash');
    const holder = readStat(readStat(init)?.parent ?? 0);
    expect(holder?.name).toBe('unshare');
    expect(holder?.parent).toBe(process.pid);
  });
});
