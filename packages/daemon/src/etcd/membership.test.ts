import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profiles } from '@holdfast/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readPki } from '../pki/files.ts';
import { toClientTls } from './client-tls.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { createMember, type Member } from './member.ts';
import { admitMember, dismissMember, promoteMember } from './membership.ts';
import { freePort, writeTestPki } from './testing.ts';

const joinMs = 15_000;

let directory: string;
let gateway: Gateway;
let members: Member[];
let serverUrl: string;

interface Place {
  readonly server: string;
  readonly clientPort: number;
  readonly peerPort: number;
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-join-'));
  members = [];
  await writeTestPki(directory, ['127.0.0.1']);
  const place = await findPlace('server1');
  const first = openMember(place, { initialState: 'new', initialCluster: `server1=${peerUrl(place)}` });
  await first.start();
  await first.ready({ timeoutMs: joinMs });
  serverUrl = first.clientUrl;
  gateway = createGateway({
    endpoints: [serverUrl],
    tls: toClientTls(await readPki(directory)),
    callTimeoutMs: 2_000,
  });
});
afterEach(async () => {
  gateway.close();
  await Promise.all(members.map((member) => member.stop()));
  rmSync(directory, { recursive: true, force: true });
});

async function findPlace(server: string): Promise<Place> {
  return { server, clientPort: await freePort(), peerPort: await freePort() };
}

function peerUrl(place: Place): string {
  return `https://127.0.0.1:${place.peerPort}`;
}

function openMember(
  { server, clientPort, peerPort }: Place,
  first: { readonly initialState: 'new' | 'existing'; readonly initialCluster: string },
): Member {
  const stateDir = join(directory, `${server}-${members.length}`);
  mkdirSync(stateDir);
  cpSync(join(directory, 'pki'), join(stateDir, 'pki'), { recursive: true });
  const member = createMember({
    cluster: 'test',
    server,
    addresses: ['127.0.0.1'],
    etcd: { kind: 'embedded', binary: '/usr/bin/etcd', clientPort, peerPort, ...first },
    profile: profiles.test,
    stateDir,
    runDir: join(stateDir, 'run'),
  });
  members.push(member);
  return member;
}

async function joinServer(place: Place): Promise<string> {
  const { memberId, initialCluster } = await admitMember(
    gateway,
    {
      server: place.server,
      peerUrls: [peerUrl(place)],
    },
    { timeoutMs: joinMs },
  );
  const member = openMember(place, { initialState: 'existing', initialCluster });
  await member.start();
  await member.ready({ timeoutMs: joinMs });
  await promoteMember(gateway, memberId, { timeoutMs: joinMs });
  return memberId;
}

async function listNames(): Promise<readonly string[]> {
  const list = await gateway.memberList();
  return list.map(({ name, isLearner }) => `${name}${isLearner ? ' (learner)' : ''}`).sort();
}

test('C-01 servers join one after the other, and get their vote once they are in sync', async () => {
  await gateway.put('/k', '1');
  const second = await joinServer(await findPlace('server2'));
  await joinServer(await findPlace('server3'));
  expect(await listNames()).toEqual(['server1', 'server2', 'server3']);
  await promoteMember(gateway, second, { timeoutMs: joinMs });
  const [first] = members;
  if (!first) throw new Error('no member');
  gateway.setEndpoints(members.map((member) => member.clientUrl));
  await first.stop();
  await expect
    .poll(() => gateway.range({ key: '/k', prefix: false }).catch(() => undefined), { timeout: joinMs })
    .toMatchObject({
      entries: [{ value: '1' }],
    });
});

test('S8 a join that was broken off can be begun anew, and leaves one member', async () => {
  const place = await findPlace('server2');
  const wanted = { server: 'server2', peerUrls: [peerUrl(place)] };
  const broken = await admitMember(gateway, wanted, { timeoutMs: joinMs });
  const half = openMember(place, { initialState: 'existing', initialCluster: broken.initialCluster });
  await half.start();
  await half.ready({ timeoutMs: joinMs });
  await half.stop();
  const id = await joinServer(place);
  expect(id).not.toBe(broken.memberId);
  expect(await listNames()).toEqual(['server1', 'server2']);
});

test('one server joins at a time, and a name is taken once', async () => {
  const [second, third] = [await findPlace('server2'), await findPlace('server3')];
  const { memberId } = await admitMember(
    gateway,
    { server: 'server2', peerUrls: [peerUrl(second)] },
    { timeoutMs: joinMs },
  );
  await expect(
    admitMember(gateway, { server: 'server3', peerUrls: [peerUrl(third)] }, { timeoutMs: joinMs }),
  ).rejects.toMatchObject({
    code: 'HF-CLUSTER-017',
  });
  await expect(
    admitMember(gateway, { server: 'server1', peerUrls: [peerUrl(third)] }, { timeoutMs: joinMs }),
  ).rejects.toMatchObject({
    code: 'HF-CLUSTER-007',
    facts: { server: 'server1' },
  });
  await dismissMember(gateway, memberId);
  await dismissMember(gateway, memberId);
  expect(await listNames()).toEqual(['server1']);
});

test('a learner that never comes gets no vote, and the wait ends by its deadline', async () => {
  const place = await findPlace('server2');
  const { memberId } = await admitMember(
    gateway,
    { server: 'server2', peerUrls: [peerUrl(place)] },
    { timeoutMs: joinMs },
  );
  await expect(promoteMember(gateway, memberId, { timeoutMs: 500 })).rejects.toMatchObject({
    code: 'HF-CLUSTER-016',
  });
  await gateway.put('/k', 'one voter is still enough');
  await expect(promoteMember(gateway, '12345', { timeoutMs: 500 })).rejects.toMatchObject({
    code: 'HF-STORE-005',
  });
});
