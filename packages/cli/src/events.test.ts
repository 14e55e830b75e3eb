import { expect, test } from 'vitest';
import { run, startApi } from './testing.ts';

function buildEvent(id: string, code: string, facts: Record<string, string> = {}) {
  const at = '2026-01-02T03:04:05.678Z';
  return {
    id,
    at,
    code,
    severity: 'alarm',
    server: 'server1',
    hierarchy: 'pgsql-5432',
    tag: 'vol-data',
    facts,
  };
}

test('R-08 events are one line each, with the sentence of their name', async () => {
  await using api = await startApi({
    'GET /events': () => ({ json: { events: [buildEvent('1', 'remove-failed', { cause: 'lease-lost' })] } }),
  });
  const { out } = await run(['events', '--limit', '5', '--since', '0', '--run-dir', api.runDirectory]);
  expect(api.asked[0]?.query).toEqual({ limit: '5', since: '0' });
  expect(out).toBe(
    '2026-01-02T03:04:05.678Z  alarm   server1  vol-data could not be stopped: ' +
      'this server no longer holds the lease under which this was decided\n',
  );
});

test('R-08 events --follow prints what comes, over broken pieces, until the stream ends', async () => {
  await using api = await startApi({
    'GET /events': (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const text = `: \n\nid: 1\ndata: ${JSON.stringify(buildEvent('1', 'removed'))}\n\n`;
      response.write(text.slice(0, 40));
      setImmediate(() => {
        response.write(text.slice(40));
        response.end(`id: 2\ndata: ${JSON.stringify(buildEvent('2', 'restored'))}\n\n`);
      });
      return 'handled';
    },
  });
  const { exitCode, out } = await run(['events', '-f', '-o', 'json', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).code)).toEqual(['removed', 'restored']);
  expect(api.asked[0]?.query).toMatchObject({ follow: 'true' });
});

test('U-01 events --follow ends in order when its time is over', async () => {
  await using api = await startApi({
    'GET /events': (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': \n\n');
      return 'handled';
    },
  });
  const { exitCode } = await run(['events', '-f', '--timeout', '200ms', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(0);
});

test('S-04 nothing that a foreign program wrote reaches the terminal as a control sequence', async () => {
  const facts = { cause: 'x\u001b[2Jy\u202ez' };
  await using api = await startApi({
    'GET /events': () => ({ json: { events: [buildEvent('1', 'resource-failed', facts)] } }),
  });
  const { out } = await run(['events', '--run-dir', api.runDirectory]);
  expect(out).toContain('vol-data has failed: x [2Jy z\n');
});

test('R-08 events are searched by text, gravity, name, server and time', async () => {
  await using api = await startApi({ 'GET /events': () => ({ json: { events: [] } }) });
  const search = ['--search', 'disk', '--severity', 'warning', '--code', 'gave-up', '--on', 'server1'];
  const span = ['--from', '2026-01-02T03:04Z', '--to', '2026-01-02T03:04:05.678Z'];
  const { exitCode } = await run(['events', ...search, ...span, '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(0);
  expect(api.asked[0]?.query).toEqual({
    limit: '50',
    search: 'disk',
    severity: 'warning',
    code: 'gave-up',
    server: 'server1',
    from: '2026-01-02T03:04:00.000Z',
    to: '2026-01-02T03:04:05.678Z',
  });
  const wrong = await run(['events', '--from', 'yesterday', '--run-dir', api.runDirectory]);
  expect(wrong.exitCode).toBe(2);
});
