import {
  createError,
  type ChangeAnswer,
  type createRequest,
  type extendRequest,
  type Language,
  type OperationBody,
} from '@holdfast/contract';
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { createHierarchy, extendHierarchy } from './changes.ts';
import { requireHierarchy } from './commit-change.ts';
import type { ApiContext } from './context.ts';
import { describeFailure } from './findings.ts';

/** As many as go on at once, and as many ended ones as are kept for people. */
const mostRunning = 16;
const mostEnded = 20;

type Outcome =
  | { readonly state: 'running' }
  | { readonly state: 'done'; readonly answer: ChangeAnswer }
  | { readonly state: 'failed'; readonly error: unknown };

interface KeptOperation {
  readonly id: string;
  readonly kind: 'create' | 'extend';
  readonly hierarchy: string;
  readonly server: string;
  readonly by: string;
  readonly at: string;
  readonly outcome: Outcome;
  readonly cancel: () => void;
}

type Asked = Pick<KeptOperation, 'kind' | 'hierarchy' | 'server' | 'by' | 'at'>;

/**
 * Creations and extensions that this daemon has begun for clients that need not wait. They are kept in memory: when this
 * daemon dies, what they have begun is finished or taken back without it, and they have nothing left to tell.
 */
export interface KeptOperations {
  /** Rejects with HF-HIER-044 when too many go on. */
  begin(asked: Asked, perform: (signal: AbortSignal) => Promise<ChangeAnswer>): KeptOperation;
  /** The newest first. */
  list(): readonly KeptOperation[];
  /** A creation is taken back, if it goes on. Answers whether it does. */
  cancel(id: string): boolean;
}

export function createKeptOperations(): KeptOperations {
  let kept: readonly KeptOperation[] = [];

  function end(id: string, outcome: Outcome): void {
    kept = kept.map((one) => (one.id === id ? { ...one, outcome } : one));
    const ended = kept.filter(({ outcome: { state } }) => state !== 'running').slice(mostEnded);
    kept = kept.filter((one) => !ended.includes(one));
  }

  return {
    begin(asked, perform) {
      const running = kept.filter(({ outcome: { state } }) => state === 'running').length;
      if (running >= mostRunning) throw createError('HF-HIER-044', { count: running });
      const id = randomUUID();
      const cancelled = new AbortController();
      const cancel = (): void => cancelled.abort();
      const begun: KeptOperation = { ...asked, id, outcome: { state: 'running' }, cancel };
      kept = [begun, ...kept];
      perform(cancelled.signal).then(
        (answer) => end(id, { state: 'done', answer }),
        (error: unknown) => end(id, { state: 'failed', error }),
      );
      return begun;
    },
    list: () => kept,
    cancel(id) {
      const found = kept
        .filter(({ kind, outcome: { state } }) => kind === 'create' && state === 'running')
        .find((one) => one.id === id);
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
  const hierarchy = root?.tag ?? root?.kit ?? '';
  const asked = { kind: 'create' as const, hierarchy, server: body.server ?? context.file.server, by };
  return answerBegun(context, asked, language, (signal) => createHierarchy(context, body, by, signal));
}

/** POST /hierarchies/:tag/extend without waiting. Rejects with HF-HIER-001. */
export async function beginExtension(
  context: ApiContext,
  tag: string,
  asked: { readonly body: z.output<typeof extendRequest>; readonly by: string; readonly language: Language },
): Promise<ChangeAnswer> {
  const { body, by, language } = asked;
  const { hierarchy } = await requireHierarchy(context, tag);
  const extension = { kind: 'extend' as const, hierarchy: hierarchy.id, server: body.server, by };
  return answerBegun(context, extension, language, () => extendHierarchy(context, tag, body, by));
}

function answerBegun(
  { operations, host }: ApiContext,
  asked: Omit<Asked, 'at'>,
  language: Language,
  perform: (signal: AbortSignal) => Promise<ChangeAnswer>,
): ChangeAnswer {
  const begun = operations.begin({ ...asked, at: host.clock.wallTime() }, perform);
  const operation = describeKept(begun, language);
  return { dryRun: false, findings: [], plan: [], hierarchy: null, operation };
}

/** A creation or extension as the operation that people follow. */
export function describeKept(kept: KeptOperation, language: Language): OperationBody {
  const { id, kind, hierarchy, server, by, at, outcome } = kept;
  const operation = { id, kind, target: server, by, at, reason: null };
  switch (outcome.state) {
    case 'running':
      return { ...operation, hierarchy, state: 'running' };
    case 'done': {
      const { findings, hierarchy: now } = outcome.answer;
      return { ...operation, hierarchy: now?.id ?? hierarchy, state: 'done', findings };
    }
    case 'failed': {
      const error = describeFailure(outcome.error, language).body;
      return { ...operation, hierarchy, state: 'failed', error };
    }
    default:
      return outcome satisfies never;
  }
}
