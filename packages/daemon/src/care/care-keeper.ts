import {
  defaultChecks,
  startOrder,
  type Hierarchy,
  type Resource,
  type StoreView,
  type Tag,
} from '@holdfast/core';
import {
  instanceRef,
  returnRequest,
  type EngineEvent,
  type Instances,
  type RequestContext,
  type Snapshot,
} from '@holdfast/engine';
import type { CareRecord, CareRecords } from './care-records.ts';

export interface CareKeeperOptions {
  readonly server: string;
  readonly records: CareRecords;
  readonly instances: Pick<Instances, 'remove'>;
  readonly now: () => number;
  /** Takes one instance of this server into care, or lets it go. Rejects when it cannot. */
  readonly settle: (
    hierarchy: Pick<Hierarchy, 'id'>,
    resource: Resource,
    kind: 'stand-by' | 'let-go',
  ) => Promise<void>;
  /** A look that is not older than the question. */
  readonly refresh: () => Promise<Snapshot>;
  /** Commits what a request makes of a fresh look. */
  readonly commit: (judge: (request: RequestContext) => ReturnType<typeof returnRequest>) => Promise<void>;
  readonly report: (
    severity: 'info' | 'warning',
    reason: Pick<EngineEvent, 'code' | 'facts'>,
    tag: Tag,
  ) => void;
}

export interface CareKeeper {
  /** A new look at the store. */
  accept(snapshot: Snapshot): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

/** Milliseconds between two attempts at what has failed. */
const againMs = 15_000;
const removeLimitMs = 180_000;

/**
 * Keeps what this server has in its care in step with the configuration, whatever has died in between (S8, H-07): what is
 * configured here is taken into care, what is not is let go. Nothing is let go by an old look at the store, nor while
 * a creation is under way; a server that the store does not know lets nothing go.
 */
export function createCareKeeper(options: CareKeeperOptions): CareKeeper {
  const { server, records, now } = options;
  const failedAt = new Map<Tag, number>();
  let working: Promise<void> | undefined;

  function accept({ view }: Snapshot): void {
    if (working || differences(options, view).every((tag) => isResting(tag))) return;
    working = work()
      .catch(() => undefined)
      .finally(() => {
        working = undefined;
      });
  }

  function isResting(tag: Tag): boolean {
    const at = failedAt.get(tag);
    return at !== undefined && now() < at + againMs;
  }

  async function work(): Promise<void> {
    const { view } = await options.refresh();
    for (const tag of differences(options, view)) {
      if (isResting(tag) || records.isHeld(tag)) continue;
      try {
        await settle(view, tag);
        failedAt.delete(tag);
      } catch (error) {
        failedAt.set(tag, now());
        const message = error instanceof Error ? error.message : String(error);
        options.report('warning', { code: 'care-not-settled', facts: { tag, message } }, tag);
      }
    }
  }

  async function settle(view: StoreView, tag: Tag): Promise<void> {
    const record = records.get(tag);
    const here = configuredHere(view, server).get(tag);
    if (here) {
      const { hierarchy, resource } = here;
      if (record?.stage === 'held') return records.write(recordOf(hierarchy, resource, server));
      await options.settle(hierarchy, resource, 'stand-by');
      return options.report('info', { code: 'taken-into-care', facts: { tag } }, tag);
    }
    if (!record) return giveBack(tag);
    await letGo(view, record);
    options.report('info', { code: 'let-go', facts: { tag } }, tag);
  }

  /**
   * Deleted: it goes on running as it is (K-13). Configured elsewhere, or started by a creation that came to nothing: what
   * still runs of it here is stopped first (S1, K-09).
   */
  async function letGo(view: StoreView, record: CareRecord): Promise<void> {
    const resource = resourceOf(record, server);
    const isElsewhere = Object.values(view.hierarchies).some(({ resources }) =>
      resources.some(({ tag }) => tag === record.tag),
    );
    if (isElsewhere || record.started) {
      const signal = AbortSignal.timeout(removeLimitMs);
      const reference = instanceRef({ id: record.hierarchy }, resource, server);
      const result = await options.instances.remove(reference, {
        term: 0,
        signal,
        progress: () => undefined,
      });
      if (result.state === 'failed' || result.state === 'unknown') throw new Error(result.reason.code);
    }
    await options.settle({ id: record.hierarchy }, resource, 'let-go');
  }

  /** A reservation of a creation that this daemon does not know: the one before it died in the middle. */
  function giveBack(hierarchy: string): Promise<void> {
    return options.commit((request) => returnRequest(request, { hierarchy, server }));
  }

  return { accept, settled: () => working ?? Promise.resolve() };
}

/** What of this server's care differs from the configuration, in the order in which it is put right. */
function differences({ server, records }: CareKeeperOptions, view: StoreView): readonly Tag[] {
  if (!view.servers[server]) return [];
  const here = configuredHere(view, server);
  const gone = records.list().filter(({ tag }) => !here.has(tag));
  const order = startOrder(gone.map((record) => resourceOf(record, server)));
  const missing = [...here.values()].filter(({ hierarchy, resource }) => {
    const record = records.get(resource.tag);
    const wanted = JSON.stringify(recordOf(hierarchy, resource, server));
    return JSON.stringify(record) !== wanted;
  });
  const reserved = Object.entries(view.owners).filter(
    ([id, owner]) => owner.server === server && !view.hierarchies[id],
  );
  return [
    ...order.map(({ tag }) => tag).toReversed(),
    ...missing.map(({ resource }) => resource.tag),
    ...reserved.map(([id]) => id),
  ].filter((tag) => !records.isHeld(tag));
}

interface Configured {
  readonly hierarchy: Hierarchy;
  readonly resource: Resource;
}

function configuredHere(view: StoreView, server: string): ReadonlyMap<Tag, Configured> {
  return new Map(
    Object.values(view.hierarchies)
      .filter(({ priorities }) => priorities[server] !== undefined)
      .flatMap((hierarchy) =>
        startOrder(hierarchy.resources).map((resource) => [resource.tag, { hierarchy, resource }] as const),
      ),
  );
}

/** What is held of a resource as it is configured. */
export function recordOf(
  hierarchy: Pick<Hierarchy, 'id'>,
  { tag, kit, parameters, instances, children }: Resource,
  server: string,
): CareRecord {
  return {
    tag,
    hierarchy: hierarchy.id,
    kit,
    parameters: { ...parameters, ...instances[server] },
    children: [...children],
    stage: 'held',
    started: false,
  };
}

function resourceOf({ tag, kit, parameters, children }: CareRecord, server: string): Resource {
  return { tag, kit, parameters, children, instances: { [server]: {} }, checks: defaultChecks, tunables: {} };
}
