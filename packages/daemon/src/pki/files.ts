import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory, writeDurableFile } from './durable-file.ts';
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

/** Where the files lie; etcd and the guard are given these paths. */
export interface PkiPaths {
  readonly directory: string;
  readonly caCertificate: string;
  readonly caKey: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly etcdClientCertificate: string;
  readonly etcdClientKey: string;
}

export function pkiPaths(stateDir: string): PkiPaths {
  const directory = join(stateDir, 'pki');
  return {
    directory,
    caCertificate: join(directory, 'ca.crt'),
    caKey: join(directory, 'ca.key'),
    serverCertificate: join(directory, 'server.crt'),
    serverKey: join(directory, 'server.key'),
    etcdClientCertificate: join(directory, 'etcd-client.crt'),
    etcdClientKey: join(directory, 'etcd-client.key'),
  };
}

/** Writes all files below `stateDir/pki`, which must not exist yet: folder 0700, files 0600, synced. */
export async function writePki(stateDir: string, pki: Pki): Promise<void> {
  const paths = pkiPaths(stateDir);
  await mkdir(paths.directory, { mode: 0o700 });
  await writeDurableFile(paths.caCertificate, pki.caCertificate);
  if (pki.caKey) await writeDurableFile(paths.caKey, pki.caKey.reveal());
  await writeDurableFile(paths.serverCertificate, pki.serverCertificate);
  await writeDurableFile(paths.serverKey, pki.serverKey.reveal());
  await writeDurableFile(paths.etcdClientCertificate, pki.etcdClientCertificate);
  await writeDurableFile(paths.etcdClientKey, pki.etcdClientKey.reveal());
  await syncDirectory(stateDir);
}

/**
 * Reads what `writePki` wrote. Rejects with the file system's error when a file other than `ca.key` is
 * missing.
 */
export async function readPki(stateDir: string): Promise<Pki> {
  const paths = pkiPaths(stateDir);
  const read = async (path: string): Promise<string> => await readFile(path, 'utf8');
  return {
    caCertificate: await read(paths.caCertificate),
    caKey: await readOptionalSecret(paths.caKey),
    serverCertificate: await read(paths.serverCertificate),
    serverKey: new Secret(await read(paths.serverKey)),
    etcdClientCertificate: await read(paths.etcdClientCertificate),
    etcdClientKey: new Secret(await read(paths.etcdClientKey)),
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
