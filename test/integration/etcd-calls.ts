import type { LabCluster } from '@holdfast/lab/cluster';
import type { LabServer } from '@holdfast/lab/lab-server';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Runs on the server: asks its etcd member's gateway with the server's own certificate, and prints the answers. */
const program = `
const [directory, url, calls] = process.argv.slice(1);
const { readFileSync } = require('node:fs');
const { request } = require('node:https');
const read = (name) => readFileSync(directory + '/' + name);
const ask = ({ route, body }) => new Promise((resolve, reject) => {
  const sent = request(url + route, {
    method: 'POST', timeout: 2000,
    ca: read('ca.crt'), cert: read('etcd-client.pem'), key: read('etcd-client.pem'),
  }, (answer) => {
    let text = '';
    answer.on('data', (part) => (text += part));
    answer.on('end', () => resolve(JSON.parse(text)));
  });
  sent.on('error', reject);
  sent.end(JSON.stringify(body));
});
Promise.all(JSON.parse(calls).map(ask)).then(
  (answers) => process.stdout.write(JSON.stringify(answers)),
  (error) => { process.stderr.write(String(error)); process.exitCode = 1; },
);
`;

interface Call {
  readonly route: string;
  readonly body: object;
}

/** The answers of a server's etcd member; `undefined` when it has none. */
async function askEtcd(server: LabServer, calls: readonly Call[]): Promise<readonly unknown[] | undefined> {
  if (server.box.state() !== 'on') return undefined;
  const { state } = server.box.directories;
  const text = await readFile(path.join(state, 'server.json'), 'utf8');
  const port = /"clientPort":\s*(\d+)/.exec(text)?.[1] ?? '2379';
  const url = `https://${server.box.addresses[0] ?? ''}:${port}`;
  const args = ['-e', program, path.join(state, 'pki'), url, JSON.stringify(calls)];
  const { code, stdout } = await server.box.exec(process.execPath, args, { timeoutMs: 10_000 });
  return code === 0 ? (JSON.parse(stdout) as unknown[]) : undefined;
}

/** The name of the server whose etcd member leads. */
export async function etcdLeader(cluster: LabCluster): Promise<string> {
  for (const server of cluster.servers) {
    const answers = await askEtcd(server, [
      { route: '/v3/maintenance/status', body: {} },
      { route: '/v3/cluster/member/list', body: {} },
    ]);
    const [status, list] = (answers ?? []) as [
      { leader?: string }?,
      { members: { ID: string; name: string }[] }?,
    ];
    const leader = list?.members.find(({ ID }) => ID === status?.leader)?.name;
    if (leader !== undefined) return leader;
  }
  throw new Error('no etcd member knows a leader');
}

/** Writes one key past the product, as a newer version of it might. */
export async function putKey(server: LabServer, key: string, value: string): Promise<void> {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const body = { key: encode(key), value: encode(value) };
  const answers = await askEtcd(server, [{ route: '/v3/kv/put', body }]);
  if (!answers) throw new Error(`etcd on ${server.name} did not take the key`);
}

/** What stands below a prefix, in the order of the keys. */
export async function readKeys(
  server: LabServer,
  prefix: string,
  { keysOnly = false }: { readonly keysOnly?: boolean } = {},
): Promise<ReadonlyMap<string, string>> {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const decode = (text = ''): string => Buffer.from(text, 'base64').toString('utf8');
  const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  const body = { key: encode(prefix), range_end: encode(end), keys_only: keysOnly };
  const [answer] = (await askEtcd(server, [{ route: '/v3/kv/range', body }])) ?? [];
  const { kvs = [] } = (answer ?? {}) as { kvs?: readonly { key: string; value?: string }[] };
  return new Map(kvs.map(({ key, value }) => [decode(key), decode(value)]));
}

/** The keys below a prefix, in order. */
export async function listKeys(server: LabServer, prefix: string): Promise<readonly string[]> {
  return [...(await readKeys(server, prefix, { keysOnly: true })).keys()];
}
