import type { CertificatesAnswer } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { buildStatus, run, startApi } from './testing.ts';

const authority = 'a'.repeat(64);
const notAfter = '2028-03-01T12:00:00.000Z';
const json: CertificatesAnswer = {
  authorities: [{ fingerprint: authority, subject: 'O=holdfast, CN=prod', notAfter, state: 'valid' }],
  certificates: [
    {
      ...{ server: 'server1', serial: '0A1B', use: 'server', authority, notAfter, state: 'ends-soon' },
      ...{ names: ['server1'], addresses: ['10.0.0.1'] },
    },
    {
      ...{ server: 'server9', serial: '0C', use: null, authority: null, notAfter, state: 'revoked' },
      ...{ names: [], addresses: [] },
    },
  ],
};

test('S-01 "holdfast certificate list" shows who has which certificate until when, and what is revoked', async () => {
  await using api = await startApi({ 'GET /certificates': () => ({ json }) });
  const { out, exitCode } = await run(['certificate', 'list', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(0);
  expect(out).toMatch(
    /server1 +port and etcd member +ends soon +2028-03-01.* +0A1B +a{16} +server1, 10\.0\.0\.1/,
  );
  expect(out).toMatch(/server9 +- +revoked +2028-03-01.* +0C/);
  expect(out).toContain('O=holdfast, CN=prod');
});

test('S-01 "holdfast certificate renew" asks for the server that is named, else for the one that answers', async () => {
  await using api = await startApi({
    'GET /status': () => ({ json: { ...buildStatus(), answeredBy: 'server1' } }),
    'POST /servers/server1/certificate': () => ({ json }),
    'POST /servers/server2/certificate': () => ({ json }),
  });
  const place = ['--run-dir', api.runDirectory];
  expect((await run(['certificate', 'renew', ...place])).exitCode).toBe(0);
  expect((await run(['certificate', 'renew', 'server2', '--dry-run', ...place])).exitCode).toBe(0);
  const changes = api.asked.filter(({ method }) => method === 'POST');
  expect(changes.map(({ path, body }) => [path, body])).toEqual([
    [expect.stringContaining('/servers/server1/certificate'), { dryRun: false }],
    [expect.stringContaining('/servers/server2/certificate'), { dryRun: true }],
  ]);
});
