import type { AuditAnswer, ExecLine } from '@holdfast/contract';
import { profiles } from '@holdfast/core';
import {
  createLabServer,
  createServerBoxes,
  holdfastCommand,
  waitFor,
  type LabServer,
  type ServerBoxes,
} from '@holdfast/lab';
import { findFreePort } from '@holdfast/lab/ports';
import { isAlive, readStat, sendSignal, type ProcessStat } from '@holdfast/lab/processes';
import { runProgram, type ProgramResult } from '@holdfast/lab/program';
import { spawn, type ChildProcess } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { daemonOf, gone, kill } from './testing.ts';

const password = 'correct horse battery';

let boxes: ServerBoxes;
let first: LabServer;
let other: LabServer;
let port: number;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-exec-'));
  boxes = await createServerBoxes('loopback', { servers: ['server1', 'server2'], withVolume: 0 });
  first = makeServer('server1');
  other = makeServer('server2');
  const ports = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  port = ports[0];
  await first.holdfast(['init', '--profile', 'test', ...options(first, ports)]);
  await start(first);
  const token = await first.holdfast(['token']);
  await other.holdfast(['join', '-', ...options(other, ports)], { input: token });
  await start(other);
}, 120_000);

afterAll(async () => {
  first?.dispose();
  other?.dispose();
  await boxes?.dispose();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

function makeServer(name: string): LabServer {
  const box = boxes.server(name);
  return createLabServer(box, { role: 'member', profile: profiles.safe, onReset: () => undefined });
}

function options(server: LabServer, [api, client, peer]: readonly number[]): readonly string[] {
  return [
    ...['--name', server.name, '--address', server.box.address, '--process-scope', 'own'],
    ...['--service-manager', 'direct', '--address-kind', 'loopback', '--port', String(api)],
    ...['--etcd-client-port', String(client), '--etcd-peer-port', String(peer)],
  ];
}

async function start(server: LabServer): Promise<void> {
  await server.start();
  await server.waitForDaemon(30_000);
  await waitFor(
    async () =>
      (await server.api.status()).servers.find(({ name }) => name === server.name)?.lease === 'good',
    { what: `a lease of ${server.name}`, timeoutMs: 30_000 },
  );
  await pathsAlive();
}

/** Waits until the servers that run see each other. */
async function pathsAlive(): Promise<void> {
  await waitFor(
    async () => {
      const { paths } = JSON.parse(await first.holdfast(['path', 'list', '-o', 'json'])) as {
        readonly paths: readonly { readonly views: Readonly<Record<string, { readonly state: string }>> }[];
      };
      return paths.every(({ views }) => Object.values(views).every((view) => view?.state === 'alive'));
    },
    { what: 'the paths to be alive', timeoutMs: 30_000, everyMs: 200 },
  );
}

function exec(from: LabServer, words: readonly string[], environment = {}): Promise<ProgramResult> {
  return runProgram(holdfastCommand, ['exec', '--run-dir', from.box.directories.run, ...words], {
    timeoutMs: 60_000,
    environment: { LANG: 'C.UTF-8', ...environment },
  });
}

/** Starts a command on a server that notes its process there, and goes on for a minute. */
async function startLong(
  from: LabServer,
  to: LabServer,
): Promise<{ readonly cli: ChildProcess; readonly there: ProcessStat; ended(): Promise<number | null> }> {
  const note = path.join(folder, `${from.name}-${to.name}-${performance.now()}`);
  const command = [
    '-d',
    to.name,
    '-t',
    '120',
    '--',
    'sh',
    '-c',
    `echo $$ > ${note}.new; mv ${note}.new ${note}; sleep 60; :`,
  ];
  const cli = spawn(holdfastCommand, ['exec', '--run-dir', from.box.directories.run, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const over = Promise.withResolvers<number | null>();
  cli.once('exit', over.resolve);
  const there = await waitFor(
    () => {
      try {
        return readStat(Number(readFileSync(note, 'utf8')));
      } catch {
        return undefined;
      }
    },
    { what: `the command on ${to.name}`, timeoutMs: 30_000 },
  );
  if (!there) throw new Error('the command has ended');
  return { cli, there, ended: () => over.promise };
}

const pairs = (): readonly (readonly [LabServer, LabServer])[] => [
  [first, other],
  [other, first],
  [first, first],
];

test('C-04 a command runs on any server, asked from any, with its output apart and its exit code', async () => {
  for (const [from, to] of pairs()) {
    const script = 'echo "$HOLDFAST_STATE_DIR"; echo trouble >&2; exit 42';
    const ran = await exec(from, ['-d', to.name, '--', 'sh', '-c', script]);
    expect(ran).toMatchObject({ code: 42, stdout: `${to.box.directories.state}\n`, stderr: 'trouble\n' });
  }
}, 60_000);

test('C-04 what Holdfast cannot do ends with 255 and its error, whatever the reason', async () => {
  const refusals = [
    [['-d', 'server9', '--', 'true'], 'HF-HIER-005'],
    [['-d', 'server2', '--', 'no-such-program'], 'HF-EXEC-001'],
    [['-d', 'server2', '-t', '1', '--', 'sleep', '30'], 'HF-EXEC-003'],
    [['-d', 'server2', '-t', '0', '--', 'true'], 'HF-CLI-004'],
    [['-d', 'server2'], 'HF-CLI-004'],
  ] as const;
  for (const [words, code] of refusals)
    expect(await exec(first, words)).toMatchObject({ code: 255, stderr: expect.stringContaining(code) });
  expect((await exec(first, ['-d', 'server2', '--', 'sh', '-c', 'kill -TERM $$'])).code).toBe(143);
}, 90_000);

test('C-04 Ctrl-C ends the command there, and so does the loss of the client', async () => {
  for (const [from, to] of pairs())
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const { cli, there, ended } = await startLong(from, to);
      cli.kill(signal);
      await ended();
      await gone(there, 15_000);
    }
}, 120_000);

test('C-04 the death of either daemon ends the command, and nobody is left waiting', async () => {
  for (const [from, to] of [
    [first, other],
    [other, first],
  ] as const)
    for (const victim of [from, to]) {
      const { there, ended } = await startLong(from, to);
      kill(daemonOf(victim));
      await gone(there, 15_000);
      expect(await ended()).toBe(255);
      await start(victim);
    }
}, 180_000);

test('C-04 the loss of the path ends the command: the other server is frozen, or restarts in order', async () => {
  const { there, ended } = await startLong(first, other);
  const daemon = daemonOf(first);
  sendSignal(daemon, 'SIGSTOP');
  await gone(there, 30_000);
  sendSignal(daemon, 'SIGCONT');
  expect(await ended()).toBe(255);
  await pathsAlive();
  const again = await startLong(first, other);
  sendSignal(daemonOf(other), 'SIGTERM');
  await gone(again.there, 15_000);
  expect(await again.ended()).toBe(255);
  await start(other);
}, 120_000);

function residentBytes({ pid }: ProcessStat): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

const mebi = 1024 * 1024;
/** What garbage may pile up between two collections: far less than the output. */
const mostGrowthMib = 128;

/** Runs a command and counts its output; `pauseAfter` bytes the reader stops for good. */
function countOutput(from: LabServer, words: readonly string[], pauseAfter = Infinity) {
  const cli = spawn(holdfastCommand, ['exec', '--run-dir', from.box.directories.run, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const state = { bytes: 0, cli };
  cli.stdout.on('data', (part: Buffer) => {
    state.bytes += part.length;
    if (state.bytes >= pauseAfter) cli.stdout.pause();
  });
  const over = Promise.withResolvers<number | null>();
  cli.once('close', over.resolve);
  return { state, over: over.promise };
}

test('C-04 1 GiB of output, and a reader that stops, grow neither daemon', async () => {
  for (const [from, to, mebibytes] of [
    [first, other, 1024],
    [other, first, 128],
  ] as const) {
    const daemons = [daemonOf(from), daemonOf(to)];
    // The first output makes Node compile and allocate what every later one uses again.
    await countOutput(from, ['-d', to.name, '--', 'head', '-c', String(32 * mebi), '/dev/zero']).over;
    const before = daemons.map(residentBytes);
    let highest = before;
    const looks = setInterval(() => {
      highest = daemons.map((daemon, index) => Math.max(highest[index] ?? 0, residentBytes(daemon)));
    }, 100);
    const { state, over } = countOutput(from, [
      ...['-d', to.name, '-t', '1800', '--', 'head', '-c', String(mebibytes * mebi), '/dev/zero'],
    ]);
    expect(await over).toBe(0);
    clearInterval(looks);
    expect(state.bytes).toBe(mebibytes * mebi);
    const grown = highest.map((bytes, index) => (bytes - (before[index] ?? 0)) / mebi);
    console.log(
      `${mebibytes} MiB to ${from.name} from ${to.name}: the daemons grew by ${grown.map((mib) => mib.toFixed(1)).join(' and ')} MiB at most`,
    );
    for (const mib of grown) expect(mib).toBeLessThan(mostGrowthMib);

    const slow = countOutput(from, ['-d', to.name, '-t', '3', '--', 'cat', '/dev/zero'], mebi);
    await waitFor(() => slow.state.bytes >= mebi, { what: 'the first output', timeoutMs: 30_000 });
    await waitFor(() => !processesThere('cat', '/dev/zero'), {
      what: 'the end of the command at its time limit',
      timeoutMs: 30_000,
    });
    for (const [index, daemon] of daemons.entries())
      expect(residentBytes(daemon) - (before[index] ?? 0)).toBeLessThan(mostGrowthMib * mebi);
    slow.state.cli.kill('SIGKILL');
    // Its end is told once nobody waits for the rest of its output.
    slow.state.cli.stdout.destroy();
    await slow.over;
  }
}, 900_000);

/** Is a command of this test still running on one of its servers? */
function processesThere(...words: readonly string[]): boolean {
  return [first, other]
    .flatMap((server) => server.box.processes())
    .some((one) => isAlive(one) && words.every((word) => commandOf(one.pid).includes(word)));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

test('S-03 the audit names who ran which command where, from where, and how it ended', async () => {
  await exec(first, ['-d', 'server2', '--', 'sh', '-c', 'exit 3', '--password=open-sesame']);
  await exec(first, ['-d', 'server2', '--', 'no-such-tool', '--password=open-sesame']);
  const found = await waitFor(
    async () => {
      const { records } = JSON.parse(await first.holdfast(['audit', '-o', 'json'])) as AuditAnswer;
      const own = records.filter(({ asked }) => /exit 3|no-such-tool/.test(asked));
      return own.length >= 3 ? own : undefined;
    },
    { what: 'the audit records', timeoutMs: 15_000 },
  );
  const asked = { who: 'root', from: 'local', server: 'server1' };
  const command = ['sh', '-c', 'exit 3', '--password=***'];
  const ofServer = { server: 'server2', command };
  expect(found.map((record) => ({ ...record, asked: JSON.parse(record.asked) as unknown }))).toEqual([
    expect.objectContaining({
      ...{ ...asked, what: 'POST /exec', status: 200, error: null },
      asked: expect.objectContaining(ofServer),
    }),
    expect.objectContaining({
      ...{ ...asked, what: 'POST /exec ended', status: 200, error: null },
      asked: expect.objectContaining({ ...ofServer, exitCode: 3 }),
    }),
    expect.objectContaining({
      ...{ ...asked, what: 'POST /exec', status: 404, error: 'HF-EXEC-001' },
      asked: expect.objectContaining({ server: 'server2', command: ['no-such-tool', '--password=***'] }),
    }),
  ]);
}, 60_000);

test('U-01 a command is asked for from afar, by administrators only, with one line of JSON for each piece', async () => {
  for (const [account, role] of [
    ['anna', 'administrator'],
    ['otto', 'operator'],
  ] as const)
    await first.holdfast(['account', 'create', account, '--role', role, '--password-stdin'], {
      input: password,
    });
  const authority = readFileSync(path.join(first.box.directories.state, 'pki', 'ca.crt'), 'utf8');
  const url = `https://${first.box.address}:${port}`;
  const environment = { XDG_CONFIG_HOME: folder, HOME: folder, LANG: 'C.UTF-8' };
  const holdfast = (words: readonly string[], input = ''): Promise<ProgramResult> =>
    runProgram(holdfastCommand, [...words], { timeoutMs: 30_000, environment, input });
  const signIn = (account: string): Promise<ProgramResult> => {
    const { fingerprint256 } = new X509Certificate(authority);
    return holdfast(
      ['login', url, '--account', account, '--password-stdin', '--fingerprint', fingerprint256],
      password,
    );
  };
  const words = ['exec', '--server', url, '-d', 'server2', '-o', 'json', '--', 'echo', 'hi'];
  await signIn('otto');
  expect(await holdfast(words)).toMatchObject({
    code: 255,
    stdout: expect.stringContaining('HF-AUTH-003'),
  });
  await signIn('anna');
  const { code, stdout } = await holdfast(words);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExecLine);
  expect({ code, lines }).toMatchObject({
    code: 0,
    lines: [
      { kind: 'started' },
      { kind: 'stdout', data: Buffer.from('hi\n').toString('base64') },
      { kind: 'ended', exitCode: 0, signal: null },
    ],
  });
}, 60_000);
