import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { buildChange, buildHierarchy, buildKits, buildStatus, startApi } from './testing.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
/** util-linux's program that gives another one a terminal. */
const script = '/usr/bin/script';
const answerWithinMs = 15_000;

/** Runs a command at a terminal and answers each question as soon as it stands there. */
async function converse(
  argv: readonly string[],
  answers: readonly (readonly [question: string, answer: string])[],
): Promise<{ readonly exitCode: number | null; readonly out: string }> {
  const command = [process.execPath, main, ...argv].map((part) => `'${part}'`).join(' ');
  const child = spawn(script, ['-qec', `stty cols 150 rows 40; exec ${command}`, '/dev/null'], {
    env: { PATH: '/usr/bin:/bin', TERM: 'xterm', HOME: process.env['HOME'] ?? '/' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: answerWithinMs,
  });
  let out = '';
  let seen = 0;
  const left = [...answers];
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    out += stripVTControlCharacters(part);
    const at = left[0] ? out.indexOf(left[0][0], seen) : -1;
    if (at < 0) return;
    seen = at + (left[0]?.[0].length ?? 0);
    child.stdin.write(left.shift()?.[1] ?? '');
  });
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { exitCode, out };
}

test.skipIf(!existsSync(script))(
  'K-01 K-08 at a terminal create asks, rehearses, and goes on when told to',
  async () => {
    await using api = await startApi({
      'GET /kits': () => ({ json: buildKits() }),
      'POST /hierarchies': () => ({ json: buildChange() }),
      'GET /hierarchies/pgsql-5432': () => ({ json: buildHierarchy() }),
    });
    const { exitCode, out } = await converse(
      ['create', 'postgresql', '--run-dir', api.runDirectory],
      [
        ['help of service', '\r'],
        ['help of dataDirectory', '/pgdata/main\r'],
        ['help of port', '5432\r'],
        ['--volume', '/pgdata\r'],
        ['--ip', '\r'],
        ['Go on?', 'y'],
      ],
    );
    expect(exitCode, out).toBe(0);
    const resources = [
      { kit: 'postgresql', parameters: { dataDirectory: '/pgdata/main', port: 5432 }, children: [] },
      { kit: 'volume', parameters: { path: '/pgdata' } },
    ];
    expect(api.asked.filter(({ method }) => method === 'POST').map(({ body }) => body)).toEqual([
      { resources, dryRun: true },
      { resources, dryRun: false },
    ]);
  },
);

test.skipIf(!existsSync(script))(
  'K-09 a creation that is cancelled at the terminal changes nothing',
  async () => {
    await using api = await startApi({ 'GET /kits': () => ({ json: buildKits() }) });
    const argv = ['create', 'postgresql', '--run-dir', api.runDirectory];
    const { exitCode, out } = await converse(argv, [['help of service', '\u0003']]);
    expect(exitCode, out).toBe(3);
    expect(out).toContain('HF-CLI-006');
    expect(api.asked.map(({ path }) => path)).toEqual(['/kits']);
  },
);

test.skipIf(!existsSync(script))(
  'K-11 at a terminal extend offers the servers that the hierarchy does not have',
  async () => {
    const status = buildStatus();
    const [first] = status.servers;
    await using api = await startApi({
      'GET /status': () => ({
        json: { ...status, servers: [...status.servers, { ...first, name: 'server3', role: 'member' }] },
      }),
      'GET /hierarchies/pgsql-5432': () => ({ json: buildHierarchy() }),
      'POST /hierarchies/pgsql-5432/extend': () => ({ json: buildChange() }),
    });
    const argv = ['extend', 'pgsql-5432', '--run-dir', api.runDirectory];
    const { exitCode, out } = await converse(argv, [['server3', '\r']]);
    expect(exitCode, out).toBe(0);
    expect(api.asked.at(-1)?.body).toMatchObject({ server: 'server3' });
  },
);
