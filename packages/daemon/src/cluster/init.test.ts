import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { serverFile } from '@holdfast/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf, inspectCertificate } from '../pki/inspect.ts';
import { pkiPaths, readPki } from '../pki/files.ts';
import { initCluster, type InitOptions } from './init.ts';
import { createSite, type TestSite } from './testing.ts';

let site: TestSite;
beforeAll(async () => {
  site = await createSite();
});
afterAll(async () => await site.close());

async function newOptions(change: Partial<InitOptions> = {}): Promise<InitOptions> {
  return site.initOptions(await site.place(1), change);
}

/** The pid of a process that has ended. */
function endedPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

describe('init', () => {
  test('C-01 makes the first server of a cluster: its file, its authority and its certificates', async () => {
    const options = await newOptions();
    const { file, fingerprint } = await initCluster(options);
    const [address] = options.addresses;
    expect(
      serverFile.parse(JSON.parse(await readFile(join(options.stateDir, 'server.json'), 'utf8'))),
    ).toEqual(file);
    expect(file).toMatchObject({
      cluster: 'test',
      server: 'server1',
      role: 'member',
      profile: 'test',
      etcd: { initialState: 'new', initialCluster: `server1=https://${address}:2380` },
      etcdEndpoints: [`https://${address}:2379`],
    });
    expect(file.etcd).toHaveProperty('binary', expect.stringMatching(/^\//));
    const pki = await readPki(options.stateDir);
    expect(fingerprintOf(pki.caCertificate)).toBe(fingerprint);
    expect(pki.caKey).toBeDefined();
    expect(inspectCertificate(pki.serverCertificate)).toMatchObject({
      commonName: 'server1',
      state: 'valid',
    });
    expect(inspectCertificate(pki.etcdClientCertificate).commonName).toBeUndefined();
    expect((await readdir(options.stateDir)).toSorted()).toEqual(['pki', 'server.json']);
    expect((await stat(join(options.stateDir, 'server.json'))).mode & 0o777).toBe(0o600);
  });

  test('C-01 several addresses stand in certificate, members and endpoints', async () => {
    const options = await newOptions();
    const [first = ''] = options.addresses;
    const second = first.replace(/\.1$/, '.101');
    const { file } = await initCluster({ ...options, addresses: [first, second] });
    expect(file.etcdEndpoints).toEqual([`https://${first}:2379`, `https://${second}:2379`]);
    expect(file.etcd).toHaveProperty(
      'initialCluster',
      `server1=https://${first}:2380,server1=https://${second}:2380`,
    );
    const { serverCertificate } = await readPki(options.stateDir);
    expect(inspectCertificate(serverCertificate).alternativeNames).toContain(`IP Address:${second}`);
  });

  test('C-01 with an existing etcd it takes that as it is', async () => {
    const etcd = { kind: 'existing', endpoints: ['https://10.9.9.9:2379'] } as const;
    const { file } = await initCluster(
      await newOptions({ etcd: { ...etcd, endpoints: [...etcd.endpoints] } }),
    );
    expect(file).toMatchObject({ etcd, etcdEndpoints: etcd.endpoints });
  });

  test('C-05 certificates are shown to an existing etcd over https only', async () => {
    const files = { ca: '/ca.crt', certificate: '/client.crt', key: '/client.key' };
    const etcd = { kind: 'existing' as const, endpoints: ['http://127.0.0.1:2379'], files };
    const refused = { code: 'HF-API-001', facts: { problem: expect.stringContaining('https') } };
    await expect(initCluster(await newOptions({ etcd }))).rejects.toMatchObject(refused);
  });

  test('C-01 is refused where a server is, and changes nothing there', async () => {
    const options = await newOptions();
    await initCluster(options);
    const before = await readFile(pkiPaths(options.stateDir).caKey, 'utf8');
    await expect(initCluster({ ...options, cluster: 'other' })).rejects.toMatchObject({
      code: 'HF-CLUSTER-001',
      facts: { cluster: 'test' },
    });
    expect(await readFile(pkiPaths(options.stateDir).caKey, 'utf8')).toBe(before);
  });

  const refused: Record<string, [Partial<InitOptions>, string]> = {
    'a bad cluster name': [{ cluster: 'No Good' }, 'HF-API-001'],
    'a bad server name': [{ server: '../../etc' }, 'HF-API-001'],
    'no address': [{ addresses: [] }, 'HF-API-001'],
    'a host name as address': [{ addresses: ['localhost'] }, 'HF-API-001'],
    'an address twice': [{ addresses: ['127.0.0.1', '127.0.0.1'] }, 'HF-API-001'],
    'an address twice in two spellings': [{ addresses: ['::1', '0:0::1'] }, 'HF-API-001'],
    'an address of nobody': [{ addresses: ['203.0.113.7'] }, 'HF-CLUSTER-008'],
    'the address of everybody': [{ addresses: ['0.0.0.0'] }, 'HF-CLUSTER-008'],
    'one port for two uses': [{ port: 2379 }, 'HF-API-001'],
    'no such etcd': [
      { etcd: { kind: 'embedded', binary: '/no/etcd', clientPort: 2379, peerPort: 2380 } },
      'HF-STORE-010',
    ],
    'an etcd that is none': [
      { etcd: { kind: 'embedded', binary: '/bin/true', clientPort: 2379, peerPort: 2380 } },
      'HF-STORE-010',
    ],
  };
  test.each(Object.entries(refused))(
    'C-01 %s is refused, and nothing is left behind',
    async (_title, [change, code]) => {
      const options = await newOptions(change);
      await expect(initCluster(options)).rejects.toMatchObject({ code });
      expect(await readdir(options.stateDir)).toEqual([]);
    },
  );

  test('C-01 a port in use is named, and nothing is left behind', async () => {
    const options = await newOptions();
    const [address = ''] = options.addresses;
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(2380, address, resolve));
    await expect(initCluster(options)).rejects.toMatchObject({
      code: 'HF-CLUSTER-009',
      facts: { address, port: 2380 },
    });
    expect(await readdir(options.stateDir)).toEqual([]);
    await new Promise((resolve) => other.close(resolve));
  });

  test.each(['pki', 'etcd'])('C-01 %s of an earlier server is not touched', async (name) => {
    const options = await newOptions();
    await mkdir(join(options.stateDir, name));
    await expect(initCluster(options)).rejects.toMatchObject({
      code: 'HF-CLUSTER-021',
      facts: { found: name },
    });
    expect(await readdir(options.stateDir)).toEqual([name]);
  });

  test('S-04 a directory that others may write to is refused', async () => {
    const options = await newOptions();
    await chmod(options.stateDir, 0o777);
    await expect(initCluster(options)).rejects.toMatchObject({ code: 'HF-CFG-005' });
  });

  test('C-01 a set-up that was killed at any point is taken away by the next one', async () => {
    const model = await newOptions();
    await initCluster(model);
    const staging = `.setup-${endedPid()}-00000000`;
    const killedAt = {
      'before the certificates': async (dir: string) => await mkdir(join(dir, staging)),
      'before the move': async (dir: string) => {
        await mkdir(join(dir, staging, 'pki'), { recursive: true });
        await writeFile(join(dir, staging, 'server.json'), '{}');
      },
      'between the moves': async (dir: string) => {
        await mkdir(join(dir, staging));
        await mkdir(join(dir, 'pki'));
        await writeFile(join(dir, staging, 'server.json'), '{}');
      },
    };
    for (const [point, kill] of Object.entries(killedAt)) {
      const options = await newOptions();
      await kill(options.stateDir);
      await initCluster(options);
      expect((await readdir(options.stateDir)).toSorted(), point).toEqual(['pki', 'server.json']);
      expect((await readPki(options.stateDir)).caKey, point).toBeDefined();
    }
    const finished = await newOptions();
    await initCluster(finished);
    await mkdir(join(finished.stateDir, staging));
    await expect(initCluster(finished)).rejects.toMatchObject({ code: 'HF-CLUSTER-001' });
    expect(await readdir(finished.stateDir)).toContain('pki');
  });

  test('C-01 one that is under way keeps another out', async () => {
    const options = await newOptions();
    await mkdir(join(options.stateDir, `.setup-${process.pid}-00000000`));
    await expect(initCluster(options)).rejects.toMatchObject({ code: 'HF-CFG-005' });
  });

  test('C-01 of two at once one makes the server, wholly, and the other is refused', async () => {
    for (let round = 0; round < 5; round += 1) {
      const options = await newOptions();
      const outcomes = await Promise.allSettled([initCluster(options), initCluster(options)]);
      const made = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
      expect(made.length).toBeLessThanOrEqual(1);
      const left = await readdir(options.stateDir);
      expect(left.toSorted()).toEqual(made.length === 1 ? ['pki', 'server.json'] : []);
      if (made[0])
        expect(fingerprintOf((await readPki(options.stateDir)).caCertificate)).toBe(made[0].fingerprint);
    }
  });

  test('C-01 a state directory that cannot be made is named', async () => {
    const options = await newOptions();
    await rename(options.stateDir, `${options.stateDir}.moved`);
    await writeFile(options.stateDir, '');
    await expect(initCluster(options)).rejects.toMatchObject({ code: 'HF-CFG-004' });
  });
});
