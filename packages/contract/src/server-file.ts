import { z } from 'zod';

const port = z.int().min(1).max(65_535);

/** Names that stand in keys, paths and certificates: nothing in them needs quoting anywhere. */
export const serverName = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
export const clusterName = serverName;

const etcdEndpoint = z.string().regex(/^https?:\/\/[^/\s]+$/);

const absolutePath = z.string().startsWith('/');

/** PEM files of an etcd that somebody else tends, who renews them in place: its authority, and what it knows this server by. */
export const etcdFiles = z.strictObject({ ca: absolutePath, certificate: absolutePath, key: absolutePath });
export type EtcdFiles = z.infer<typeof etcdFiles>;

/** `server.json`: what one server must know before it can read anything from the store. */
export const serverFile = z.strictObject({
  formatVersion: z.literal(1),
  cluster: clusterName,
  server: serverName,
  role: z.enum(['member', 'witness']),
  addresses: z.array(z.union([z.ipv4(), z.ipv6()])).min(1),
  port,
  etcd: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('embedded'),
      binary: z.string().startsWith('/'),
      clientPort: port,
      peerPort: port,
      /** Heartbeat and election come from the cluster's timing profile at start. */
      initialState: z.enum(['new', 'existing']),
      /** etcd's `--initial-cluster` for the first start: member names and peer addresses. */
      initialCluster: z.string(),
    }),
    /** An embedded member runs here only once this server is one of the voters. */
    z.strictObject({
      kind: z.literal('client'),
      binary: z.string().startsWith('/'),
      clientPort: port,
      peerPort: port,
    }),
    z.strictObject({
      kind: z.literal('existing'),
      endpoints: z.array(etcdEndpoint).min(1),
      /** Left out: this server shows it the certificate that the cluster has given it. */
      files: etcdFiles.optional(),
    }),
  ]),
  /** The cluster's timing profile as this server last knew it: needed before the store can be read. */
  profile: z.enum(['safe', 'normal', 'fast', 'fastest', 'test']),
  /** Client addresses of the etcd members as this server last knew them. */
  etcdEndpoints: z.array(etcdEndpoint),
  /** Where the other servers' daemons answered when they were last known. */
  contacts: z
    .array(z.strictObject({ address: z.string(), port }))
    .max(64)
    .default([]),
  serviceManager: z.enum(['systemd', 'direct']),
  addressKind: z.enum(['kernel', 'loopback']),
  processScope: z.enum(['host', 'own']),
  watchdog: z.string().startsWith('/').nullable(),
  /** Where the limits of this server are set (K-18); `/etc/default/holdfast` when left out. */
  defaultsFile: z.string().startsWith('/').optional(),
});

export type ServerFile = z.infer<typeof serverFile>;
