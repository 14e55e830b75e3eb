import { access, constants } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { createError } from '@holdfast/contract';
import { readEtcdFiles } from '../etcd/existing-tls.ts';
import { tryAtEtcd } from '../etcd/gateway.ts';
import { checkPlaceFree } from '../etcd/member-ports.ts';
import { readEtcdVersion, type EtcdVersion } from '../etcd/member-version.ts';
import { canonicalAddress } from './addresses.ts';
import { portsOf, type ServerSetup } from './setup.ts';

const etcdPlaces = ['/usr/bin/etcd', '/usr/local/bin/etcd', '/opt/etcd/etcd'];
/** Members that join without a vote first (learners) came with etcd 3.4. */
const oldestEtcd = [3, 4] as const;

/**
 * Checks what this machine must have before anything is written: the addresses, free ports, the program etcd.
 * Returns etcd's absolute path (`undefined` where an existing etcd is used).
 *
 * An existing etcd that was given with certificates is asked with them, because nothing else shows whether it takes them.
 *
 * Throws HF-CLUSTER-008 (not an address of this server), HF-CLUSTER-009 (port in use), HF-STORE-010 (no
 * etcd), HF-STORE-001 and -014 (it does not answer, or not with these certificates), and those of
 * {@link readEtcdFiles}.
 */
export async function checkServer(setup: ServerSetup): Promise<string | undefined> {
  for (const address of setup.addresses) {
    if (!isOfThisServer(address)) throw createError('HF-CLUSTER-008', { address });
    for (const port of portsOf(setup)) await checkPlaceFree({ address, port });
  }
  const { etcd } = setup;
  if (etcd.kind === 'embedded') return await findEtcd(etcd.binary);
  if (etcd.files) await tryAtEtcd(etcd.endpoints, await readEtcdFiles(etcd.files));
  return undefined;
}

/** The whole of 127.0.0.0/8 is this server's, though only 127.0.0.1 is listed. */
function isOfThisServer(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return address.startsWith('127.') || own.some((one) => canonicalAddress(one.address) === address);
}

async function findEtcd(asked: string | undefined): Promise<string> {
  const places = asked === undefined ? etcdPlaces : [asked];
  for (const place of places) {
    if (!(await isExecutable(place))) continue;
    const version = await readEtcdVersion(place);
    if (isNewEnough(version)) return place;
    throw createError('HF-STORE-010', {
      searched: `${place} (version ${version.join('.')}, ${oldestEtcd.join('.')} or newer is needed)`,
    });
  }
  throw createError('HF-STORE-010', { searched: places.join(', ') });
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function isNewEnough([major, minor]: EtcdVersion): boolean {
  return major > oldestEtcd[0] || (major === oldestEtcd[0] && minor >= oldestEtcd[1]);
}
