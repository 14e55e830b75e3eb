import type { ServerFile } from '@holdfast/contract';
import type { TimingProfile } from '@holdfast/core';
import { etcdUrls } from '../cluster/addresses.ts';
import type { PkiPaths } from '../pki/files.ts';
import type { EtcdVersion } from './member-version.ts';

export type EmbeddedEtcd = Extract<ServerFile['etcd'], { kind: 'embedded' }>;

export interface MemberPlan {
  readonly cluster: string;
  readonly server: string;
  readonly addresses: readonly string[];
  readonly etcd: EmbeddedEtcd;
  readonly profile: Pick<TimingProfile, 'etcdHeartbeatMs' | 'etcdElectionMs'>;
  readonly dataDir: string;
  readonly pki: PkiPaths;
}

/**
 * etcd's arguments, one `--name=value` each.
 *
 * - Compaction: nothing here ever reads an old revision (a watch that was interrupted reads anew), so ten
 * minutes   of history are kept: enough for a person who looks for what happened, little enough that a flood
 * of writes   cannot fill the quota with history. - Quota: the records of the largest cluster are some
 * megabytes. 1 GiB is where a fault stops, before the disk does. - Snapshot count: etcd keeps so many raft
 * entries in memory; 10,000 is the default since etcd 3.6, which
 *   gives the option up; 100,000 before. - Pre-vote: a member that was cut
 * off does not depose the leader when it returns; off by default before etcd 3.5. - Transaction size:
 * importing a configuration is one transaction (H-01); etcd's default is 128 writes.
 */
export function memberArguments(
  plan: MemberPlan,
  options: { readonly present: (address: string) => boolean; readonly version: EtcdVersion },
): readonly string[] {
  const { etcd, profile, pki } = plan;
  const { present, version } = options;
  const own = plan.addresses.filter(present);
  return [
    ...[`--name=${plan.server}`, `--data-dir=${plan.dataDir}`],
    `--initial-cluster=${etcd.initialCluster}`,
    `--initial-cluster-state=${etcd.initialState}`,
    `--initial-cluster-token=holdfast-${plan.cluster}`,
    `--listen-peer-urls=${urls(own, etcd.peerPort)}`,
    `--initial-advertise-peer-urls=${urls(plan.addresses, etcd.peerPort)}`,
    `--listen-client-urls=${urls([...own, ...localAddress(plan.addresses)], etcd.clientPort)}`,
    `--advertise-client-urls=${urls(plan.addresses, etcd.clientPort)}`,
    ...['--client-cert-auth=true', '--peer-client-cert-auth=true'],
    ...[`--trusted-ca-file=${pki.caCertificate}`, `--peer-trusted-ca-file=${pki.caCertificate}`],
    ...[`--cert-file=${pki.serverPair}`, `--peer-cert-file=${pki.serverPair}`],
    ...[`--key-file=${pki.serverPair}`, `--peer-key-file=${pki.serverPair}`],
    ...[`--client-crl-file=${pki.revocationList}`, `--peer-crl-file=${pki.revocationList}`],
    `--heartbeat-interval=${profile.etcdHeartbeatMs}`,
    `--election-timeout=${profile.etcdElectionMs}`,
    ...['--auto-compaction-mode=periodic', '--auto-compaction-retention=10m'],
    ...['--quota-backend-bytes=1073741824', '--max-txn-ops=1024'],
    ...(keepsManyEntries(version) ? ['--snapshot-count=10000'] : []),
    ...['--pre-vote=true', '--logger=zap', '--log-outputs=stderr', '--log-level=info'],
  ];
}

/** Each place where the member will listen: the addresses that are there now. */
export function listenPlaces(
  plan: Pick<MemberPlan, 'addresses' | 'etcd'>,
  present: (address: string) => boolean,
): readonly { readonly address: string; readonly port: number }[] {
  const own = plan.addresses.filter(present);
  const clients = [...own, ...localAddress(plan.addresses)];
  return [
    ...own.map((address) => ({ address, port: plan.etcd.peerPort })),
    ...clients.map((address) => ({ address, port: plan.etcd.clientPort })),
  ];
}

/** Where this server's daemon and guard turn to their own member. */
export function ownClientUrl(plan: {
  readonly addresses: readonly string[];
  readonly etcd: Pick<EmbeddedEtcd, 'clientPort'>;
}): string {
  return urls([localAddress(plan.addresses)[0] ?? plan.addresses[0] ?? '127.0.0.1'], plan.etcd.clientPort);
}

function keepsManyEntries([major, minor]: EtcdVersion): boolean {
  return major < 3 || (major === 3 && minor < 6);
}

/**
 * Are these the arguments that the plan asks for? What etcd reads at its very first start only is left out,
 * and what depends on its version and on which addresses were there.
 */
export function isSameMember(args: readonly string[], plan: MemberPlan): boolean {
  const passing = /^--(initial-cluster|listen-|snapshot-count)/;
  const lasting = (list: readonly string[]): string => list.filter((arg) => !passing.test(arg)).join('\n');
  return lasting(args) === lasting(memberArguments(plan, { present: () => true, version: [3, 4, 0] }));
}

/**
 * A server with real addresses is reached by itself at 127.0.0.1. Servers that share a machine (demo, tests)
 * have addresses of 127.0.0.0/8 and use only those.
 */
function localAddress(addresses: readonly string[]): readonly string[] {
  return addresses.some((address) => address.startsWith('127.') || address === '::1') ? [] : ['127.0.0.1'];
}

function urls(addresses: readonly string[], port: number): string {
  return etcdUrls(addresses, port).join(',');
}
