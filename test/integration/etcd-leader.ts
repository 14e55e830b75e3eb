import type { LabServer } from '@holdfast/lab/lab-server';
import type { LabCluster } from '@holdfast/lab/cluster';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Asks a server's etcd member over its gateway who leads, with the server's own certificate. */
const question = `
const [directory, url] = process.argv.slice(1);
const { readFileSync } = require('node:fs');
const { request } = require('node:https');
const read = (name) => readFileSync(directory + '/' + name);
const ask = (route) => new Promise((resolve, reject) => {
  const sent = request(url + route, {
    method: 'POST', timeout: 2000,
    ca: read('ca.crt'), cert: read('etcd-client.crt'), key: read('etcd-client.key'),
  }, (answer) => {
    let text = '';
    answer.on('data', (part) => (text += part));
    answer.on('end', () => resolve(JSON.parse(text)));
  });
  sent.on('error', reject);
  sent.end('{}');
});
Promise.all([ask('/v3/maintenance/status'), ask('/v3/cluster/member/list')]).then(([status, { members }]) => {
  process.stdout.write(members.find(({ ID }) => ID === status.leader)?.name ?? '');
}, (error) => { process.stderr.write(String(error)); process.exitCode = 1; });
`;

/** The name of the server whose member leads; `undefined` when this one does not know. */
export async function readLeader(cluster: LabCluster, server: LabServer): Promise<string | undefined> {
  if (server.box.state() !== 'on') return undefined;
  const state = server.box.directories.state;
  const text = await readFile(path.join(state, 'server.json'), 'utf8');
  const port = /"clientPort":\s*(\d+)/.exec(text)?.[1] ?? '2379';
  const url = `https://${server.box.address}:${port}`;
  const args = ['-e', question, path.join(state, 'pki'), url];
  const { code, stdout } = await server.box.exec(process.execPath, args, { timeoutMs: 10_000 });
  return code === 0 && cluster.servers.some(({ name }) => name === stdout) ? stdout : undefined;
}
