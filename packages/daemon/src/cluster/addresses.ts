import { isIPv6 } from 'node:net';

/** The address as it stands in a URL. */
function hostOf(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}

/**
 * Where etcd's members are reached, one URL for each address; peers and clients of the cluster always use
 * TLS.
 */
export function etcdUrls(addresses: readonly string[], port: number): readonly string[] {
  return addresses.map((address) => `https://${hostOf(address)}:${port}`);
}

/** One spelling for each address, so that two can be compared: `fd00:0::1` is `fd00::1` (RFC 5952). */
export function canonicalAddress(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/** etcd's `--initial-cluster`: every URL of every member, with the member's name before it. */
export function formatInitialCluster(
  members: readonly { readonly name: string; readonly peerUrls: readonly string[] }[],
): string {
  return members.flatMap(({ name, peerUrls }) => peerUrls.map((url) => `${name}=${url}`)).join(',');
}
