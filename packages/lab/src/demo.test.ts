import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitFor } from './deadline.ts';
import type { DemoReport } from './demo-report.ts';
import { listPids, readCommandLine, readStat } from './processes.ts';

let directory: string;
let started: ChildProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'holdfast-demo-test-'));
});

afterEach(() => {
  started?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

interface Demo {
  output(): string;
  type(line: string): void;
  signal(signal: NodeJS.Signals): void;
  ended(timeoutMs: number): Promise<number | null>;
}

function startDemo(...args: readonly string[]): Demo {
  const program = fileURLToPath(new URL('demo.ts', import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  started = child;
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += String(chunk);
    });
  return {
    output: () => output,
    type: (line) => child.stdin.write(`${line}\n`),
    signal: (signal) => child.kill(signal),
    ended: async (timeoutMs) => {
      await waitFor(() => child.exitCode !== null || child.signalCode !== null, {
        what: 'the end of the demo',
        timeoutMs,
        everyMs: 50,
        describe: () => output,
      });
      return child.exitCode;
    },
  };
}

async function says(demo: Demo, words: string, timeoutMs = 60_000): Promise<void> {
  await waitFor(() => demo.output().includes(words), { what: words, timeoutMs, describe: demo.output });
}

/** Directory of the lab that the demo made, from the paths of its processes. */
function labOf(demoPid: number): string | undefined {
  const detector = listPids().find(
    (pid) => readStat(pid)?.parent === demoPid && readCommandLine(pid).includes('two-writers-process'),
  );
  return /"directory":"([^"]+)"/.exec(detector === undefined ? '' : readCommandLine(detector))?.[1];
}

function leftIn(lab: string): readonly string[] {
  return listPids().flatMap((pid) => {
    const line = readCommandLine(pid);
    return line.includes(`${lab}/`) && readStat(pid) ? [line] : [];
  });
}

test('U-06 the played demo loses no row, and reports each outage with its parts', async () => {
  const file = path.join(directory, 'report.json');
  const demo = startDemo('--once', '--report', file);
  const code = await demo.ended(110_000);
  const report = JSON.parse(readFileSync(file, 'utf8')) as DemoReport;
  expect({ code, output: code === 0 ? '' : demo.output() }).toEqual({ code: 0, output: '' });
  expect(report).toMatchObject({ formatVersion: 1, lost: 0, duplicated: 0, invented: 0, overlaps: 0 });
  expect(report.events.map(({ name, inService }) => [name, inService])).toEqual([
    ['local-recovery', true],
    ['switchover', true],
    ['power-loss', true],
    ['return-of-the-server', true],
  ]);
  for (const { outageMs, split } of report.events.slice(0, 3)) {
    const parts = Object.values(split ?? {}).reduce((sum, part) => sum + part, 0);
    expect(Math.abs(parts - (outageMs ?? 0))).toBeLessThan(2);
  }
  const [, , powerLoss] = report.events;
  expect(powerLoss?.split?.detectionMs).toBeGreaterThan(powerLoss?.split?.arbitrationMs ?? Infinity);
}, 120_000);

/** Signs in at the first address that the demo shows, with what it shows. */
async function signInAsShown(output: string): Promise<{ readonly status: number; readonly role: unknown }> {
  const url = /https:\/\/\S+/.exec(output)?.[0] ?? '';
  const [, account, password] = /sign in as (\S+) with the password (\S+)/.exec(output) ?? [];
  const body = JSON.stringify({ account, password });
  return new Promise((resolve, reject) => {
    const sent = request(`${url}api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      // The browser of whoever tries the demo does not know its authority either.
      rejectUnauthorized: false,
      signal: AbortSignal.timeout(10_000),
    });
    sent.on('error', reject);
    sent.on('response', (message) => {
      message.on('data', (part: Buffer) => {
        const { role } = JSON.parse(String(part)) as { readonly role?: unknown };
        resolve({ status: message.statusCode ?? 0, role });
      });
    });
    sent.end(body);
  });
}

test('U-06 at the prompt a server is killed and started, and a signal takes everything away', async () => {
  const demo = startDemo();
  await says(demo, 'holdfast> ');
  const lab = labOf(started?.pid ?? 0) ?? '';
  expect(lab).toContain('/holdfast-lab-');
  expect(await signInAsShown(demo.output())).toEqual({ status: 200, role: 'administrator' });
  demo.type('status');
  await says(demo, 'rows committed');
  demo.type('kill server1');
  await says(demo, 'server1 has lost its power');
  await says(demo, 'writes again');
  demo.type('start server1');
  await says(demo, 'server1 is switched on');
  demo.type('nonsense');
  demo.type('kill nobody');
  await says(demo, 'that failed: the lab has no server nobody');
  demo.signal('SIGTERM');
  expect(await demo.ended(20_000)).toBe(143);
  // The detector ends by itself when it finds the demo gone.
  await waitFor(() => leftIn(lab).length === 0, {
    what: 'the end of every process of the lab',
    timeoutMs: 5_000,
    describe: () => leftIn(lab).join('\n'),
  });
}, 120_000);
