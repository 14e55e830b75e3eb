import type { DoctorAnswer, DoctorFinding } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { run, startApi } from './testing.ts';

const passed = finding('clock', 'passed', 'clock-ok', { reference: 'server1', offsetMs: 3, uncertainMs: 1 });
const warned = finding('watchdog', 'warned', 'watchdog-none', {});
const failed = finding('password-file', 'failed', 'password-line-missing', {
  user: 'postgres',
  passwordFile: '/root/.pgpass',
  passwordLine: 'localhost:5432:template1:postgres:PASSWORD',
});

function finding(
  check: string,
  outcome: DoctorFinding['outcome'],
  code: string,
  facts: DoctorFinding['reason']['facts'],
): DoctorFinding {
  return { check, outcome, reason: { code, facts }, server: 'server2', tag: null, message: '', remedy: null };
}

function startDoctor(findings: DoctorFinding[]) {
  const answer: DoctorAnswer = {
    answeredBy: 'server1',
    at: '2026-01-02T03:04:05.678Z',
    servers: [{ server: 'server2', answered: true, findings }],
  };
  return startApi({ 'GET /doctor': () => ({ json: answer }) });
}

test('K-22 doctor shows what did not pass first, with the line to add, and exits with 1 when a check failed', async () => {
  await using api = await startDoctor([passed, warned, failed]);
  const { exitCode, out } = await run(['doctor', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(1);
  const lines = out.split('\n');
  expect(lines[0]).toBe('server2: 1 failed, 1 warned, 1 passed');
  expect(lines[1]).toMatch(/^failed {2}server2 {2}password-file: postgres needs a password/);
  expect(lines[2]).toMatch(/\/root\/\.pgpass .*: localhost:5432:template1:postgres:PASSWORD$/);
  expect(out).not.toContain('clock');
  expect(api.asked[0]?.query).toEqual({});
});

test('K-22 doctor names the servers to check, and exits with 0 when every check passed or warned', async () => {
  await using api = await startDoctor([passed, warned]);
  const command = ['doctor', 'server2', 'server3', '--all', '--run-dir', api.runDirectory];
  const { exitCode, out } = await run(command, { language: 'ja' });
  expect(exitCode).toBe(0);
  expect(api.asked[0]?.query).toEqual({ server: 'server2,server3' });
  expect(out).toContain('時計と server1 の時計との差は 3 ミリ秒です');
  expect(out).toContain('modprobe softdog');
});

test('U-01 doctor -o json prints the answer as it is', async () => {
  await using api = await startDoctor([failed]);
  const { exitCode, out } = await run(['doctor', '-o', 'json', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    servers: [{ server: 'server2', findings: [{ outcome: 'failed' }] }],
  });
});
