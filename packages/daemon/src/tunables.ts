import type { Reason, Tunables } from '@holdfast/core';
import type { Files } from '@holdfast/kits/host';
import { parseDefaultsFile, resolveTunables, valuesOf, type Kit, type ResolvedTunable } from '@holdfast/kits';

/** The resource whose limits are asked for. `own`: what was set for it, over cluster and server. */
export interface TunablesOf {
  readonly kit: Pick<Kit, 'tunables'> | undefined;
  readonly tag: string;
  readonly own: Tunables;
}

/** The kits' limits as they hold on this server, always from what the sources say now (K-18). */
export interface TunableSources {
  /** For an action: the defaults file is read first. */
  read(asked: TunablesOf): Promise<Tunables>;
  /** For a check, which must not wait for a disk: as last read, and no more than some seconds old. */
  recent(asked: TunablesOf): Tunables;
  /** With where each value comes from, for people. */
  resolve(asked: Pick<TunablesOf, 'kit' | 'own'>): Promise<readonly ResolvedTunable[]>;
  setCluster(tunables: Tunables): void;
}

export interface TunableSourcesOptions {
  readonly files: Pick<Files, 'readBytes'>;
  readonly defaultsFile: string;
  readonly clock: { now(): number };
  /** A value that cannot be used, told once until it changes; and a file that cannot be read. */
  readonly report: (news: TunableNews, tag: string | undefined) => void;
}

type TunableNews = Reason & { readonly code: 'tunable-replaced' | 'defaults-file-not-read' };

/** Where administrators set the limits of one server. */
export const defaultsFilePath = '/etc/default/holdfast';
const mostBytes = 64 * 1024;
const recentMs = 5_000;

/** Why a value that was set does not hold; `undefined` where it does. */
export function replacementOf({ tunable, source, replaced }: ResolvedTunable): TunableNews | undefined {
  if (replaced === undefined) return undefined;
  const { name, minimum } = tunable;
  return { code: 'tunable-replaced', facts: { name, given: replaced, source, minimum } };
}

/** Follows the defaults file of this server and the settings of the cluster, without a restart of anything (K-18). */
export function createTunableSources(options: TunableSourcesOptions): TunableSources {
  const { files, defaultsFile, clock, report } = options;
  let server: Readonly<Record<string, string>> = {};
  let cluster: Tunables = {};
  let readAt = Number.NEGATIVE_INFINITY;
  let unreadable = '';
  const told = new Map<string, string>();

  async function readFile(): Promise<void> {
    readAt = clock.now();
    try {
      const bytes = await files.readBytes(defaultsFile, { maxBytes: mostBytes });
      server = bytes === undefined ? {} : parseDefaultsFile(Buffer.from(bytes).toString('utf8'));
      unreadable = '';
    } catch (error) {
      // What was read last goes on holding: a disk that hangs changes no limit.
      const problem = error instanceof Error ? error.message.slice(0, 300) : String(error);
      if (problem !== unreadable)
        report({ code: 'defaults-file-not-read', facts: { file: defaultsFile, problem } }, undefined);
      unreadable = problem;
    }
  }

  function judge(asked: TunablesOf): Tunables {
    const resolved = resolveTunables(asked.kit?.tunables ?? [], { server, cluster, resource: asked.own });
    for (const one of resolved) tell(one, asked.tag);
    return valuesOf(resolved);
  }

  function tell(one: ResolvedTunable, tag: string): void {
    const own = one.source === 'resource' ? tag : undefined;
    const place = keyOf(one.tunable.name, own);
    const reason = replacementOf(one);
    const said = reason ? `${one.source} ${String(reason.facts['given'])}` : '';
    if ((told.get(place) ?? '') === said) return;
    told.set(place, said);
    if (reason) report(reason, own);
  }

  return {
    read: async (asked) => {
      if (asked.kit?.tunables) await readFile();
      return judge(asked);
    },
    recent: (asked) => {
      if (asked.kit?.tunables && clock.now() - readAt > recentMs) void readFile();
      return judge(asked);
    },
    resolve: async ({ kit, own }) => {
      await readFile();
      return resolveTunables(kit?.tunables ?? [], { server, cluster, resource: own });
    },
    setCluster: (tunables) => {
      cluster = tunables;
    },
  };
}

function keyOf(name: string, tag: string | undefined): string {
  return tag === undefined ? name : `${name} of ${tag}`;
}
