import { setTimeout as wait } from 'node:timers/promises';
import {
  createError,
  describeReason,
  isCodedError,
  type HierarchyAnswer,
  type Language,
  type OperationBody,
} from '@holdfast/contract';
import type { Client } from './client.ts';
import { AnsweredError } from './failure.ts';

const pollMs = 150;
const callTimeoutMs = 10_000;
/** The daemon may be restarted or upgraded meanwhile: the operation goes on without it (H-07, C-10). */
const absenceMs = 30_000;

export interface FollowOptions {
  readonly client: Client;
  readonly language: Language;
  /** The whole time that an operation may take before this gives up watching it. */
  readonly timeoutMs: number;
  /** Told of every change of an instance, with how far a long step is. */
  progress(line: string): void;
}

/**
 * Watches an operation until it has ended, and answers how. Rejects when time is up: it goes on in the
 * cluster.
 */
export async function followOperation(
  operation: OperationBody,
  options: FollowOptions,
): Promise<OperationBody> {
  if (operation.state !== 'running') return operation;
  const tell = createTeller(options);
  return await poll(operation.id, options, async ({ client }) => {
    const { value } = await client.call('operation', { parameter: operation.id, timeoutMs: callTimeoutMs });
    tell((await client.call('hierarchy', { parameter: value.hierarchy, timeoutMs: callTimeoutMs })).value);
    return value.state === 'running' ? undefined : value;
  });
}

/** Watches a hierarchy until it runs or has failed. Rejects when time is up: the cluster goes on trying. */
export async function followStart(hierarchy: string, options: FollowOptions): Promise<HierarchyAnswer> {
  const tell = createTeller(options);
  return await poll(hierarchy, options, async ({ client }) => {
    const { value } = await client.call('hierarchy', { parameter: hierarchy, timeoutMs: callTimeoutMs });
    tell(value);
    return value.summary === 'failed' || isRunning(value) ? value : undefined;
  });
}

function isRunning({ owner, resources }: HierarchyAnswer): boolean {
  return (
    owner !== null &&
    resources.every(({ instances }) => {
      const state = instances[owner.server]?.state;
      return state === 'in-service' || state === 'degraded';
    })
  );
}

/** Looks again and again until `look` answers. `what` is named when time is up. */
async function poll<T>(
  what: string,
  options: FollowOptions,
  look: (options: FollowOptions) => Promise<T | undefined>,
): Promise<T> {
  const startedAt = performance.now();
  let answeredAt = startedAt;
  while (performance.now() - startedAt <= options.timeoutMs) {
    try {
      const found = await look(options);
      if (found !== undefined) return found;
      answeredAt = performance.now();
    } catch (error) {
      if (!isAbsence(error) || performance.now() - answeredAt > absenceMs) throw error;
    }
    await wait(pollMs);
  }
  throw createError('HF-CLI-005', { operation: what, waitedMs: options.timeoutMs });
}

function isAbsence(error: unknown): boolean {
  if (error instanceof AnsweredError) return error.status === 503 || error.status === 504;
  return isCodedError(error) && (error.code === 'HF-CLI-001' || error.code === 'HF-CLI-002');
}

/** Tells of each change of an instance once. What stands still from the start is no news. */
function createTeller({ language, progress }: FollowOptions): (hierarchy: HierarchyAnswer) => void {
  const told = new Map<string, string>();
  return ({ resources }) => {
    for (const { tag, instances } of resources) {
      for (const [server, { state, reason }] of Object.entries(instances)) {
        const line = `${tag} ${server} ${state}${reason ? `: ${describeReason(reason, language)}` : ''}`;
        const key = `${tag} ${server}`;
        const known = told.get(key);
        told.set(key, line);
        const isNews = known === undefined ? state === 'starting' || state === 'stopping' : known !== line;
        if (isNews) progress(line);
      }
    }
  };
}
