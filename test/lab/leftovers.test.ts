import { cleanLeftovers, instantMs, waitFor } from '@holdfast/lab';
import { needHosts } from '@holdfast/lab/hosts/testing';
import { readTraces } from '@holdfast/lab/manifest';
import { isAlive } from '@holdfast/lab/processes';
import { runProgram } from '@holdfast/lab/program';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const need = await needHosts();

/** Boots a host with the shared disk mounted, tells where it is, and waits to be killed. */
const maker = `
  import { createHosts } from '@holdfast/lab/hosts/hosts';
  const hosts = await createHosts({ servers: ['server1'], withVolume: 1 });
  await hosts.server('server1').must('/usr/bin/mount', ['/dev/sdb', '/mnt']);
  console.log(hosts.directory);
  setInterval(() => undefined, 1_000);
`;

describe.skipIf(need.missing)(`hosts whose maker was killed ${need.words}`, () => {
  test('are removed at the next start, with all that they had', async () => {
    const script = ['--input-type=module-typescript', '--eval', maker];
    const made = spawn(process.execPath, script, { stdio: ['ignore', 'pipe', 'inherit'] });
    const directory = await new Promise<string>((resolve) =>
      made.stdout.once('data', (chunk: Buffer) => resolve(String(chunk).trim())),
    );
    made.kill('SIGKILL');
    await waitFor(() => made.signalCode !== null, { what: 'the end of the maker', timeoutMs: 10_000 });
    const traces = readTraces(directory);
    const startedMs = instantMs();
    await cleanLeftovers();
    // Another lab's start may be removing it at this moment.
    await waitFor(() => !existsSync(directory), { what: 'the removal', timeoutMs: 20_000 });
    expect(instantMs() - startedMs).toBeLessThan(20_000);
    expect(traces.filter((trace) => trace.kind === 'process' && isAlive(trace))).toEqual([]);
    expect(traces.filter((trace) => trace.kind === 'cgroup' && existsSync(trace.path))).toEqual([]);
    const loops = await runProgram('/usr/sbin/losetup', ['--list'], { timeoutMs: 10_000 });
    expect(loops.stdout).not.toContain(directory);
  }, 90_000);
});
