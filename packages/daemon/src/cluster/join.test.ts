import { readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:https';
import { pathRecord, serverRecord, type ServerFile } from '@holdfast/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGateway } from '../etcd/gateway.ts';
import {
  createAuthority,
  createRequest,
  issueEtcdClientCertificate,
  issueServerCertificate,
} from '../pki/authority.ts';
import { pkiPaths, readPki } from '../pki/files.ts';
import { until } from '../paths/testing.ts';
import { handleJoin, confirmJoined } from './admit.ts';
import { readServerFile } from '../server-file.ts';
import { registerFirstServer } from './init.ts';
import { joinCluster } from './join.ts';
import { createSite, keys, type TestNode, type TestPlace, type TestSite } from './testing.ts';
import { parseJoinToken } from './token.ts';

async function readConfig(node: TestNode) {
  const { entries } = await node.store.read(keys.config);
  const below = (prefix: string) =>
    entries.filter(({ key }) => key.startsWith(prefix)).map(({ value }) => JSON.parse(value) as unknown);
  return {
    servers: below(keys.server('')).map((record) => serverRecord.parse(record)),
    paths: below(keys.path('')).map((record) => pathRecord.parse(record)),
  };
}

async function tokensLeft(node: TestNode): Promise<number> {
  return (await node.store.read(keys.joinTokens)).entries.length;
}

/** The servers that have a vote in etcd; one that has none yet is marked. */
async function votersOf(node: TestNode): Promise<readonly string[]> {
  const members = await node.gateway.memberList();
  return members.map(({ name, isLearner }) => `${name}${isLearner ? ' (no vote)' : ''}`).toSorted();
}

/** Starts a server that has joined, and waits until it has its vote. */
async function startVoter(site: TestSite, place: TestPlace, file: ServerFile): Promise<TestNode> {
  const node = await site.start(place, file);
  await confirmJoined(node.store, keys, file.server);
  site.alive.add(file.server);
  node.voters.begin();
  let seen: readonly string[] = [];
  await until(
    `${file.server} votes`,
    async () => {
      seen = await votersOf(node);
      return (await readConfig(node)).servers.some(
        ({ name, etcd }) => name === file.server && etcd === 'voter' && seen.includes(name),
      );
    },
    () => seen.join(', '),
    40_000,
  );
  return node;
}

describe('a cluster that grows', () => {
  let site: TestSite;
  beforeAll(async () => {
    site = await createSite();
  });
  afterAll(async () => await site.close());

  test('C-01 servers and a witness join and get a vote, and any member admits the next', async () => {
    const first = await site.startFirst();
    site.alive.add(first.file.server);
    expect(await registerFirstServer(first.store, keys, { file: first.file, certificates: [] })).toBe(false);

    const place2 = await site.place(2);
    const { file: file2 } = await first.join(place2, 'server2');
    expect(file2).toMatchObject({
      cluster: 'test',
      role: 'member',
      profile: 'test',
      etcd: { kind: 'client' },
    });
    expect((await readdir(place2.stateDir)).toSorted()).toEqual(['pki', 'server.json']);
    expect((await stat(pkiPaths(place2.stateDir).caKey)).mode & 0o777).toBe(0o600);
    expect(await votersOf(first)).toEqual(['server1']);
    const second = await startVoter(site, place2, file2);
    expect(await readServerFile(place2.stateDir)).toMatchObject({ etcd: { initialState: 'existing' } });

    await first.stop();
    const again = await site.start(first.place, first.file);

    const place3 = await site.place(3);
    const { file: file3 } = await second.join(place3, 'witness', { role: 'witness' });
    expect((await readPki(place3.stateDir)).caKey).toBeUndefined();
    const witness = await startVoter(site, place3, file3);

    const { servers, paths } = await readConfig(again);
    expect(servers.map(({ name, role, etcd }) => [name, role, etcd])).toEqual([
      ['server1', 'member', 'voter'],
      ['server2', 'member', 'voter'],
      ['witness', 'witness', 'voter'],
    ]);
    expect(paths.map(({ id }) => id)).toEqual([
      'server1.server2.1',
      'server1.witness.1',
      'server2.witness.1',
    ]);
    expect(await tokensLeft(again)).toBe(0);

    const token = await witness.token();
    expect(parseJoinToken(token).contacts.map(({ address }) => address)).toEqual([
      again.file.addresses[0],
      second.file.addresses[0],
    ]);
  });
});

describe('joining', () => {
  let site: TestSite;
  let first: TestNode;
  beforeAll(async () => {
    site = await createSite();
    first = await site.startFirst();
  });
  afterAll(async () => await site.close());

  /** Expects that nothing was written here and nothing changed in the cluster. */
  async function expectNothing(place: TestPlace): Promise<void> {
    expect(await readdir(place.stateDir)).toEqual([]);
    const { servers, paths } = await readConfig(first);
    expect([servers.map(({ name }) => name), paths]).toEqual([['server1'], []]);
    expect(await first.gateway.memberList()).toHaveLength(1);
  }

  async function expectRefused(token: string, code: string, change = {}, at?: TestPlace): Promise<void> {
    const place = at ?? (await site.place(9));
    const joining = joinCluster(token, site.joinOptions(place, 'server9', change));
    await expect(joining).rejects.toMatchObject({ code });
    await expectNothing(place);
  }

  /** A token with something changed in it. */
  function forge(token: string, change: object): string {
    const parsed = JSON.parse(Buffer.from(token, 'base64url').toString()) as object;
    return Buffer.from(JSON.stringify({ ...parsed, ...change })).toString('base64url');
  }

  test.each(['', 'nonsense', 'e30', 'x'.repeat(10_000)])(
    'S-01 what is no token is refused: %.20s',
    async (text) => {
      await expectRefused(text, 'HF-CLUSTER-004');
    },
  );

  test('S-01 a wrong secret is refused, and the token stays good', async () => {
    const token = await first.token();
    await expectRefused(forge(token, { secret: '0'.repeat(64) }), 'HF-CLUSTER-003');
    await expectRefused(forge(token, { id: '0'.repeat(16) }), 'HF-CLUSTER-003');
    expect(await tokensLeft(first)).toBe(1);
  });

  test('S-01 an expired token is refused, and cleared away when the next one is made', async () => {
    const past = new Date(Date.now() - 7_200_000);
    await expectRefused(await first.token({ now: past }), 'HF-CLUSTER-003');
    await first.token({ now: past });
    await first.token();
    const left = (await first.store.read(keys.joinTokens)).entries.map(
      ({ value }) => JSON.parse(value) as unknown,
    );
    for (const record of left) expect(record).not.toHaveProperty('secret');
    expect(left.filter((record) => JSON.stringify(record).includes(past.toISOString().slice(0, 13)))).toEqual(
      [],
    );
  });

  test('S-01 the store keeps the hash of a secret only', async () => {
    const { secret } = parseJoinToken(await first.token());
    const { entries } = await first.store.read(keys.root);
    expect(entries.some(({ value }) => value.includes(secret.reveal()))).toBe(false);
  });

  test('S-01 a token with another fingerprint finds no server of its cluster', async () => {
    await expectRefused(forge(await first.token(), { ca: 'a'.repeat(64) }), 'HF-CLUSTER-006');
  });

  test('S-01 who only shows the authority certificate is not told the secret', async () => {
    const place = await site.place(8);
    const foreign = await createAuthority('test');
    const { key, request } = await createRequest();
    const addresses = [place.address];
    const certificate = await issueServerCertificate(foreign, { server: 'server1', addresses, request });
    let requests = 0;
    const cert = `${certificate}${first.pki.caCertificate}`;
    const impostor = createServer({ key: key.reveal(), cert }, (_request, response) => {
      requests += 1;
      response.end();
    });
    await new Promise<void>((resolve) => impostor.listen(7600, place.address, resolve));
    await expectRefused(forge(await first.token(), { at: [[place.address, 7600]] }), 'HF-CLUSTER-006');
    expect(requests).toBe(0);
    await new Promise((resolve) => impostor.close(resolve));
  });

  test('C-01 when one server of the token does not answer, the next one is asked', async () => {
    const nobody = (await site.place(7)).address;
    const token = await first.token();
    await expectRefused(forge(token, { at: [[nobody, 7600]] }), 'HF-CLUSTER-005');
    const own = first.file.addresses[0];
    const both = [
      [nobody, 7600],
      [own, 7600],
    ];
    await expectRefused(forge(token, { at: both, secret: '1'.repeat(64) }), 'HF-CLUSTER-003');
  });

  test('C-01 a taken name, and a taken address and port, are refused before the token is used', async () => {
    const before = await tokensLeft(first);
    const token = await first.token();
    await expectRefused(token, 'HF-CLUSTER-007', { server: 'server1' });
    const place = { stateDir: (await site.place(1)).stateDir, address: first.place.address };
    // This machine's own check finds the port in use, unless the servers are apart: it is asked of the member
    // directly.
    await expectRefused(token, 'HF-CLUSTER-009', { addresses: [place.address] }, place);
    const body = await createBody(token, { addresses: [place.address] });
    await expect(handleJoin(body, first.deps)).rejects.toMatchObject({ code: 'HF-CLUSTER-018' });
    expect(await tokensLeft(first)).toBe(before + 1);
  });

  async function createBody(token: string, change: object = {}): Promise<object> {
    const { id, secret } = parseJoinToken(token);
    const requests = [await createRequest(), await createRequest()];
    return {
      formatVersion: 1,
      tokenId: id,
      secret: secret.reveal(),
      server: 'server9',
      role: 'member',
      addresses: ['127.0.0.9'],
      port: 7600,
      etcd: { clientPort: 2379, peerPort: 2380 },
      serverRequest: requests[0]?.request,
      etcdClientRequest: requests[1]?.request,
      ...change,
    };
  }

  const malformed: Record<string, object> = {
    'a name that is a path': { server: '../x' },
    'a field more': { extra: 1 },
    'no request for a certificate': { serverRequest: 'none' },
    'a newer format': { formatVersion: 2 },
    'an address that is none': { addresses: ['server9'] },
  };
  test.each(Object.entries(malformed))('S-04 a request with %s is refused', async (_title, change) => {
    const body = await createBody(await first.token(), change);
    await expect(handleJoin(body, first.deps)).rejects.toMatchObject({ code: 'HF-API-001' });
  });

  test('S-01 a server without the authority key admits nobody', async () => {
    const { caCertificate } = first.pki;
    const deps = { ...first.deps, pki: () => ({ caCertificate, caKey: undefined }) };
    const refusal = handleJoin(await createBody(await first.token()), deps);
    await expect(refusal).rejects.toMatchObject({ code: 'HF-CLUSTER-022' });
  });

  test('S-01 of two joins with one token one is admitted', async () => {
    const token = await first.token();
    const places = [await site.place(4), await site.place(5)] as const;
    const outcomes = await Promise.allSettled([
      joinCluster(token, site.joinOptions(places[0], 'server4')),
      joinCluster(token, site.joinOptions(places[1], 'server5')),
    ]);
    const codes = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? 'joined' : codeOf(outcome.reason),
    );
    expect(codes).toContain('joined');
    expect(codes).toContain('HF-CLUSTER-003');
    const [name = ''] = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value.file.server] : [],
    );
    // A used token is of no use to anybody, also not to the server that used it.
    const replay = joinCluster(token, site.joinOptions(await site.place(6), name));
    await expect(replay).rejects.toMatchObject({ code: 'HF-CLUSTER-003' });

    // While that server has not come up it may join again, also elsewhere; etcd hears of none of it.
    await first.join(await site.place(name === 'server4' ? 4 : 5), name);
    const elsewhere = await site.place(6);
    await first.join(elsewhere, name);
    expect(await first.gateway.memberList()).toHaveLength(1);
    const { servers, paths } = await readConfig(first);
    expect(servers).toContainEqual(expect.objectContaining({ name, addresses: [elsewhere.address] }));
    expect(paths).toHaveLength(1);
    expect(paths[0]?.ends[1]).toEqual({ server: name, address: elsewhere.address });
  });

  test('S-01 etcd answers the client certificate, and none of another cluster or none at all', async () => {
    const { caCertificate: ca, etcdClientCertificate, etcdClientKey } = first.pki;
    const foreign = await createRequest();
    const { request } = foreign;
    const asks = async (cert: string, key: string): Promise<string> => {
      const gateway = createGateway({
        endpoints: first.file.etcdEndpoints,
        tls: { ca, cert, key },
        callTimeoutMs: 2_000,
      });
      const range = gateway.range({ key: 'x', prefix: false });
      const answer = await range.then(
        () => 'answered',
        () => 'refused',
      );
      gateway.close();
      return answer;
    };
    expect(await asks(etcdClientCertificate, etcdClientKey.reveal())).toBe('answered');
    const issued = await issueEtcdClientCertificate(await createAuthority('test'), { request });
    expect(await asks(issued, foreign.key.reveal())).toBe('refused');
    expect(await asks('', '')).toBe('refused');
  });

  test('C-01 a server without an etcd member joins; once it came up its name is taken', async () => {
    const endpoints = [...first.file.etcdEndpoints];
    const { file } = await first.join(await site.place(3), 'server3', {
      etcd: { kind: 'existing', endpoints },
    });
    expect(file.etcd).toEqual({ kind: 'existing', endpoints });
    expect(await first.gateway.memberList()).toHaveLength(1);
    await confirmJoined(first.store, keys, 'server3');
    const again = first.join(await site.place(3), 'server3');
    await expect(again).rejects.toMatchObject({ code: 'HF-CLUSTER-007', facts: { server: 'server3' } });
  });
});

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}
