import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { buildStatus, startApi } from './testing.ts';

const main = fileURLToPath(new URL('main.mjs', import.meta.url));

/** Runs the program as a process of its own, without a terminal. */
async function spawnCli(argv: readonly string[], environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [main, ...argv], {
    env: { PATH: '/usr/bin:/bin', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { exitCode, out, err };
}

test('U-01 the program finds the socket by the environment and writes no colours where no terminal is', async () => {
  await using api = await startApi({ 'GET /status': () => ({ json: buildStatus() }) });
  const environment = { HOLDFAST_RUN_DIR: api.runDirectory, LANG: 'ja_JP.UTF-8', FORCE_COLOR: '1' };
  const { exitCode, out, err } = await spawnCli(['status'], environment);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  expect(out).toContain('クラスター office');
  expect(out).not.toContain('\u001b');
});

test('U-01 without a terminal nothing is asked: what is missing is wrong usage', async () => {
  await using api = await startApi({});
  const environment = { HOLDFAST_RUN_DIR: api.runDirectory };
  expect(await spawnCli(['extend', 'pgsql-5432'], environment)).toMatchObject({ exitCode: 2 });
});

test('U-01 the exit code of the program is that of the failure', async () => {
  const { exitCode, out, err } = await spawnCli(['status', '--run-dir', '/nonexistent'], {});
  expect({ exitCode, out }).toEqual({ exitCode: 4, out: '' });
  expect(err).toContain('HF-CLI-001');
});
