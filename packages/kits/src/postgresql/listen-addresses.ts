import { lookup } from 'node:dns/promises';
import { isIPv4, isIPv6 } from 'node:net';
import { because } from '@holdfast/core';
import type { ChildView, Finding } from '../kit.ts';
import { loginOf, readLockFile, type Cluster } from './cluster.ts';
import { listenAddresses } from './statements.sql.ts';

/** Milliseconds for a name among the addresses; one that is not answered covers nothing that is known. */
const lookUpMs = 1_000;
const mostNames = 16;

/**
 * Does the database cluster listen on the floating addresses beneath it (K-08)? It must do so on every server, so it
 * is a warning with the line to change: the change needs a restart, and a proxy may stand before it on purpose.
 */
export async function judgeListening(
  cluster: Cluster,
  children: readonly ChildView[],
  deadline: number,
): Promise<readonly Finding[]> {
  const addresses = children.flatMap(({ kit, parameters: { address } }) =>
    kit === 'ip' && typeof address === 'string' ? [address] : [],
  );
  if (addresses.length === 0) return [];
  const listening = await readListenAddresses(cluster, deadline);
  // Without a login nothing is known, and the login has a check of its own.
  if (listening === undefined) return [];
  const known = await resolveNames(listening.split(',').map((entry) => entry.trim()));
  return addresses.map((address): Finding => {
    const check = 'listen-addresses';
    if (known.some((entry) => covers(entry, address)))
      return { check, outcome: 'passed', reason: because('listen-addresses-ok', { address, listening }) };
    const line = `listen_addresses = '${[listening, address].filter((part) => part.trim() !== '').join(',')}'`;
    return {
      check,
      outcome: 'warned',
      reason: because('address-not-listened-on', { address, listening, setting: line }),
    };
  });
}

async function readListenAddresses(cluster: Cluster, deadline: number): Promise<string | undefined> {
  const { host, state } = cluster;
  try {
    const login = await loginOf(cluster, await readLockFile(cluster));
    const leftMs = Math.max(1, deadline - host.clock.now());
    const [row] = await state.connections.ask(login, listenAddresses, leftMs);
    const value = row?.['listen_addresses'];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Names become their addresses, as PostgreSQL resolves them when it starts. */
async function resolveNames(entries: readonly string[]): Promise<readonly string[]> {
  const resolved = await Promise.all(entries.slice(0, mostNames).map(resolveName));
  return resolved.flat();
}

async function resolveName(entry: string): Promise<readonly string[]> {
  if (entry === '' || entry === '*' || isIPv4(entry) || isIPv6(entry)) return [entry];
  const late = Promise.withResolvers<readonly string[]>();
  const timer = setTimeout(() => late.resolve([]), lookUpMs);
  const found = lookup(entry, { all: true }).then(
    (answers) => answers.map(({ address }) => address),
    () => [],
  );
  return Promise.race([found, late.promise]).finally(() => clearTimeout(timer));
}

/** PostgreSQL documentation, "Connections and Authentication": `*` is all, `0.0.0.0` all IPv4, `::` all IPv6. */
export function covers(entry: string, address: string): boolean {
  if (entry === '*' || entry === address) return true;
  return isIPv4(address) ? entry === '0.0.0.0' : entry === '::';
}
