import { createError, describeReason, type ChangeAnswer } from '@holdfast/contract';
import type { Answer } from './client.ts';
import { followOperation } from './follow.ts';
import { renderChange } from './render/change.ts';
import { answer, type Connection, type Session } from './session.ts';

/** Exit code of a dry run whose checks failed: the change would be refused. */
const refusedExitCode = 3;

/**
 * Brings a change to its end: watches its operation unless `wait` is false, and prints the answer with the operation
 * and the hierarchy as they are then. Throws where the operation failed.
 */
export async function finishChange(
  session: Session,
  connection: Connection,
  { change, wait }: { readonly change: Answer<ChangeAnswer>; readonly wait: boolean },
): Promise<void> {
  const { operation } = change.value;
  if (change.value.dryRun && change.value.findings.some(({ outcome }) => outcome === 'failed'))
    session.exitCode = refusedExitCode;
  if (!operation || !wait) {
    print(session, change.value, change.json);
    return;
  }
  const { client, followTimeoutMs, readTimeoutMs } = connection;
  const { language, err } = session.terminal;
  const ended = await followOperation(operation, {
    client,
    language,
    timeoutMs: followTimeoutMs,
    progress: (line) => {
      if (session.output === 'text') err(`  ${line}\n`);
    },
  });
  const hierarchy = await client.call('hierarchy', { parameter: ended.hierarchy, timeoutMs: readTimeoutMs });
  const json = { ...Object(change.json), operation: ended, hierarchy: hierarchy.json };
  if (ended.state === 'done' || session.output === 'json')
    print(session, { ...change.value, operation: ended, hierarchy: hierarchy.value }, json);
  if (ended.state === 'done') return;
  const cause = ended.reason ? describeReason(ended.reason, language) : '';
  throw createError('HF-HIER-013', { hierarchy: ended.hierarchy, cause });
}

function print(session: Session, change: ChangeAnswer, json: unknown): void {
  answer(session, json, () => renderChange(change, session.style));
}
