import { createError, createKeys } from '@holdfast/contract';
import { createEngineState, type Engine, type Guard, type Store } from '@holdfast/engine';
import { createTestingStore, setServer, setSession, type TestingStore } from '@holdfast/engine/testing';
import { join } from 'node:path';
import { bindKit, type Host, type Kit } from '@holdfast/kits';
import { ipKit } from '@holdfast/kits/ip/index';
import { volumeKit } from '@holdfast/kits/volume/index';
import type { PostgresqlKit } from '@holdfast/kits/postgresql/index';
import { createCareRecords } from '../care/care-records.ts';
import { createInstances } from '../instances.ts';
import { createTunableSources } from '../tunables.ts';
import type { ApiContext } from './context.ts';
import { createKeptOperations } from './kept-operations.ts';
import { createApi } from './server.ts';

/** The API of server `a` on a store in memory, with real kits on a real host. No engine runs behind it. */
export interface TestApi {
  readonly context: ApiContext;
  readonly store: TestingStore;
  /** What the guard was told, in order. */
  readonly guarded: string[];
  /** Answers on the socket of a run directory too, until `close`. */
  listen(runDirectory: string): Promise<void>;
  close(): Promise<void>;
  call(method: 'POST' | 'GET' | 'DELETE', path: string, body?: object, language?: string): Promise<Called>;
}

export interface Called {
  readonly status: number;
  readonly json: unknown;
}

export interface TestApiOptions {
  readonly host: Host;
  readonly postgresql: PostgresqlKit;
  /** Replaces parts of the context, for what cannot be provoked otherwise. */
  readonly change?: ((context: ApiContext) => Partial<ApiContext>) | undefined;
  /** A store that has been used already. */
  readonly store?: TestingStore;
}

export function createTestApi(options: TestApiOptions): TestApi {
  const { host, postgresql, change, store = createTwoServers() } = options;
  const kits = [bindKit(postgresql), bindKit(volumeKit), bindKit(ipKit)];
  const guarded: string[] = [];
  const plain = createContext({ host, kits, store, guarded });
  const context = { ...plain, ...change?.(plain) };
  const api = createApi(context, 'local');
  return {
    context,
    store,
    guarded,
    listen: async (runDirectory) => void (await api.listen({ path: join(runDirectory, 'holdfast.sock') })),
    close: () => api.close(),
    async call(method, path, body, language = 'en') {
      const answer = await api.inject({
        method,
        url: `/api/v1${path}`,
        headers: { 'accept-language': language },
        ...(body && { body }),
      });
      return { status: answer.statusCode, json: answer.json() };
    },
  };
}

function createTwoServers(): TestingStore {
  const store = createTestingStore();
  for (const name of ['a', 'b']) {
    setServer(store, name);
    setSession(store, name);
  }
  return store;
}

interface Parts {
  readonly host: Host;
  readonly kits: readonly Kit[];
  readonly store: TestingStore;
  readonly guarded: string[];
}

function createContext({ host, kits, store, guarded }: Parts): ApiContext {
  const engine: Partial<Engine> = {
    refresh: () => Promise.resolve(store.snapshot()),
    state: () => ({ ...createEngineState(0), snapshot: store.snapshot() }),
    lastDecision: () => undefined,
    protect: ({ id }) => Promise.resolve(void guarded.push(`protect ${id}`)),
    unprotect: (id) => Promise.resolve(void guarded.push(`unprotect ${id}`)),
  };
  const memory: Partial<Store> = {
    commit: (transaction) => Promise.resolve(store.commit(transaction)),
    read: () => Promise.resolve({ revision: 1, entries: [] }),
  };
  const guard = {
    state: () => ({ lease: '7', incarnation: 'a1', goodUntil: host.clock.now() + 60_000 }),
  } as Guard;
  const byName = new Map(kits.map((kit) => [kit.name, kit]));
  const report = (): void => {};
  const { files, clock } = host;
  const defaultsFile = `${host.runDirectory}/no-defaults`;
  const tunables = createTunableSources({ files, clock, defaultsFile, report });
  const instances = createInstances({ cluster: 'test', server: 'a', host, guard, kits: byName, tunables });
  return {
    file: { server: 'a', cluster: 'test' },
    version: '1',
    keys: createKeys('test'),
    store: memory,
    engine,
    guard,
    instances,
    host,
    kits: byName,
    tunables,
    operations: createKeptOperations(),
    care: createCareRecords({
      found: new Map(),
      write: () => Promise.resolve(),
      remove: () => Promise.resolve(),
    }),
    events: { recent: () => [] },
    instruments: {
      stateDirectory: host.runDirectory,
      etcdVersions: () => Promise.resolve(['3.5.21']),
      stalls: () => ({ loopStallMs: 12, guardStallMs: 0, windowMin: 20 }),
    },
    membership: {
      votersWithout: () => Promise.resolve({ alive: 2, voters: 2 }),
      giveUpVote: () => Promise.resolve(),
      claimVoteAgain: () => undefined,
      hasNoMember: () => Promise.resolve(true),
      leave: () => undefined,
    },
    certificates: { authorities: () => '' },
    audit: { add: () => Promise.resolve(), read: () => Promise.resolve([]) },
    profile: () => 'test',
    paths: () => [],
    failsafe: () => ({ kind: 'idle' }),
    ask: () => Promise.reject(createError('HF-HIER-006', { server: 'b' })),
    createToken: () => Promise.reject(new Error('there are no tokens')),
  } as unknown as ApiContext;
}
