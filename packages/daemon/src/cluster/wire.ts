import { serverFile } from '@holdfast/contract';
import { z } from 'zod';
import { tokenId, tokenSecret } from './token.ts';

/** Where a member of the cluster is asked to admit a server: HTTP/1.1 on the server's port. */
export const joinPath = '/cluster/v1/join';
/** A request or an answer holds a handful of certificates and addresses. */
export const maxJoinBytes = 128 * 1024;

const pem = z.string().max(16_384);

export const joinRequest = z.strictObject({
  formatVersion: z.literal(1),
  tokenId,
  secret: tokenSecret,
  server: serverFile.shape.server,
  role: serverFile.shape.role,
  addresses: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .min(1)
    .max(8),
  port: serverFile.shape.port,
  /** `null`: this server will run no etcd member. */
  etcd: z.strictObject({ clientPort: serverFile.shape.port, peerPort: serverFile.shape.port }).nullable(),
  serverRequest: pem,
  etcdClientRequest: pem,
});
export type JoinRequest = z.infer<typeof joinRequest>;

export const joinAnswer = z.strictObject({
  formatVersion: z.literal(1),
  cluster: serverFile.shape.cluster,
  profile: serverFile.shape.profile,
  caCertificate: pem,
  /** The authority's key, for a member that is to admit others; `null` for a witness. */
  caKey: pem.nullable(),
  serverCertificate: pem,
  etcdClientCertificate: pem,
  /** `external`: somebody else tends the cluster's etcd, and no member of it ever runs here. */
  etcd: z.enum(['client', 'external']),
  etcdEndpoints: serverFile.shape.etcdEndpoints.min(1),
});
export type JoinAnswer = z.infer<typeof joinAnswer>;
