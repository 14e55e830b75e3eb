import { changeRequest, hierarchyAnswer, type KitForm } from '@holdfast/contract';
import { expect, test } from 'vitest';
import {
  createPropertiesDraft,
  describePropertiesChange,
  listWrongProperties,
  type PropertiesDraft,
} from './draft.ts';

const text = { en: 'x', ja: 'x' };
const forms: readonly KitForm[] = [
  {
    name: 'postgresql',
    standsBeneath: false,
    holdsPaths: false,
    tunables: [],
    fields: (['user', 'executables'] as const).map((name) => ({
      name,
      type: 'text',
      choices: [],
      required: false,
      default: null,
      perServer: name === 'executables',
      label: text,
      help: text,
    })),
  },
];
const hierarchy = hierarchyAnswer.parse({
  id: 'pgsql',
  summary: 'normal',
  desired: 'in-service',
  target: null,
  owner: { server: 'server1', term: 1 },
  operation: null,
  priorities: { server1: 1, server2: 10 },
  protection: ['lease'],
  warnings: [],
  resources: [
    {
      tag: 'pgsql',
      kit: 'postgresql',
      children: [],
      instances: {},
      parameters: { user: 'postgres', port: 5432 },
      perServer: { server1: { executables: '/usr/bin' }, server2: { executables: '/usr/bin' } },
      checks: {
        quickEveryMs: 1000,
        deepEveryMs: 15000,
        quickDeadlineMs: 1000,
        deepDeadlineMs: 5000,
        badQuick: 1,
        badDeep: 3,
      },
      tunables: { PGSTARTTO: 60 },
    },
  ],
  recovery: {
    localRecovery: true,
    attempts: 2,
    windowMs: 1800000,
    restMs: 300000,
    failovers: 6,
    failoverWindowMs: 3600000,
  },
  switchback: { kind: 'intelligent' },
  maintenance: false,
});
const begun = createPropertiesDraft(hierarchy);
const describe = (draft: PropertiesDraft) => describePropertiesChange(hierarchy, draft, forms);

function withResource(changed: Partial<PropertiesDraft['resources'][string]>): PropertiesDraft {
  const resource = begun.resources['pgsql'];
  if (!resource) throw new Error('no resource');
  return { ...begun, resources: { pgsql: { ...resource, ...changed } } };
}

test('U-03 properties that nobody has touched change nothing', () => {
  expect(describe(begun)).toEqual({});
  expect(listWrongProperties(begun)).toEqual([]);
});

test('H-01 two servers change places in one request', () => {
  const change = describe({ ...begun, priorities: { server1: '10', server2: ' 1' } });
  expect(change).toEqual({ priorities: { server1: 10, server2: 1 } });
});

test('R-02 H-05 R-07 policies are sent in milliseconds, and only what differs', () => {
  const change = describe({
    ...begun,
    maintenance: true,
    switchback: 'automatic',
    healthySeconds: '90',
    localRecovery: false,
    recovery: { ...begun.recovery, windowMs: '60.5', attempts: '3' },
  });
  expect(change).toEqual({
    maintenance: true,
    switchback: { kind: 'automatic', healthyForMs: 90_000 },
    recovery: { localRecovery: false, windowMs: 60_500, attempts: 3 },
  });
  expect(changeRequest.safeParse(change).success).toBe(true);
});

test('R-01 K-18 of a resource its checks, limits and parameters are sent by tag', () => {
  const change = describe(
    withResource({
      checks: { ...begun.resources['pgsql']?.checks, quickEveryMs: '0.5', badDeep: '5' },
      tunables: { PGSTARTTO: '', PGSTOPTO: '30' },
      parameters: { user: 'admin', port: '5432' },
      perServer: { server1: { executables: '/usr/bin' }, server2: { executables: '/opt/bin' } },
    }),
  );
  expect(change).toEqual({
    resources: {
      pgsql: {
        checks: { quickEveryMs: 500, badDeep: 5 },
        tunables: { PGSTARTTO: null, PGSTOPTO: 30 },
        parameters: { user: 'admin' },
        perServer: { server2: { executables: '/opt/bin' } },
      },
    },
  });
  expect(changeRequest.safeParse(change).success).toBe(true);
});

test('U-03 what is typed wrong is named', () => {
  const draft = {
    ...withResource({ checks: { ...begun.resources['pgsql']?.checks, badQuick: 'often' } }),
    priorities: { server1: '0', server2: '10' },
    switchback: 'automatic' as const,
    healthySeconds: 'long',
  };
  expect(listWrongProperties(draft)).toEqual(['priority server1', 'healthySeconds', 'pgsql badQuick']);
});
