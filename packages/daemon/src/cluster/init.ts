import { clusterName, type Keys, type ServerFile } from '@holdfast/contract';
import type { ProfileName, ServerCertificate } from '@holdfast/core';
import type { Store } from '@holdfast/engine/ports';
import { fingerprintOf } from '../pki/inspect.ts';
import { etcdUrls, formatInitialCluster } from './addresses.ts';
import { checkServer } from './check-server.ts';
import { putRecord, recordOf } from './records.ts';
import { chosenParts, parseInput, parseSetup, type ServerSetup } from './setup.ts';
import { prepareStateDirectory, writeServerState } from './state-directory.ts';

export interface InitOptions extends ServerSetup {
  readonly cluster: string;
  readonly profile: ProfileName;
}

/** What `init` and `join` made. `fingerprint` is the cluster authority's: SHA-256, for people to compare. */
export interface SetUpServer {
  readonly file: ServerFile;
  readonly fingerprint: string;
}

/**
 * Makes a new cluster with this machine as its first server (C-01): the cluster's authority, this server's
 * certificates and `server.json`. Nothing is started. When it fails, nothing is left; on a machine that is a
 * server already it is refused and changes nothing.
 *
 * Throws errors of the catalogue: HF-API-001, HF-CLUSTER-001, -008, -009, -021, HF-STORE-010, HF-CFG-004,
 * -005.
 */
export async function initCluster(options: InitOptions): Promise<SetUpServer> {
  const { cluster: givenCluster, profile, ...given } = options;
  const cluster = parseInput(clusterName, givenCluster);
  const setup = parseSetup(given);
  await prepareStateDirectory(setup.stateDir);
  const binary = await checkServer(setup);

  const { createAuthority, createRequest, issueEtcdClientCertificate, issueServerCertificate } =
    await import('../pki/authority.ts');
  const authority = await createAuthority(cluster);
  const forServer = await createRequest();
  const forEtcd = await createRequest();
  const { server, addresses } = setup;
  const pki = {
    caCertificate: authority.certificate,
    caKey: authority.key,
    serverCertificate: await issueServerCertificate(authority, {
      server,
      addresses,
      request: forServer.request,
    }),
    serverKey: forServer.key,
    etcdClientCertificate: await issueEtcdClientCertificate(authority, { request: forEtcd.request }),
    etcdClientKey: forEtcd.key,
  };
  const file: ServerFile = {
    ...chosenParts(setup),
    cluster,
    role: 'member',
    profile,
    contacts: [],
    ...etcdParts(setup, binary),
  };
  await writeServerState(setup.stateDir, { file, pki });
  return { file, fingerprint: fingerprintOf(authority.certificate) };
}

function etcdParts(
  setup: ServerSetup,
  binary: string | undefined,
): Pick<ServerFile, 'etcd' | 'etcdEndpoints'> {
  const { etcd, server, addresses } = setup;
  if (etcd.kind === 'existing') return { etcd, etcdEndpoints: etcd.endpoints };
  const { clientPort, peerPort } = etcd;
  const initialCluster = formatInitialCluster([{ name: server, peerUrls: etcdUrls(addresses, peerPort) }]);
  return {
    etcd: {
      kind: 'embedded',
      binary: binary ?? '',
      clientPort,
      peerPort,
      initialState: 'new',
      initialCluster,
    },
    etcdEndpoints: [...etcdUrls(addresses, clientPort)],
  };
}

/**
 * Writes the first server's own records once its etcd member runs: revision, settings, server. Does nothing
 * when the cluster has its configuration already, so the daemon calls it at every start. Answers whether it
 * wrote.
 */
export async function registerFirstServer(
  store: Store,
  keys: Keys,
  first: { readonly file: ServerFile; readonly certificates: readonly ServerCertificate[] },
): Promise<boolean> {
  const { file, certificates } = first;
  return await store.commit({
    compare: [{ key: keys.revision, is: 'absent' }],
    write: [
      putRecord(keys.revision, { revision: 1 }),
      putRecord(keys.settings, { profile: file.profile }),
      putRecord(keys.server(file.server), recordOf(file, certificates)),
    ],
  });
}
