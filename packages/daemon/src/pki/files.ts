import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateSerial } from '@holdfast/core';
import { syncDirectory, writeDurableFile } from './durable-file.ts';
import { joinPair, splitPair } from './pair.ts';
import { formatRevocationList } from './revocation-list.ts';
import { Secret } from './secret.ts';

/** Certificates and keys of one server, PEM. A witness has no `caKey`: it admits nobody. */
export interface Pki {
  readonly caCertificate: string;
  readonly caKey: Secret | undefined;
  readonly serverCertificate: string;
  readonly serverKey: Secret;
  readonly etcdClientCertificate: string;
  readonly etcdClientKey: Secret;
}

/** What a renewal replaces. */
export type OwnPairs = Pick<
  Pki,
  'serverCertificate' | 'serverKey' | 'etcdClientCertificate' | 'etcdClientKey'
>;

/** Where the files lie; etcd and the guard are given these paths. */
export interface PkiPaths {
  readonly directory: string;
  readonly caCertificate: string;
  readonly caKey: string;
  /** Certificate and key, see `joinPair`. */
  readonly serverPair: string;
  readonly etcdClientPair: string;
  /** Copies of what an existing etcd with certificates of its own was last known to take. */
  readonly existingEtcdAuthority: string;
  readonly existingEtcdPair: string;
  /** Which certificates open nothing any more, for etcd. */
  readonly revocationList: string;
}

export function pkiPaths(stateDir: string): PkiPaths {
  const directory = join(stateDir, 'pki');
  return {
    directory,
    caCertificate: join(directory, 'ca.crt'),
    caKey: join(directory, 'ca.key'),
    serverPair: join(directory, 'server.pem'),
    etcdClientPair: join(directory, 'etcd-client.pem'),
    existingEtcdAuthority: join(directory, 'existing-etcd-ca.crt'),
    existingEtcdPair: join(directory, 'existing-etcd.pem'),
    revocationList: join(directory, 'revoked.crl'),
  };
}

/** Writes all files below `stateDir/pki`, which must not exist yet: folder 0700, files 0600, synced. */
export async function writePki(stateDir: string, pki: Pki): Promise<void> {
  const paths = pkiPaths(stateDir);
  await mkdir(paths.directory, { mode: 0o700 });
  await writeDurableFile(paths.caCertificate, pki.caCertificate);
  if (pki.caKey) await writeDurableFile(paths.caKey, pki.caKey.reveal());
  await writePairs(stateDir, pki);
  await writeRevocationList(stateDir, pki.serverKey, []);
  await syncDirectory(stateDir);
}

/**
 * Writes this server's own certificates with their keys. Each pair is replaced at once, and either fits the other's old one:
 * whatever ends this half-way leaves files that work.
 */
export async function writePairs(stateDir: string, own: OwnPairs): Promise<void> {
  const paths = pkiPaths(stateDir);
  await writeDurableFile(paths.serverPair, joinPair(own.serverCertificate, own.serverKey));
  await writeDurableFile(paths.etcdClientPair, joinPair(own.etcdClientCertificate, own.etcdClientKey));
}

/** Writes which certificates this server's etcd member refuses; `key` is this server's own. */
export async function writeRevocationList(
  stateDir: string,
  key: Secret,
  serials: readonly CertificateSerial[],
): Promise<void> {
  await writeDurableFile(pkiPaths(stateDir).revocationList, formatRevocationList(serials, key, new Date()));
}

/**
 * Reads what `writePki` wrote. Rejects with the file system's error when a file other than `ca.key` is
 * missing.
 */
export async function readPki(stateDir: string): Promise<Pki> {
  const paths = pkiPaths(stateDir);
  const caCertificate = await readFile(paths.caCertificate, 'utf8');
  const caKey = await readOptionalSecret(paths.caKey);
  const server = splitPair(await readFile(paths.serverPair, 'utf8'));
  const etcdClient = splitPair(await readFile(paths.etcdClientPair, 'utf8'));
  return {
    caCertificate,
    caKey,
    serverCertificate: server.certificate,
    serverKey: new Secret(server.key),
    etcdClientCertificate: etcdClient.certificate,
    etcdClientKey: new Secret(etcdClient.key),
  };
}

async function readOptionalSecret(path: string): Promise<Secret | undefined> {
  try {
    return new Secret(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
