import type { ServerFile } from '@holdfast/contract';
import { writePairs, type Pki } from '../pki/files.ts';
import { inspectCertificate } from '../pki/inspect.ts';
import { signRequests } from './issue.ts';

/**
 * A server that was away until its certificates had expired could ask nobody for new ones. A member issues them to itself before
 * it starts anything, and has them put on record as soon as etcd answers; a witness has to join anew. Answers what is in
 * force now.
 */
export async function reviveExpired(
  stateDirectory: string,
  { server, addresses }: Pick<ServerFile, 'server' | 'addresses'>,
  pki: Pki,
): Promise<Pki> {
  const own = [pki.serverCertificate, pki.etcdClientCertificate];
  if (!pki.caKey || own.every((pem) => inspectCertificate(pem).state !== 'expired')) return pki;
  const { createRequest } = await import('../pki/authority.ts');
  const [forServer, forEtcd] = [await createRequest(), await createRequest()];
  const requests = { serverRequest: forServer.request, etcdClientRequest: forEtcd.request };
  const issued = await signRequests({ pki, self: server }, requests, { server, addresses });
  const revived = { ...pki, ...issued, serverKey: forServer.key, etcdClientKey: forEtcd.key };
  await writePairs(stateDirectory, revived);
  return revived;
}
