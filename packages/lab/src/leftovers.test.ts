import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { waitFor } from './deadline.ts';
import { cleanLeftovers } from './leftovers.ts';
import { readTraces } from './manifest.ts';
import { isAlive, listPids, readCommandLine, readStat } from './processes.ts';
import { runProgram } from './program.ts';
import { availableModes } from './testing.ts';

const limits = { timeoutMs: 20_000 };

/** Makes a lab with something running on it, tells where, and waits to be killed. */
function makerScript(mode: string): string {
  const boxes = fileURLToPath(new URL('boxes.ts', import.meta.url));
  return `
    import { createServerBoxes } from ${JSON.stringify(boxes)};
    const boxes = await createServerBoxes(${JSON.stringify(mode)}, { servers: ['server1', 'server2'] });
    const named = 'exec -a ' + boxes.directory + ' sleep 1000';
    boxes.server('server1').run('/bin/bash', ['-c', named + ' & ' + named]);
    boxes.server('server2').run('/bin/bash', ['-c', 'kill -STOP $$; true']);
    boxes.client.run('/bin/bash', ['-c', named]);
    console.log(boxes.directory);
    setInterval(() => undefined, 1000);
  `;
}

function processesNaming(directory: string): readonly number[] {
  return listPids().filter((pid) => readCommandLine(pid).startsWith(directory) && readStat(pid));
}

describe.each(await availableModes())('a lab of mode %s whose maker was killed', (mode) => {
  test('is removed at the next start, and a living lab is not', async () => {
    const script = ['--input-type=module-typescript', '--eval', makerScript(mode)];
    const makers = [1, 2].map(() =>
      spawn(process.execPath, script, { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const [dead, living] = makers;
    const directories = await Promise.all(makers.map((maker) => readLine(maker.stdout)));
    const [deadDirectory = '', livingDirectory = ''] = directories;
    for (const directory of directories)
      await waitFor(() => processesNaming(directory).length === 3, { what: 'three processes', ...limits });
    dead?.kill('SIGKILL');
    await waitFor(() => dead?.signalCode !== null, { what: 'the end of the maker', ...limits });
    const traces = readTraces(deadDirectory);
    expect(traces.length).toBeGreaterThan(2);

    // Another lab's start may be removing it at this moment.
    await cleanLeftovers();
    await waitFor(() => !existsSync(deadDirectory), { what: 'the removal', ...limits });
    expect(processesNaming(deadDirectory)).toEqual([]);
    for (const trace of traces) {
      if (trace.kind === 'process') expect(isAlive(trace)).toBe(false);
      if (trace.kind === 'cgroup') expect(existsSync(trace.path)).toBe(false);
      if (trace.kind === 'loop') {
        const listing = await runProgram('/usr/sbin/losetup', ['--list'], limits);
        expect(listing.stdout).not.toContain(deadDirectory);
      }
    }
    expect(processesNaming(livingDirectory)).toHaveLength(3);

    living?.kill('SIGKILL');
    await waitFor(() => living?.signalCode !== null, { what: 'the end of the maker', ...limits });
    await cleanLeftovers();
    await waitFor(() => !existsSync(livingDirectory), { what: 'the removal', ...limits });
  });
});

function readLine(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => stream.once('data', (chunk: Buffer) => resolve(String(chunk).trim())));
}
