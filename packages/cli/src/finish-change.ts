import {
  createError,
  describeReason,
  exitCodeOf,
  type ChangeAnswer,
  type OperationBody,
} from '@holdfast/contract';
import type { Answer } from './client.ts';
import { followOperation, followStart, type FollowOptions } from './follow.ts';
import { renderChange } from './render/change.ts';
import { answer, type Connection, type Session } from './session.ts';

/** Exit code of a dry run whose checks failed: the change would be refused. */
const refusedExitCode = 3;

export interface Finish {
  readonly change: Answer<ChangeAnswer>;
  /**
   * What to wait for before the answer is printed. `start`: that the hierarchy runs, where there is no
   * operation.
   */
  readonly until: 'answered' | 'ended' | 'start';
}

/**
 * Brings a change to its end: watches what goes on, and prints the answer with the operation and the
 * hierarchy as they are then. Throws where it failed.
 */
export async function finishChange(
  session: Session,
  connection: Connection,
  { change, until }: Finish,
): Promise<void> {
  const { operation, hierarchy, dryRun, findings } = change.value;
  if (dryRun && findings.some(({ outcome }) => outcome === 'failed')) session.exitCode = refusedExitCode;
  const following = followOptions(session, connection);
  if (dryRun || until === 'answered') print(session, change.value, change.json);
  else if (operation) await finishOperation(session, connection, { change, operation });
  else if (hierarchy && until === 'start') {
    const { summary } = await followStart(hierarchy.id, following);
    await printLatest(session, connection, { change, hierarchy: hierarchy.id, operation: null });
    if (summary === 'failed')
      endAsFailed(session, { hierarchy: hierarchy.id, cause: session.style.say('failed') });
  } else print(session, change.value, change.json);
}

async function finishOperation(
  session: Session,
  connection: Connection,
  { change, operation }: { readonly change: Answer<ChangeAnswer>; readonly operation: OperationBody },
): Promise<void> {
  const ended = await followOperation(operation, followOptions(session, connection));
  const { hierarchy, reason } = ended;
  const isDone = ended.state === 'done';
  if (isDone || session.output === 'json')
    await printLatest(session, connection, { change, hierarchy, operation: ended });
  const cause = reason ? describeReason(reason, session.terminal.language) : '';
  if (!isDone) endAsFailed(session, { hierarchy, cause });
}

/** A program finds the failure in the answer that it got: one document, not two. A person is told. */
function endAsFailed(session: Session, facts: { readonly hierarchy: string; readonly cause: string }): void {
  const error = createError('HF-HIER-013', facts);
  if (session.output === 'text') throw error;
  session.exitCode = exitCodeOf(error.code);
}

function followOptions(
  { terminal, output }: Session,
  { client, followTimeoutMs }: Connection,
): FollowOptions {
  return {
    client,
    language: terminal.language,
    timeoutMs: followTimeoutMs,
    progress: (line) => {
      if (output === 'text') terminal.err(`  ${line}\n`);
    },
  };
}

/** Prints the answer to a change with the hierarchy as it is now. */
async function printLatest(
  session: Session,
  { client, readTimeoutMs }: Connection,
  latest: {
    readonly change: Answer<ChangeAnswer>;
    readonly hierarchy: string;
    readonly operation: OperationBody | null;
  },
): Promise<void> {
  const { change, operation } = latest;
  const hierarchy = await client.call('hierarchy', { parameter: latest.hierarchy, timeoutMs: readTimeoutMs });
  print(
    session,
    { ...change.value, operation, hierarchy: hierarchy.value },
    { ...Object(change.json), operation, hierarchy: hierarchy.json },
  );
}

function print(session: Session, change: ChangeAnswer, json: unknown): void {
  answer(session, json, () => renderChange(change, session.style));
}
