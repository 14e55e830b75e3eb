import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  apiRoot,
  type ChangeAnswer,
  type HierarchyAnswer,
  type KitsAnswer,
  type SettingsAnswer,
  type SettingsChangeAnswer,
  type StatusAnswer,
} from '@holdfast/contract';
import { runCli } from './cli.ts';
import type { Terminal } from './terminal.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly language: string | undefined;
}

/** Answers one request: a JSON value, or a status with a value, or `undefined` to never answer. */
export type Reply = { readonly status?: number; readonly json: unknown } | undefined;
export type Handler = (asked: Asked, response: ServerResponse) => Reply | 'handled';

export interface TestApi extends AsyncDisposable {
  readonly runDirectory: string;
  readonly asked: readonly Asked[];
}

/**
 * An HTTP server on a socket of its own that answers as the API's contract says. Handlers are named by method
 * and path below the API's root, `GET /status`.
 */
export async function startApi(handlers: Readonly<Record<string, Handler>>): Promise<TestApi> {
  const runDirectory = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://socket');
      const one: Asked = {
        method: request.method ?? '',
        path: decodeURIComponent(url.pathname.replace(apiRoot, '')),
        query: Object.fromEntries(url.searchParams),
        body,
        language: request.headers['accept-language'],
      };
      asked.push(one);
      const handler = handlers[`${one.method} ${one.path}`];
      const reply = handler ? handler(one, response) : { status: 404, json: { message: 'no handler' } };
      if (reply === 'handled' || reply === undefined) return;
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(reply.json));
    });
  });
  await new Promise<void>((resolve) => server.listen(join(runDirectory, 'holdfast.sock'), resolve));
  return {
    runDirectory,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(runDirectory, { recursive: true, force: true });
    },
  };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) if (Buffer.isBuffer(part)) parts.push(part);
  return parts.length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString('utf8'));
}

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command in this process, as if no terminal were there. */
export async function run(argv: readonly string[], terminal: Partial<Terminal> = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const exitCode = await runCli(argv, {
    environment: {},
    language: 'en',
    colours: false,
    interactive: false,
    out: (text) => (out += text),
    err: (text) => (err += text),
    pass: (stream, bytes) => {
      if (stream === 'stdout') out += Buffer.from(bytes).toString();
      else err += Buffer.from(bytes).toString();
      return Promise.resolve(true);
    },
    ...terminal,
  });
  return { exitCode, out, err };
}

/** A healthy cluster of two servers and a witness with one hierarchy. */
export function buildStatus(): StatusAnswer {
  const path = (peer: string) => ({
    id: `p-${peer}`,
    peer,
    state: 'alive' as const,
    roundTripMs: 0.42,
    misses: 0,
    flaps: 0,
  });
  const server = (name: string, role: 'member' | 'witness', peers: readonly string[]) => ({
    name,
    role,
    state: 'alive' as const,
    reason: null,
    version: '0.1.0',
    addresses: ['192.0.2.1'],
    port: 7600,
    etcd: 'voter' as const,
    lease: 'good' as const,
    leaseGoodForMs: 7000,
    confirmFailover: false,
    blockFailover: false,
    shutdownStrategy: 'switchover' as const,
    paths: peers.map(path),
  });
  return {
    cluster: 'office',
    answeredBy: 'server1',
    at: '2026-01-02T03:04:05.678Z',
    profile: 'safe',
    maintenance: false,
    store: { state: 'available', reason: null },
    servers: [
      server('server1', 'member', ['server2', 'witness']),
      server('server2', 'member', []),
      server('witness', 'witness', []),
    ],
    hierarchies: [buildHierarchy()],
  };
}

