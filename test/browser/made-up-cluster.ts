import {
  apiRoot,
  statusAnswer,
  type EventBody,
  type HierarchyBody,
  type PathDetail,
  type ServerBody,
  type StatusAnswer,
} from '@holdfast/contract';
import { consoleFiles } from '@holdfast/daemon/console/serve';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** A cluster of any size that is only answers of the API, for measuring the console. */
export interface MadeUpCluster {
  readonly url: string;
  /** Changes the status; whoever follows the events is told at once. */
  change(change: (status: StatusAnswer) => StatusAnswer): void;
  dispose(): Promise<void>;
}

const at = '2026-01-01T00:00:00.000Z';
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

export async function createMadeUpCluster(size: {
  readonly servers: number;
  readonly hierarchies: number;
}): Promise<MadeUpCluster> {
  let status = makeStatus(size);
  let lastId = 0;
  const followers = new Set<ServerResponse>();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const json = (body: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (pathname === `${apiRoot}/status`) json(status);
    else if (pathname === `${apiRoot}/paths`) json({ paths: makePaths(status) });
    else if (pathname === `${apiRoot}/certificates`) json({ authorities: [], certificates: [] });
    else if (pathname === `${apiRoot}/me`)
      json({ name: 'anna', role: 'administrator', by: 'session', expiresAt: null });
    else if (pathname === `${apiRoot}/events`) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': \n\n');
      followers.add(response);
      request.once('close', () => followers.delete(response));
    } else sendFile(pathname, response);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    change: (change) => {
      status = statusAnswer.parse(change(status));
      lastId += 1;
      const event: EventBody = {
        id: String(lastId),
        at: status.at,
        code: 'owner-acquired',
        severity: 'info',
        server: status.answeredBy,
        hierarchy: status.hierarchies[0]?.id ?? null,
        tag: null,
        facts: { term: 2 },
      };
      for (const follower of followers) follower.write(`id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`);
    },
    dispose: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sendFile(pathname: string, response: ServerResponse): void {
  const asked = path.join(consoleFiles, pathname);
  const file = pathname !== '/' && existsSync(asked) ? asked : path.join(consoleFiles, 'index.html');
  response.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'application/octet-stream' });
  response.end(readFileSync(file));
}

function makeStatus(size: { readonly servers: number; readonly hierarchies: number }): StatusAnswer {
  const names = Array.from({ length: size.servers }, (_, index) => `server${String(index + 1)}`);
  return statusAnswer.parse({
    cluster: 'made-up',
    answeredBy: names[0] ?? '',
    at,
    profile: 'fast',
    maintenance: false,
    store: { state: 'available', reason: null },
    servers: names.map((name) => makeServer(name, names)),
    hierarchies: Array.from({ length: size.hierarchies }, (_, index) => makeHierarchy(index, names)),
  } satisfies StatusAnswer);
}

function makeServer(name: string, all: readonly string[]): ServerBody {
  return {
    name,
    role: 'member',
    state: 'alive',
    reason: null,
    version: '0.1.0',
    addresses: ['192.0.2.1'],
    port: 7600,
    etcd: 'voter',
    lease: 'good',
    leaseGoodForMs: null,
    confirmFailover: false,
    blockFailover: false,
    shutdownStrategy: 'switchover',
    paths: all
      .filter((peer) => peer !== name)
      .map((peer) => ({
        id: [name, peer].sort().join('-'),
        peer,
        state: 'alive',
        roundTripMs: 0.4,
        misses: 0,
        flaps: 0,
      })),
  };
}

function makePaths({ servers }: StatusAnswer): PathDetail[] {
  const view = { state: 'alive', roundTripMs: 0.4, misses: 0, flaps: 0 } as const;
  const address = '192.0.2.1';
  return servers.flatMap(({ name: one }, index) =>
    servers.slice(index + 1).map(({ name: other }): PathDetail => ({
      id: `${one}.${other}.1`,
      ends: [
        { server: one, address },
        { server: other, address },
      ],
      priority: 1,
      intervalMs: 1_000,
      misses: 5,
      views: { [one]: view, [other]: view },
    })),
  );
}

function makeHierarchy(index: number, servers: readonly string[]): HierarchyBody {
  const id = `pgsql-${String(5432 + index)}`;
  const owner = servers[index % servers.length] ?? '';
  const instances = Object.fromEntries(
    servers.map((server) => [
      server,
      { state: server === owner ? ('in-service' as const) : ('standby' as const), reason: null },
    ]),
  );
  return {
    id,
    summary: 'normal',
    desired: 'in-service',
    target: null,
    owner: { server: owner, term: 1 },
    operation: null,
    priorities: Object.fromEntries(servers.map((server, place) => [server, place * 10 + 1])),
    resources: [
      { tag: id, kit: 'postgresql', children: [`volume-${id}`, `address-${id}`], instances },
      { tag: `volume-${id}`, kit: 'volume', children: [], instances },
      { tag: `address-${id}`, kit: 'ip', children: [], instances },
    ],
    protection: ['lease'],
    warnings: [],
  };
}
