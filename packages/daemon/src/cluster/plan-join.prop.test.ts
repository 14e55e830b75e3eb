import { createKeys, pathRecord, revocationRecord, serverRecord } from '@holdfast/contract';
import type { ServerCertificate } from '@holdfast/core';
import type { StoreEntry } from '@holdfast/engine/ports';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planJoin } from './plan-join.ts';
import { readMembership } from './records.ts';
import type { JoinRequest } from './wire.ts';

const keys = createKeys('c');

/** A store of one thread: what the plans write is all that is in it. */
function createMap() {
  const entries = new Map<string, StoreEntry>();
  const issued = new Set<string>();
  let revision = 1;
  return {
    /** Every serial that any server was ever issued. */
    issued: (): readonly string[] => [...issued],
    store: {
      read: (prefix: string) => {
        const found = [...entries.values()].filter(({ key }) => key.startsWith(prefix));
        return Promise.resolve({ revision, entries: found.toSorted((a, b) => (a.key < b.key ? -1 : 1)) });
      },
      commit: () => Promise.resolve(false),
      watch: () => () => {},
    },
    apply(write: ReturnType<typeof planJoin>['write']): void {
      revision += 1;
      for (const one of write) {
        if ('delete' in one) entries.delete(one.delete);
        else {
          const { put: key, value } = one;
          for (const serial of value.match(/(?<="serial":")\w+/g) ?? []) issued.add(serial);
          entries.set(key, { key, value, createRevision: revision, modRevision: revision, lease: '0' });
        }
      }
    },
  };
}

function createRequest(server: string, host: number): JoinRequest {
  return {
    formatVersion: 1,
    tokenId: '0'.repeat(16),
    secret: '0'.repeat(64),
    server,
    role: 'member',
    addresses: [`10.0.${host}.1`, `10.1.${host}.1`],
    port: 7600,
    etcd: { clientPort: 2379, peerPort: 2380 },
    serverRequest: '',
    etcdClientRequest: '',
  };
}

const notAfter = '2028-01-01T00:00:00.000Z';

function certificate(n: number): ServerCertificate {
  return { serial: serialOf(n), use: 'server', authority: '0'.repeat(64), notAfter };
}

function serialOf(n: number): string {
  return (16 + n).toString(16).toUpperCase();
}

const names = ['a', 'b-1', 'b', 'c', 'd'];
const step = fc.constantFrom(...names);

/** Servers join and join again, each with a certificate of its own. Answers who is there at the end. */
async function play(
  { store, apply }: ReturnType<typeof createMap>,
  steps: readonly string[],
): Promise<ReadonlySet<string>> {
  const expected = new Set<string>();
  for (const [n, name] of steps.entries()) {
    const membership = await readMembership(store, keys);
    const token = { key: keys.joinToken(`${n}`), value: '', createRevision: 1, modRevision: 1, lease: '0' };
    const certificates = [certificate(n)];
    const request = createRequest(name, n);
    apply(planJoin(keys, membership, { request, certificates, etcd: 'client', token, at: notAfter }).write);
    expected.add(name);
  }
  return expected;
}

test('S-01 whoever joins again: what was issued before is revoked, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const map = createMap();
      await play(map, steps);
      const { servers } = await readMembership(map.store, keys);
      const valid = servers.flatMap(({ certificates }) => certificates.map(({ serial }) => serial));
      const { entries } = await map.store.read(keys.revoked(''));
      for (const entry of entries)
        expect(revocationRecord.parse(JSON.parse(entry.value))).toMatchObject({ notAfter });
      const revoked = entries.map(({ key }) => key.slice(keys.revoked('').length));
      expect(valid).toHaveLength(servers.length);
      expect([...valid, ...revoked].toSorted()).toEqual(map.issued().toSorted());
    }),
  );
});

test('C-02 whoever joins or joins again: every pair of servers has one path for each network', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const map = createMap();
      const expected = await play(map, steps);
      const { servers, paths } = await readMembership(map.store, keys);
      expect(new Set(servers.map((server) => serverRecord.parse(server).name))).toEqual(expected);
      const pairs = servers.flatMap((one) =>
        servers.filter((other) => one.name < other.name).map((other) => [one, other]),
      );
      expect(paths).toHaveLength(2 * pairs.length);
      for (const pair of pairs)
        for (const network of [0, 1]) {
          const ends = pair.map(({ name, addresses }) => ({ server: name, address: addresses[network] }));
          const id = `${ends[0]?.server}.${ends[1]?.server}.${network + 1}`;
          const path = paths.find((one) => one.id === id);
          expect(pathRecord.parse(path)).toMatchObject({ ends, priority: network + 1 });
        }
    }),
  );
});
