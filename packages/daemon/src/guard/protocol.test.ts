import { expect, test } from 'vitest';
import fc from 'fast-check';
import type { KillStep } from '@holdfast/engine/ports';
import { parsePush, parseRequest } from './protocol.ts';

const steps: readonly KillStep[] = [
  { kind: 'address', address: '10.0.0.7/24', device: 'eth0' },
  { kind: 'address', address: 'fd00::7', device: 'br-a' },
  { kind: 'processes', executable: '/usr/lib/postgresql/15/bin/postgres', directory: '/srv/pg/data' },
  { kind: 'processes', executable: '/opt/pg/bin/postgres', directory: '/srv/pg/data', mark: 'WHOSE=a=b' },
  { kind: 'unit', unit: 'postgresql@15-main.service' },
  { kind: 'unmount', mountPoint: '/srv/pg' },
  { kind: 'forget', file: '/run/holdfast/addresses/127.0.0.9' },
];

function plan(step: unknown): string {
  return JSON.stringify({ kind: 'plan', id: 1, hierarchy: 'h1', term: 3, steps: [step] });
}

test('S-04 every kill step passes unchanged through the socket', () => {
  const request = { kind: 'plan', id: 1, hierarchy: 'h1', term: 3, steps, incarnation: 'a' };
  expect(parseRequest(JSON.stringify(request))).toEqual(request);
});

test('S-04 a step that would become an option, a relative path, or the root is refused', () => {
  const bad: readonly unknown[] = [
    { kind: 'address', address: '-6', device: 'eth0' },
    { kind: 'address', address: '10.0.0.7', device: '--help' },
    { kind: 'address', address: '10.0.0.7 dev eth1', device: 'eth0' },
    { kind: 'unit', unit: '-q' },
    { kind: 'unmount', mountPoint: '/' },
    { kind: 'unmount', mountPoint: '//' },
    { kind: 'unmount', mountPoint: 'srv' },
    { kind: 'forget', file: 'relative' },
    { kind: 'processes', executable: '/bin/x', directory: '' },
    { kind: 'processes', executable: '/bin/x', directory: '/srv', mark: 7 },
    { kind: 'format-disk' },
    'text',
    null,
  ];
  for (const step of bad) expect(() => parseRequest(plan(step)), JSON.stringify(step)).toThrow();
});

test('S-04 what is no request throws and nothing else', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (line) => {
      expect(() => parseRequest(line)).toThrow(Error);
      expect(() => parsePush(line)).toThrow(Error);
    }),
  );
});

test('S2 the state of a lease passes unchanged, also that there is none', () => {
  const reason = { code: 'lease-good', facts: { leftMs: 7, ok: true, why: 'x' } };
  const lease = { lease: '77', incarnation: 'a', goodUntil: 12.5 };
  expect(parsePush(JSON.stringify({ kind: 'state', lease, reason }))).toEqual({
    kind: 'state',
    lease,
    reason,
  });
  expect(parsePush(JSON.stringify({ kind: 'state', reason }))).toEqual({
    kind: 'state',
    lease: undefined,
    reason,
  });
});
