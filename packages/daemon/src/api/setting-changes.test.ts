import { aHierarchy, aResource } from '@holdfast/engine/testing';
import { volumeKit } from '@holdfast/kits/volume/index';
import { postgresqlTunables } from '@holdfast/kits/postgresql/tunables';
import { bindKit, type Kit } from '@holdfast/kits';
import { expect, test } from 'vitest';
import { compareHierarchies, compareSettings } from './setting-changes.ts';

const volume: Kit = { ...bindKit(volumeKit), tunables: postgresqlTunables };
const kits = new Map([['volume', volume]]);

function gist(changes: ReturnType<typeof compareSettings>): readonly unknown[] {
  return changes.map(({ name, tag, server, from, to }) => [name, tag, server, from, to]);
}

test('H-06 a change of the cluster says what becomes of each setting, and what that means', () => {
  const before = { profile: 'safe', maintenance: false, tunables: { CONFIRMSOTO: 600 } } as const;
  const after = { profile: 'safe', maintenance: true, tunables: { CONFIRMSODEF: 0 } } as const;
  const changes = compareSettings(before, after, [volume]);
  expect(gist(changes)).toEqual([
    ['maintenance', null, null, false, true],
    ['CONFIRMSOTO', null, null, 600, null],
    ['CONFIRMSODEF', null, null, null, 0],
  ]);
  expect(changes[0]?.help.en).toContain('nothing is moved');
});

test('H-06 a change of a hierarchy names priorities, policies, checks, limits and parameters of each server', () => {
  const resource = aResource('volume', [], 'volume');
  const before = aHierarchy({
    resources: [{ ...resource, parameters: { path: '/old' }, instances: { a: { device: '/dev/sda' } } }],
  });
  const after = aHierarchy({
    priorities: { ...before.priorities, b: 20 },
    switchback: { kind: 'automatic', healthyForMs: 5_000 },
    resources: [
      {
        ...resource,
        parameters: { path: '/new' },
        instances: { a: { device: '/dev/sdb' } },
        checks: { ...resource.checks, deepEveryMs: 0 },
        tunables: { LKPGSQL_START_RETRIES: 20 },
      },
    ],
  });
  expect(gist(compareHierarchies(before, after, kits))).toEqual([
    ['priority', null, 'b', 10, 20],
    ['switchback', null, null, 'intelligent', 'automatic'],
    ['healthy', null, null, null, 5_000],
    ['deep-check', 'volume', null, 15_000, 0],
    ['LKPGSQL_START_RETRIES', 'volume', null, null, 20],
    ['path', 'volume', null, '/old', '/new'],
    ['device', 'volume', 'a', '/dev/sda', '/dev/sdb'],
  ]);
  expect(compareHierarchies(before, before, kits)).toEqual([]);
});