export function buildHierarchy(): HierarchyAnswer {
  const instances = {
    server1: { state: 'in-service' as const, reason: null },
    server2: { state: 'standby' as const, reason: null },
  };
  const resource = (tag: string, kit: string, children: string[]) => ({
    tag,
    kit,
    children,
    instances,
    parameters: {},
    perServer: {},
    checks: {
      quickEveryMs: 1000,
      deepEveryMs: 15_000,
      quickDeadlineMs: 1000,
      deepDeadlineMs: 5000,
      badQuick: 1,
      badDeep: 3,
    },
    tunables: {},
  });
  return {
    id: 'pgsql-5432',
    summary: 'normal',
    desired: 'in-service',
    target: null,
    owner: { server: 'server1', term: 3 },
    operation: null,
    priorities: { server1: 1, server2: 10 },
    resources: [
      resource('pgsql-5432', 'postgresql', ['vol-data', 'ip-192.0.2.10']),
      resource('vol-data', 'volume', []),
      resource('ip-192.0.2.10', 'ip', []),
    ],
    protection: ['lease', 'volume-record'],
    warnings: [],
    recovery: {
      localRecovery: true,
      attempts: 2,
      windowMs: 1_800_000,
      restMs: 300_000,
      failovers: 6,
      failoverWindowMs: 3_600_000,
    },
    switchback: { kind: 'intelligent' },
    maintenance: false,
  };
}

export function buildChange(): ChangeAnswer {
  return { dryRun: false, findings: [], plan: [], hierarchy: buildHierarchy(), operation: null };
}

export function buildOperation(state: 'running' | 'done' | 'failed'): NonNullable<ChangeAnswer['operation']> {
  return {
    id: 'op-1',
    kind: 'in-service',
    hierarchy: 'pgsql-5432',
    target: 'server2',
    state,
    by: 'root',
    at: '2026-01-02T03:04:05.678Z',
    reason: null,
  };
}

export function buildKits(): KitsAnswer {
  const field = (name: string, type: 'text' | 'integer' | 'boolean' | 'choice', choices: string[] = []) => ({
    name,
    type,
    choices,
    required: true,
    default: null,
    perServer: false,
    label: { en: name, ja: name },
    help: { en: `help of ${name}`, ja: `${name} の説明` },
  });
  return {
    kits: [
      {
        name: 'postgresql',
        standsBeneath: false,
        holdsPaths: false,
        fields: [field('service', 'text'), field('dataDirectory', 'text'), field('port', 'integer')],
        tunables: [],
      },
      {
        name: 'volume',
        standsBeneath: true,
        holdsPaths: true,
        fields: [
          field('path', 'text'),
          field('device', 'text'),
          field('kind', 'choice', ['device', 'directory']),
        ],
        tunables: [],
      },
      {
        name: 'ip',
        standsBeneath: true,
        holdsPaths: false,
        fields: [field('address', 'text'), field('prefix', 'integer'), field('announce', 'boolean')],
        tunables: [],
      },
    ],
  };
}

/** Settings of the cluster, one of them replaced. */
export function buildSettingsChange(): SettingsChangeAnswer {
  return { ...buildSettings(), dryRun: false, changes: [] };
}

export function buildSettings(): SettingsAnswer {
  const text = (words: string) => ({ en: words, ja: `${words} (ja)` });
  const shared = { tag: null, minimum: null, warning: null, help: text('help') };
  return {
    profile: 'fast',
    server: 'server1',
    defaultsFile: '/etc/default/holdfast',
    settings: [
      {
        ...shared,
        name: 'profile',
        value: 'fast',
        unit: null,
        source: 'cluster',
        label: text('Timing profile'),
        effect: text('at once'),
      },
      {
        ...shared,
        name: 'LKPGSQL_STOP_RETRIES',
        value: 12,
        unit: text('steps of 5 s'),
        source: 'server',
        label: text('Limit of a fast shutdown'),
        effect: text('with the next stop'),
        minimum: 12,
        warning: {
          code: 'tunable-replaced',
          facts: { name: 'LKPGSQL_STOP_RETRIES', given: '3', source: 'server', minimum: 12 },
        },
      },
    ],
  };
}
