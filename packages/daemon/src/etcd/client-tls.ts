import type { Pki } from '../pki/files.ts';
import type { TlsMaterial } from './endpoint.ts';

/**
 * What this server shows etcd as a client: a certificate without a common name, and the authority it trusts.
 */
export function toClientTls(pki: Pki): TlsMaterial {
  return { ca: pki.caCertificate, cert: pki.etcdClientCertificate, key: pki.etcdClientKey.reveal() };
}
