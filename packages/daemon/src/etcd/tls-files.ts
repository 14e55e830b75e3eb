import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsMaterial } from './endpoint.ts';

/** The files of a server's `pki` directory that concern etcd. */
export function pkiFiles(
  directory: string,
): Readonly<Record<'ca' | 'serverCert' | 'serverKey' | 'clientCert' | 'clientKey', string>> {
  return {
    ca: join(directory, 'ca.crt'),
    serverCert: join(directory, 'server.crt'),
    serverKey: join(directory, 'server.key'),
    clientCert: join(directory, 'etcd-client.crt'),
    clientKey: join(directory, 'etcd-client.key'),
  };
}

/**
 * Reads what a client of etcd needs to prove who it is. Throws the file system's error, which names the file.
 */
export function readClientTls(directory: string): TlsMaterial {
  const files = pkiFiles(directory);
  return {
    ca: readFileSync(files.ca, 'utf8'),
    cert: readFileSync(files.clientCert, 'utf8'),
    key: readFileSync(files.clientKey, 'utf8'),
  };
}
