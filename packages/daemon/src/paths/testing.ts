import { randomInt } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import type { CommunicationPath, ServerName } from '@holdfast/core';
import { createAuthority, createRequest, issueServerCertificate, type Authority } from '../pki/authority.ts';
import { createPathKeeper, type PathKeeper } from './keeper.ts';
import { createPathListener, type ApiCallback, type PathListener, type PortLimits } from './listener.ts';
import type { Credentials } from './peer.ts';
import { createTrust, type ChangingTrust } from './trust.ts';

/** Builders for tests of the paths: real certificates, real sockets on loopback addresses of their own. */

export const testInterval = { intervalMs: 100, misses: 5 } as const;

/** A loopback network of this test's own, `127.x.y.0/24`: other tests use the same ports elsewhere. */
export function pickNetwork(): (host: number) => string {
  const network = `127.${randomInt(1, 250)}.${randomInt(1, 250)}`;
  return (host) => `${network}.${host}`;
}

export async function pickPort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

let authority: Promise<Authority> | undefined;

/**
 * The certificate of a server, by this test's authority or another one. `now` in the past makes it expire.
 */
export async function issueCredentials(
  server: ServerName,
  options: { readonly authority?: Authority; readonly now?: Date } = {},
): Promise<Credentials> {
  const issuer = options.authority ?? (await (authority ??= createAuthority('test')));
  const { key, request } = await createRequest();
  const certificate = await issueServerCertificate(issuer, {
    server,
    addresses: [],
    request,
    ...(options.now && { now: options.now }),
  });
  return { caCertificate: issuer.certificate, certificate, key };
}

export interface TestServer {
  readonly name: ServerName;
  readonly keeper: PathKeeper;
  readonly listener: PathListener;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly trust: ChangingTrust;
  close(): Promise<void>;
}

/** A server's listener and keeper, with a route `echo`. */
export async function startServer(options: {
  readonly name: ServerName;
  readonly addresses: readonly string[];
  readonly port?: number;
  readonly credentials?: Credentials;
  readonly onApiRequest?: ApiCallback;
  readonly limits?: Partial<PortLimits>;
}): Promise<TestServer> {
  const { name, addresses } = options;
  const credentials = options.credentials ?? (await issueCredentials(name));
  const trust = createTrust(credentials);
  const port = options.port ?? (await pickPort(addresses[0] ?? '127.0.0.1'));
  const keeper = createPathKeeper({ server: name, trust });
  keeper.handle('echo', (body, { from }) => Promise.resolve({ from, body }));
  const listener = await createPathListener({
    addresses,
    port,
    trust,
    paths: keeper,
    onApiRequest: options.onApiRequest ?? ((_request, response) => response.writeHead(404).end()),
    onError: (error) => console.error(error),
    ...(options.limits && { limits: options.limits }),
  });
  const close = async (): Promise<void> => {
    keeper.close();
    await listener.close();
  };
  return { name, keeper, listener, port, addresses, trust, close };
}

/** A path between two servers, by number of their addresses. */
export function pathBetween(
  one: Pick<TestServer, 'name' | 'addresses'>,
  other: Pick<TestServer, 'name' | 'addresses'>,
  options: {
    readonly address?: number;
    readonly priority?: number;
    readonly intervalMs?: number;
    readonly misses?: number;
  } = {},
): CommunicationPath {
  const n = options.address ?? 0;
  return {
    id: `${one.name}.${other.name}.${n + 1}`,
    ends: [
      { server: one.name, address: one.addresses[n] ?? '' },
      { server: other.name, address: other.addresses[n] ?? '' },
    ],
    priority: options.priority ?? n + 1,
    intervalMs: options.intervalMs ?? testInterval.intervalMs,
    misses: options.misses ?? testInterval.misses,
  };
}

export function portsOf(
  ...servers: readonly Pick<TestServer, 'name' | 'port'>[]
): ReadonlyMap<ServerName, number> {
  return new Map(servers.map(({ name, port }) => [name, port]));
}

/** Waits until the condition holds; throws with what `show` says when the deadline passes first. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  show: () => unknown,
  timeoutMs = 8_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline)
      throw new Error(`${what}: not within ${timeoutMs} ms: ${JSON.stringify(show())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
