import { createError, type ChangeAnswer } from '@holdfast/contract';
import type { Answer } from '../client.ts';
import { AnsweredError, describeFailure, type Failure } from '../failure.ts';
import { renderChange, renderFindings } from '../render/change.ts';
import type { Session } from '../session.ts';
import { askChoice, askConsent, back, showProblem, type Asking, type Back } from './dialog.ts';

/** Shows why a change would be refused, with the checks that failed. The person goes back, or gives up. */
export async function showFailure(
  asking: Asking,
  failure: Failure,
  { session, error }: { readonly session: Session; readonly error: unknown },
): Promise<Back> {
  const findings = error instanceof AnsweredError ? (error.body.findings ?? []) : [];
  const failed = findings.filter(({ outcome }) => outcome !== 'passed');
  await showProblem(`${renderFindings(failed, session.style)}${failure.text}`);
  const { say, command } = asking;
  const choices = [
    { value: 'back', label: say('goBack') },
    { value: 'no', label: say('giveUp') },
  ];
  const answer = await askChoice(asking, { message: say('whatNow'), choices });
  if (answer === 'no') throw createError('HF-CLI-006', { command });
  return back;
}

/** Shows the plan of a change with its checks, and asks for consent. */
export async function rehearse(
  session: Session,
  asking: Asking,
  dryRun: () => Promise<Answer<ChangeAnswer>>,
): Promise<true | Back> {
  try {
    session.terminal.out(renderChange((await dryRun()).value, session.style));
  } catch (error) {
    return showFailure(asking, describeFailure(error, session.terminal.language), { session, error });
  }
  return askConsent(asking, asking.say('goOn'));
}
