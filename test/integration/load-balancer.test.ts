import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { findPort } from '@holdfast/lab/ports';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { createTestCluster, ownerOf, recoveryMs, whileWriting } from './testing.ts';

const haproxy = '/usr/sbin/haproxy';
const isMissing = !existsSync(haproxy);
const example = path.resolve(import.meta.dirname, '../../examples/haproxy.cfg');

let cluster: LabCluster;
let port: number;
let logFile: string;

const told = (): string => readFileSync(logFile, 'utf8');

beforeAll(async () => {
  if (isMissing) return;
  cluster = await createTestCluster({ servers: 3, witness: false });
  port = await findPort(cluster.boxes);
  const file = path.join(cluster.boxes.directory, 'haproxy.cfg');
  writeFileSync(file, await configure(readFileSync(example, 'utf8')));
  logFile = path.join(cluster.boxes.directory, 'haproxy.log');
  cluster.boxes.client.run(haproxy, ['-db', '-f', file], { logFile });
}, 180_000);
afterAll(() => cluster?.dispose(), 60_000);

/** The example as it stands, with the names, addresses and ports of this cluster. */
async function configure(text: string): Promise<string> {
  const { boxes, database, tags } = cluster;
  const { servers } = await cluster.status();
  const lines = servers.reduce((all, { name, addresses, port: apiPort }, index) => {
    const meant = `server ${name} 192.0.2.${index + 1}:5432 port 7600`;
    expect(all).toContain(meant);
    return all.replace(meant, `server ${name} ${addresses[0]}:${database.port} port ${apiPort}`);
  }, text);
  const authority = path.join(boxes.server('server1').directories.state, 'pki', 'ca.crt');
  return lines
    .replaceAll('pgsql-5432', tags.postgresql)
    .replace('bind :5432', `bind ${boxes.client.address}:${port}`)
    .replace('/etc/haproxy/ca.crt', authority);
}

/** Through HAProxy instead of to the floating address. */
function throughBalancer(): Pick<LabCluster, 'createClient' | 'detector'> {
  const address = cluster.boxes.client.address;
  return { detector: cluster.detector, createClient: () => cluster.createClient({ address, port }) };
}

test.skipIf(isMissing)(
  'U-04 (needs HAProxy) HAProxy asks the health addresses of three servers, and sends clients where the database is in service',
  async () => {
    onTestFailed(() => void process.stderr.write(told()));
    const tag = cluster.tags.postgresql;
    expect((await ownerOf(cluster)).name).toBe('server1');
    await whileWriting(throughBalancer(), async ({ flows }) => {
      await cluster.server('server1').holdfast(['in-service', tag, '--on', 'server2']);
      await cluster.waitForService({ on: 'server2', timeoutMs: recoveryMs });
      await flows();
      await cluster.server('server2').box.powerOff();
      await cluster.waitForService({ on: 'server1', timeoutMs: recoveryMs });
      await flows();
    });
    await cluster.server('server1').holdfast(['out-of-service', tag]);
    await waitFor(() => told().includes(`backend '${tag}' has no server available`), {
      what: 'HAProxy to have nowhere to send clients',
      timeoutMs: recoveryMs,
      describe: told,
    });
  },
  180_000,
);
