import { createError } from '@holdfast/contract';
import type { Say } from '../render/words.ts';

/** What a question answers when the person wants the one before. */
export const back = Symbol('back');
export type Back = typeof back;

/** Asks one thing, and answers the state with what was said. */
export type Question<S> = (state: S) => Promise<S | Back>;

/** More questions than any form has: a dialog that goes on forever is a fault of the program. */
const mostQuestions = 1_000;

/**
 * Asks until nothing is left to ask. `next` names the question that a state leaves open; each answer makes a new state, so
 * that going back is the state before, as it was.
 */
export async function runDialog<S>(
  start: S,
  next: (state: S) => Promise<Question<S> | undefined>,
): Promise<S> {
  const history: S[] = [];
  let state = start;
  for (let asked = 0; asked < mostQuestions; asked += 1) {
    const question = await next(state);
    if (!question) return state;
    const answered = await question(state);
    if (answered === back) {
      state = history.pop() ?? start;
      continue;
    }
    history.push(state);
    state = answered;
  }
  throw new Error('a dialog did not come to an end');
}

/** How one command asks: its words, and what to name when the person gives up. */
export interface Asking {
  readonly say: Say;
  readonly command: string;
}

/** Loaded only when somebody is asked, so that other commands start fast. */
async function loadPrompts() {
  return await import('@clack/prompts');
}

/** Says how to go back and how to give up. */
export async function beginDialog({ say, command }: Asking): Promise<void> {
  const { intro } = await loadPrompts();
  intro(`${command}   (${say('backHint')})`);
}

interface Key {
  readonly name?: string;
  readonly shift?: boolean;
}

/**
 * Shows a prompt; Shift+Tab leaves it for the question before. Rejects with HF-CLI-006 when the person gives up (Esc,
 * Ctrl-C).
 */
async function prompt(
  { command }: Asking,
  show: (signal: AbortSignal) => Promise<string | symbol>,
): Promise<string | Back> {
  const leaving = new AbortController();
  const onKey = (_: unknown, key: Key | undefined): void => {
    if (key?.name === 'tab' && key.shift === true) leaving.abort();
  };
  process.stdin.on('keypress', onKey);
  try {
    const answer = await show(leaving.signal);
    if (leaving.signal.aborted) return back;
    if (typeof answer === 'symbol') throw createError('HF-CLI-006', { command });
    return answer;
  } finally {
    process.stdin.off('keypress', onKey);
  }
}

export interface TextQuestion {
  readonly message: string;
  /** What counts when nothing is typed, and how that is shown. */
  readonly fallback: string;
  readonly shown?: string | undefined;
  /** What was typed before and refused. */
  readonly typed?: string | undefined;
  /** Says what is wrong with a text; `undefined`: nothing. */
  judge(text: string): string | undefined;
}

export function askText(asking: Asking, question: TextQuestion): Promise<string | Back> {
  const { message, fallback, shown = fallback, typed, judge } = question;
  return prompt(asking, async (signal) => {
    const { text } = await loadPrompts();
    const answer = await text({
      message,
      placeholder: shown,
      defaultValue: fallback,
      ...(typed !== undefined && { initialValue: typed }),
      validate: (value) => judge(value ?? ''),
      signal,
    });
    return answer;
  });
}

export interface Choice {
  readonly value: string;
  readonly label?: string | undefined;
}

export function askChoice(
  asking: Asking,
  question: {
    readonly message: string;
    readonly choices: readonly Choice[];
    readonly initial?: string | undefined;
  },
): Promise<string | Back> {
  const { message, choices, initial } = question;
  return prompt(asking, async (signal) => {
    const { select } = await loadPrompts();
    return select<string>({
      message,
      options: choices.map(({ value, label = value }) => ({ value, label })),
      ...(initial !== undefined && { initialValue: initial }),
      signal,
    });
  });
}

/** Asks for a password, which is shown nowhere; a blank one is refused (K-04). */
export function askPassword(asking: Asking, message: string): Promise<string | Back> {
  return prompt(asking, async (signal) => {
    const { password } = await loadPrompts();
    const judge = (value: string | undefined): string | undefined =>
      (value ?? '').trim() === '' ? asking.say('passwordBlank') : undefined;
    return password({ message, validate: judge, signal });
  });
}

/** Asks whether to go on. `false`: the person gives up. */
export async function askConsent(asking: Asking, message: string): Promise<true | Back> {
  const { say, command } = asking;
  const answer = await askChoice(asking, {
    message,
    choices: [
      { value: 'yes', label: say('goOnYes') },
      { value: 'back', label: say('goBack') },
      { value: 'no', label: say('giveUp') },
    ],
  });
  if (answer === back || answer === 'back') return back;
  if (answer === 'no') throw createError('HF-CLI-006', { command });
  return true;
}

/** Shows what is wrong between two questions. */
export async function showProblem(text: string): Promise<void> {
  const { log } = await loadPrompts();
  log.error(text);
}

export async function showNote(text: string): Promise<void> {
  const { log } = await loadPrompts();
  log.warn(text);
}
