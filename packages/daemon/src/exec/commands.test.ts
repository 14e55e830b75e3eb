import { execLine, type ExecLine } from '@holdfast/contract';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isRunning, readStat } from '../guard/processes.ts';
import { createCommands, type CommandAsked, type Commands } from './commands.ts';
import { maskSecrets } from './mask-secrets.ts';
import { relayLines } from './relay.ts';

let commands: Commands;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-exec-'));
  const environment = { PATH: '/nowhere::bin:/usr/bin:/bin', LANG: 'C', NOTIFY_SOCKET: '/run/x' };
  commands = createCommands({ server: 'server1', environment });
});

afterEach(async () => {
  await commands.close();
  rmSync(folder, { recursive: true });
});

function run(command: readonly string[], asked: Partial<CommandAsked> = {}): Promise<Readable> {
  return commands.run({ timeLimitMs: 20_000, language: 'en', ...asked, command: [...command] });
}

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly last: ExecLine | undefined;
}

async function read(lines: Readable): Promise<Ran> {
  let text = '';
  for await (const part of lines) text += String(part);
  const parsed = text
    .trimEnd()
    .split('\n')
    .map((line) => execLine.parse(JSON.parse(line)));
  const said = (kind: 'stdout' | 'stderr'): string =>
    parsed.map((line) => (line.kind === kind ? Buffer.from(line.data, 'base64').toString() : '')).join('');
  return { stdout: said('stdout'), stderr: said('stderr'), last: parsed.at(-1) };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what}: not in time`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function readPid(name: string): number {
  try {
    return Number(readFileSync(join(folder, name), 'utf8'));
  } catch {
    return 0;
  }
}

/** A shell that notes its process number in the test's folder. */
function shell(script: string): readonly string[] {
  return ['sh', '-c', `cd ${folder}; ${script}`];
}

test('C-04 output comes apart, and the exit code is that of the command', async () => {
  const ran = await read(await run(['sh', '-c', 'echo out; echo err >&2; exit 7']));
  expect(ran).toMatchObject({
    stdout: 'out\n',
    stderr: 'err\n',
    last: { kind: 'ended', exitCode: 7, signal: null },
  });
});

test('C-04 there is no shell, the input is empty, the folder is / and the environment is the daemon’s', async () => {
  expect(await read(await run(['printf', '%s|', '$HOME', '*', 'a b']))).toMatchObject({
    stdout: '$HOME|*|a b|',
  });
  expect(await read(await run(['sh', '-c', 'pwd; cat; env']))).toMatchObject({
    stdout: expect.stringMatching(/^\/\n(?!.*NOTIFY_SOCKET)(?=[^]*LANG=C\n)/),
  });
});

test('C-04 a command that a signal ends has 128+n', async () => {
  expect((await read(await run(['sh', '-c', 'kill -USR1 $$']))).last).toMatchObject({
    exitCode: 138,
    signal: 'SIGUSR1',
  });
});

test('C-04 a program is found by its absolute path or by the daemon’s PATH, and nowhere else', async () => {
  expect((await read(await run(['/bin/true']))).last).toMatchObject({ exitCode: 0 });
  writeFileSync(join(folder, 'plain'), 'no program');
  for (const name of ['./sh', 'bin/sh', 'no-such-program', '', '/usr/bin', join(folder, 'plain')])
    await expect(run([name]), name).rejects.toMatchObject({ code: 'HF-EXEC-001' });
});

test('C-04 at the time limit the whole process group is ended, also one that does not want to', async () => {
  const lines = await run(
    shell(
      "trap '' TERM; echo $$ > leader; sh -c 'trap \"\" TERM; echo $$ > child; while :; do sleep 1; done' & wait",
    ),
    { timeLimitMs: 1_000, language: 'ja' },
  );
  await until('the processes', () => readPid('child') > 0);
  const [leader, child] = [readStat(readPid('leader')), readStat(readPid('child'))];
  const { last } = await read(lines);
  expect(last).toMatchObject({ kind: 'failed', error: { code: 'HF-EXEC-003', facts: { limitMs: 1_000 } } });
  expect(JSON.stringify(last)).toContain('ミリ秒');
  for (const one of [leader, child]) if (one) await until(`the end of ${one.pid}`, () => !isRunning(one));
}, 30_000);

test('C-04 whoever stops reading ends the command', async () => {
  const lines = await run(shell('echo $$ > leader; sleep 60'));
  await until('the process', () => readPid('leader') > 0);
  const leader = readStat(readPid('leader'));
  if (!leader) throw new Error('it ended too soon');
  lines.destroy();
  await until('its end', () => !isRunning(leader));
});

test('C-04 what a command leaves in its process group ends with it', async () => {
  const { last } = await read(
    await run(shell("sh -c 'echo $$ > child; sleep 60' & while [ ! -s child ]; do :; done")),
  );
  expect(last).toMatchObject({ kind: 'ended', exitCode: 0 });
  const left = readStat(readPid('child'));
  if (left) await until('the end of what was left', () => !isRunning(left));
});

test('C-04 what has left the group and holds the output open keeps nobody waiting', async () => {
  const { last } = await read(await run(shell('setsid sleep 20 & echo $! > apart')));
  expect(last).toMatchObject({ kind: 'ended', exitCode: 0 });
  process.kill(readPid('apart'));
});

test('C-04 a command whose output nobody takes is held up, and keeps its limit', async () => {
  const lines = await run(['sh', '-c', 'yes'], { timeLimitMs: 1_000 });
  await until('some output', () => lines.readableLength > 64 * 1024);
  const held = lines.readableLength;
  expect(held).toBeLessThan(512 * 1024);
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines.readableLength).toBeLessThan(512 * 1024);
  // What `yes` says until its limit is more than one text can hold.
  let end = '';
  for await (const part of lines) end = (end + String(part)).slice(-10_000);
  expect(end.trimEnd().split('\n').at(-1)).toContain('"kind":"failed"');
}, 20_000);

test('C-04 a server runs eight commands at a time', async () => {
  const eight = await Promise.all(Array.from({ length: 8 }, () => run(['sleep', '60'])));
  await expect(run(['true'])).rejects.toMatchObject({ code: 'HF-EXEC-002' });
  eight[0]?.destroy();
  let isFree = false;
  const tryAgain = (): void => {
    run(['true']).then(
      () => (isFree = true),
      () => setImmediate(tryAgain),
    );
  };
  tryAgain();
  await until('a place', () => isFree);
});

test('C-04 an answer that is cut off says so in whole lines', async () => {
  const source = new Readable({ read() {} });
  source.push('{"kind":"started"}\n{"kind":"stdout","data":"aGk=');
  const ends: unknown[] = [];
  const lines = relayLines(source, { server: 'server2', language: 'en', onEnd: (last) => ends.push(last) });
  setImmediate(() => source.destroy());
  const { last, stdout } = await read(lines);
  expect({ last, stdout }).toMatchObject({
    stdout: '',
    last: { kind: 'failed', error: { code: 'HF-EXEC-004' } },
  });
  await until('the end', () => ends.length === 1);
  expect(ends[0]).toMatchObject({ kind: 'failed' });
});

test('S-03 what is named as a secret in a command is not kept on record', () => {
  expect(
    maskSecrets([
      ...['psql', '--password', 'a', '--db-token=b', 'PGPASSWORD=c', 'postgresql://me:d@host/db'],
      ...['--host', 'e', 'f=g'],
    ]),
  ).toEqual([
    ...['psql', '--password', '***', '--db-token=***', 'PGPASSWORD=***', 'postgresql://me:***@host/db'],
    ...['--host', 'e', 'f=g'],
  ]);
});
