import type { HierarchyBody, Role, ServerBody, StatusAnswer } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { listActions, type ActionName, type MenuTarget } from './actions.ts';

function aServer(name: string, more: Partial<ServerBody> = {}): ServerBody {
  return {
    name,
    role: 'member',
    state: 'alive',
    reason: null,
    version: '1',
    addresses: ['192.0.2.1'],
    port: 7600,
    lease: 'good',
    leaseGoodForMs: null,
    etcd: 'voter' as const,
    confirmFailover: false,
    blockFailover: false,
    shutdownStrategy: 'switchover',
    paths: [],
    ...more,
  };
}

function aHierarchy(more: Partial<HierarchyBody> = {}): HierarchyBody {
  const instances = {
    a: { state: 'in-service', reason: null },
    b: { state: 'standby', reason: null },
  } as const;
  return {
    id: 'db',
    summary: 'normal',
    desired: 'in-service',
    target: null,
    owner: { server: 'a', term: 1 },
    operation: null,
    priorities: { a: 1, b: 10 },
    resources: [
      { tag: 'db', kit: 'postgresql', children: ['disk'], instances },
      { tag: 'disk', kit: 'volume', children: [], instances },
    ],
    protection: ['lease'],
    warnings: [],
    ...more,
  };
}

/** Why an action cannot be done; `undefined` when it can. */
function refusalOf(
  name: ActionName,
  target: MenuTarget,
  given: {
    readonly role?: Role;
    readonly isCurrent?: boolean;
    readonly hierarchy?: Partial<HierarchyBody>;
    readonly server?: Partial<ServerBody>;
  } = {},
): string | undefined {
  const status: StatusAnswer = {
    cluster: 'c',
    answeredBy: 'a',
    at: '2026-01-01T00:00:00.000Z',
    profile: 'fast',
    maintenance: false,
    store: { state: 'available', reason: null },
    servers: [aServer('a'), aServer('b', given.server), aServer('w', { role: 'witness' })],
    hierarchies: [aHierarchy(given.hierarchy)],
  };
  const { role = 'administrator', isCurrent = true } = given;
  const action = listActions(target, { status, role, isCurrent }).find((one) => one.name === name);
  if (!action) throw new Error(`${name} is not offered`);
  return action.refusal?.key;
}

const onA: MenuTarget = { kind: 'instance', hierarchy: 'db', tag: 'db', server: 'a' };
const onB: MenuTarget = { ...onA, server: 'b' };
const onW: MenuTarget = { ...onA, server: 'w' };
const disk: MenuTarget = { kind: 'resource', hierarchy: 'db', tag: 'disk' };

test('U-03 a standing-by server is offered the hierarchy, the one that runs it is not', () => {
  expect(refusalOf('in-service', onB)).toBeUndefined();
  expect(refusalOf('in-service', onA)).toBe('refusal.alreadyHere');
  expect(refusalOf('in-service', onW)).toBe('refusal.witness');
});

test('U-03 S-02 what the role does not cover is refused before all else', () => {
  expect(refusalOf('in-service', onA, { role: 'guest' })).toBe('refusal.needsOperator');
  expect(refusalOf('extend', onB, { role: 'operator' })).toBe('refusal.needsAdministrator');
  expect(refusalOf('properties', onB, { role: 'guest' })).toBeUndefined();
});

test('U-03 nothing is changed on the strength of old news, but it may be looked at', () => {
  expect(refusalOf('out-of-service', disk, { isCurrent: false })).toBe('refusal.notCurrent');
  expect(refusalOf('explain', disk, { isCurrent: false })).toBeUndefined();
});

test('U-03 H-01 one operation at a time', () => {
  const hierarchy = { operation: 'op' };
  for (const name of ['in-service', 'out-of-service', 'unextend'] as const)
    expect(refusalOf(name, onB, { hierarchy })).toBe('refusal.operation');
});

test('R-07 nothing is moved in maintenance', () => {
  const warnings = [{ code: 'in-maintenance', facts: {} }];
  expect(refusalOf('in-service', onB, { hierarchy: { warnings } })).toBe('refusal.maintenance');
  expect(refusalOf('out-of-service', disk, { hierarchy: { warnings } })).toBe('refusal.maintenance');
});

test('S5 a server that does not answer is offered nothing', () => {
  expect(refusalOf('in-service', onB, { server: { state: 'unknown' } })).toBe('refusal.serverSilent');
});

test('K-12 what runs on a server is not unextended from there', () => {
  expect(refusalOf('unextend', onA)).toBe('refusal.runsHere');
  expect(refusalOf('unextend', onB)).toBeUndefined();
  expect(refusalOf('unextend', onW)).toBe('refusal.notExtended');
  expect(refusalOf('unextend', disk, { hierarchy: { priorities: { a: 1 } } })).toBe('refusal.lastServer');
});

test('U-03 a hierarchy that is out of service is not taken out again, and may be brought in anywhere', () => {
  const resources = aHierarchy().resources.map((resource) => ({
    ...resource,
    instances: {
      a: { state: 'standby' as const, reason: null },
      b: { state: 'standby' as const, reason: null },
    },
  }));
  const hierarchy = { desired: 'out-of-service' as const, owner: null, resources };
  expect(refusalOf('out-of-service', onA, { hierarchy })).toBe('refusal.alreadyOut');
  expect(refusalOf('in-service', onA, { hierarchy })).toBeUndefined();
});

test('U-03 only a resource with dependencies can lose one', () => {
  expect(refusalOf('remove-dependency', disk)).toBe('refusal.noChildren');
  expect(refusalOf('remove-dependency', { ...disk, tag: 'db' })).toBeUndefined();
});
