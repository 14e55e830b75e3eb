import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createError, type EtcdFiles, type ServerFile } from '@holdfast/contract';
import { certificatesIn } from '../pki/inspect.ts';
import type { TlsMaterial } from './endpoint.ts';

/** Group may read, as with keys that a system account and root share; nobody else may do anything. */
const forbiddenMode = 0o027;

/** The files of an existing etcd with certificates of its own; `undefined` where this server shows the cluster's. */
export function etcdFilesOf({ etcd }: Pick<ServerFile, 'etcd'>): EtcdFiles | undefined {
  return etcd.kind === 'existing' ? etcd.files : undefined;
}

/**
 * Reads what an existing etcd's owner has given this server. Throws HF-CFG-003 (a file that cannot be read), HF-CFG-001 (it
 * holds something else), HF-STORE-016 (certificate and key do not fit), HF-STORE-017 (others may read the key).
 */
export async function readEtcdFiles({ ca, certificate, key }: EtcdFiles): Promise<TlsMaterial> {
  const authorities = parseCertificates(ca, await readText(ca));
  const own = parseCertificates(certificate, await readText(certificate));
  const text = await readText(key);
  const { mode } = await stat(key);
  if ((mode & forbiddenMode) !== 0)
    throw createError('HF-STORE-017', { key, mode: (mode & 0o777).toString(8) });
  const privateKey = parseKey(key, text);
  if (own[0]?.checkPrivateKey(privateKey) !== true) throw createError('HF-STORE-016', { key, certificate });
  return {
    ca: toPem(authorities),
    cert: toPem(own),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}

async function readText(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw createError('HF-CFG-003', { file, problem }, { cause });
  });
}

/** Throws HF-CFG-001 for a text without any. */
function parseCertificates(file: string, text: string): readonly X509Certificate[] {
  let found: readonly X509Certificate[] = [];
  let failure: unknown;
  try {
    found = certificatesIn(text);
  } catch (error) {
    failure = error;
  }
  if (found.length > 0) return found;
  throw createError('HF-CFG-001', { file, problem: 'it holds no certificate (PEM)' }, { cause: failure });
}

function parseKey(file: string, text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (cause) {
    const problem = 'it holds no private key that can be read without a passphrase (PEM)';
    throw createError('HF-CFG-001', { file, problem }, { cause });
  }
}

function toPem(certificates: readonly X509Certificate[]): string {
  return certificates.map((one) => one.toString()).join('');
}
