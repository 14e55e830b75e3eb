import {
  createError,
  type ChangeAnswer,
  type createRequest,
  type Language,
  type OperationBody,
} from '@holdfast/contract';
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { createHierarchy } from './changes.ts';
import type { ApiContext } from './context.ts';
import { describeFailure } from './findings.ts';

/** As many as go on at once, and as many ended ones as are kept for people. */
const mostRunning = 16;
const mostEnded = 20;

type Outcome =
  | { readonly state: 'running' }
  | { readonly state: 'done'; readonly answer: ChangeAnswer }
  | { readonly state: 'failed'; readonly error: unknown };

interface Creation {
  readonly id: string;
  readonly hierarchy: string;
  readonly server: string;
  readonly by: string;
  readonly at: string;
  readonly outcome: Outcome;
  readonly cancel: () => void;
}

type Asked = Pick<Creation, 'hierarchy' | 'server' | 'by' | 'at'>;

/**
 * Creations that this daemon has begun for clients that need not wait. They are kept in memory: what a creation has begun
 * is taken back when its daemon dies, and its operation has then nothing to tell.
 */
export interface Creations {
  /** Rejects with HF-HIER-044 when too many go on. */
  begin(asked: Asked, create: (signal: AbortSignal) => Promise<ChangeAnswer>): Creation;
  /** The newest first. */
  list(): readonly Creation[];
  /** It is taken back, if it goes on. Answers whether it does. */
  cancel(id: string): boolean;
}

export function createCreations(): Creations {
  let kept: readonly Creation[] = [];

  function end(id: string, outcome: Outcome): void {
    kept = kept.map((one) => (one.id === id ? { ...one, outcome } : one));
    const ended = kept.filter(({ outcome: { state } }) => state !== 'running').slice(mostEnded);
    kept = kept.filter((one) => !ended.includes(one));
  }

  return {
    begin(asked, create) {
      const running = kept.filter(({ outcome: { state } }) => state === 'running').length;
      if (running >= mostRunning) throw createError('HF-HIER-044', { count: running });
      const id = randomUUID();
      const cancelled = new AbortController();
      const cancel = (): void => cancelled.abort();
      const begun: Creation = { ...asked, id, outcome: { state: 'running' }, cancel };
      kept = [begun, ...kept];
      create(cancelled.signal).then(
        (answer) => end(id, { state: 'done', answer }),
        (error: unknown) => end(id, { state: 'failed', error }),
      );
      return begun;
    },
    list: () => kept,
    cancel(id) {
      const found = kept.find((one) => one.id === id && one.outcome.state === 'running');
      found?.cancel();
      return found !== undefined;
    },
  };
}

/** POST /hierarchies without waiting: the operation that is to be followed. */
export function beginCreation(
  context: ApiContext,
  body: z.output<typeof createRequest>,
  by: string,
  language: Language,
): ChangeAnswer {
  const [root] = body.resources;
  const begun = context.creations.begin(
    {
      hierarchy: root?.tag ?? root?.kit ?? '',
      server: body.server ?? context.file.server,
      by,
      at: context.host.clock.wallTime(),
    },
    (signal) => createHierarchy(context, body, by, signal),
  );
  const operation = describeCreation(begun, language);
  return { dryRun: false, findings: [], plan: [], hierarchy: null, operation };
}

/** A creation as the operation that people follow. */
export function describeCreation(creation: Creation, language: Language): OperationBody {
  const { id, hierarchy, server, by, at, outcome } = creation;
  const operation = { id, kind: 'create' as const, target: server, by, at, reason: null };
  switch (outcome.state) {
    case 'running':
      return { ...operation, hierarchy, state: 'running' };
    case 'done': {
      const { findings, hierarchy: made } = outcome.answer;
      return { ...operation, hierarchy: made?.id ?? hierarchy, state: 'done', findings };
    }
    case 'failed': {
      const error = describeFailure(outcome.error, language).body;
      return { ...operation, hierarchy, state: 'failed', error };
    }
    default:
      return outcome satisfies never;
  }
}
