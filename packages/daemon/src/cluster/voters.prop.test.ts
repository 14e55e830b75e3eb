import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EtcdMember } from '../etcd/gateway.ts';
import type { ServerRecord } from './records.ts';
import { decideVoters, maxVoters, ownerOf, type VoterStep } from './voters.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

interface World {
  servers: ServerRecord[];
  members: EtcdMember[];
  /** Servers whose file says that a member runs there. */
  readonly holders: Set<string>;
  readonly alive: Set<string>;
  made: number;
}

function recordOf(name: string, etcd: ServerRecord['etcd']): ServerRecord {
  return {
    ...{ formatVersion: 1, name, role: 'member', addresses: [`10.0.0.${names.indexOf(name) + 1}`] },
    ...{ port: 7600, etcdClientPort: 2379, etcdPeerPort: 2380, etcd },
    ...{ confirmFailover: false, blockFailover: false, shutdownStrategy: 'switchover', certificates: [] },
  };
}

function found(): World {
  const world: World = { servers: [], members: [], holders: new Set(['a']), alive: new Set(['a']), made: 0 };
  world.servers.push(recordOf('a', 'voter'));
  world.members.push(memberOf(world, 'a', { name: 'a', isLearner: false }));
  return world;
}

function memberOf(world: World, server: string, made: Pick<EtcdMember, 'name' | 'isLearner'>): EtcdMember {
  world.made += 1;
  const peerUrls = [`https://10.0.0.${names.indexOf(server) + 1}:2380`];
  return { id: `${world.made}`, peerUrls, clientUrls: [], ...made };
}

function look(world: World, server: string, late: ReadonlySet<string> = new Set()): VoterStep {
  const { members, alive } = world;
  const servers = world.servers.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return decideVoters({ server, members, servers, alive, late, hasMember: world.holders.has(server) });
}

/** etcd's own rule: no voter may be taken out while too few of the others live. */
function mayLose({ members, alive }: World, member: EtcdMember): boolean {
  const voters = members.filter(({ isLearner }) => !isLearner);
  if (member.isLearner || !alive.has(member.name)) return true;
  const left = voters.filter(({ name }) => name !== member.name && alive.has(name)).length;
  return left >= Math.floor((voters.length - 1) / 2) + 1;
}

/** Without one the configuration cannot be changed. */
function hasMajority({ members, alive }: World): boolean {
  const voters = members.filter(({ isLearner }) => !isLearner);
  return voters.filter(({ name }) => alive.has(name)).length > voters.length / 2;
}

function perform(world: World, server: string, step: VoterStep): void {
  const setEtcd = (etcd: ServerRecord['etcd']): void => {
    world.servers = world.servers.map((one) => (one.name === server ? { ...one, etcd } : one));
  };
  const dismiss = (member: EtcdMember): void => {
    if (!mayLose(world, member)) return;
    world.members = world.members.filter(({ id }) => id !== member.id);
  };
  switch (step.kind) {
    case 'rest':
    case 'wait':
      return;
    case 'claim':
      return setEtcd('learner');
    case 'confirm':
      return setEtcd('voter');
    case 'become': {
      for (const member of step.earlier) dismiss(member);
      if (world.members.some(({ isLearner }) => isLearner)) return;
      world.members.push(memberOf(world, server, { name: '', isLearner: true }));
      world.holders.add(server);
      return;
    }
    case 'promote':
      world.members = world.members.map((one) =>
        one.id === step.id ? { ...one, name: server, isLearner: false } : one,
      );
      return;
    case 'retire':
      if (step.member) dismiss(step.member);
      if (!step.member || !world.members.includes(step.member)) world.holders.delete(server);
      return;
    case 'dismiss':
      return dismiss(step.member);
    default:
      step satisfies never;
  }
}

/** Lets every living server act in turn until all rest. Answers whether they came to rest. */
function settle(world: World): boolean {
  for (let round = 0; round < 60; round += 1) {
    const late = new Set(
      world.members
        .filter((one) => one.isLearner && !world.alive.has(ownerOf(one, world.servers) ?? ''))
        .map(({ id }) => id),
    );
    let isQuiet = true;
    for (const { name } of world.servers.filter((one) => world.alive.has(one.name))) {
      const step = look(world, name, late);
      if (step.kind !== 'rest') isQuiet = false;
      perform(world, name, step);
      expect(world.members.filter(({ isLearner }) => isLearner).length).toBeLessThanOrEqual(1);
      expect(world.members.filter(({ isLearner }) => !isLearner).length).toBeLessThanOrEqual(maxVoters);
    }
    if (isQuiet) return true;
  }
  return false;
}

const change = fc.record({
  name: fc.constantFrom(...names),
  kind: fc.constantFrom('join', 'die', 'wake', 'remove', 'replace', 'step', 'lose-data'),
});

function apply(world: World, { name, kind }: { readonly name: string; readonly kind: string }): void {
  const isThere = world.servers.some((one) => one.name === name);
  const others = [...world.alive].filter((one) => one !== name);
  switch (kind) {
    case 'join':
      if (isThere) return;
      world.servers.push(recordOf(name, 'client'));
      world.holders.delete(name);
      world.alive.add(name);
      return;
    case 'die':
      if (others.length > 0) world.alive.delete(name);
      return;
    case 'wake':
      if (isThere) world.alive.add(name);
      return;
    case 'remove':
    case 'replace': {
      if (!isThere || world.alive.has(name) || !hasMajority(world)) return;
      world.servers = world.servers.filter((one) => one.name !== name);
      world.holders.delete(name);
      if (kind === 'replace') apply(world, { name, kind: 'join' });
      return;
    }
    case 'step':
      if (isThere && world.alive.has(name)) perform(world, name, look(world, name));
      return;
    default:
      // A server whose start was broken off between two of its steps.
      if (world.holders.has(name) && world.members.some((one) => one.isLearner && one.name === ''))
        world.alive.delete(name);
  }
}

test('C-01 whoever joins, dies, is removed or replaced: etcd ends with the voters of the configuration and no other', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const world = found();
      for (const one of changes) apply(world, one);
      for (const { name } of world.servers) world.alive.add(name);
      if (world.servers.length === 0) return;
      expect(settle(world)).toBe(true);
      const voters = world.servers.filter(({ etcd }) => etcd === 'voter').map(({ name }) => name);
      expect(world.members.map(({ name }) => name).toSorted()).toEqual(voters.toSorted());
      expect(voters).toHaveLength(Math.min(maxVoters, world.servers.length));
    }),
    { numRuns: 500 },
  );
});

test('C-01 a further server waits while five vote, and follows when one of them is taken out', () => {
  const world = found();
  for (const name of names) apply(world, { name, kind: 'join' });
  expect(settle(world)).toBe(true);
  expect(look(world, 'f')).toEqual({ kind: 'rest' });
  world.alive.delete('b');
  apply(world, { name: 'b', kind: 'remove' });
  expect(settle(world)).toBe(true);
  expect(world.members.map(({ name }) => name).toSorted()).toEqual(['a', 'c', 'd', 'e', 'f']);
});

test('C-01 where somebody else tends etcd, its members are nobody’s business', () => {
  const world = found();
  world.servers = [recordOf('a', 'external'), recordOf('b', 'external')];
  world.alive.add('b');
  for (const { name } of world.servers) expect(look(world, name)).toEqual({ kind: 'rest' });
});
