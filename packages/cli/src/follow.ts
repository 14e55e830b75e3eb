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

/** Watches an operation until it has ended, and answers how. Rejects when time is up: it goes on in the cluster. */
export async function followOperation(
  operation: OperationBody,
  options: FollowOptions,
): Promise<OperationBody> {
  const { client, timeoutMs } = options;
  const startedAt = performance.now();
  const told = new Map<string, string>();
  let now = operation;
  let answeredAt = startedAt;
  while (now.state === 'running') {
    if (performance.now() - startedAt > timeoutMs)
      throw createError('HF-CLI-005', { operation: operation.id, waitedMs: timeoutMs });
    await wait(pollMs);
    try {
      now = (await client.call('operation', { parameter: operation.id, timeoutMs: callTimeoutMs })).value;
      const hierarchy = await client.call('hierarchy', {
        parameter: operation.hierarchy,
        timeoutMs: callTimeoutMs,
      });
      tellChanges(hierarchy.value, told, options);
      answeredAt = performance.now();
    } catch (error) {
      if (!isAbsence(error) || performance.now() - answeredAt > absenceMs) throw error;
    }
  }
  return now;
}

function isAbsence(error: unknown): boolean {
  if (error instanceof AnsweredError) return error.status === 503 || error.status === 504;
  return isCodedError(error) && (error.code === 'HF-CLI-001' || error.code === 'HF-CLI-002');
}

function tellChanges(
  hierarchy: HierarchyAnswer,
  told: Map<string, string>,
  { language, progress }: FollowOptions,
): void {
  for (const { tag, instances } of hierarchy.resources) {
    for (const [server, { state, reason }] of Object.entries(instances)) {
      const line = `${tag} ${server} ${state}${reason ? `: ${describeReason(reason, language)}` : ''}`;
      const key = `${tag} ${server}`;
      const known = told.get(key);
      told.set(key, line);
      // What stands still from the start is no news.
      if (known !== line && (known !== undefined || state === 'starting' || state === 'stopping'))
        progress(line);
    }
  }
}
