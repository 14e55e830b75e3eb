import type { ChildProcess } from 'node:child_process';

/** What a process of the harness is asked over its channel, and what it answers. */
interface Question {
  readonly question: number;
  readonly name: string;
  readonly argument: unknown;
}

type Answer =
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly error: string }
  | { readonly notice: unknown };

/** The harness's end of the channel to one of its processes. */
export interface Channel {
  /** Rejects when no answer comes in time, when the process has ended, or with the error it answers. */
  ask(name: string, argument: unknown, timeoutMs: number): Promise<unknown>;
}

/** Opens the harness's end. `onNotice` gets what the process tells unasked. */
export function openChannel(child: ChildProcess, onNotice: (notice: unknown) => void): Channel {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let questions = 0;
  child.on('message', (message: Answer) => {
    if ('notice' in message) {
      onNotice(message.notice);
      return;
    }
    const asker = waiting.get(message.answer);
    waiting.delete(message.answer);
    if ('error' in message) asker?.reject(new Error(message.error));
    else asker?.resolve(message.value);
  });
  const abandon = (): void => {
    for (const { reject } of waiting.values()) reject(new Error('the process has ended'));
    waiting.clear();
  };
  child.once('exit', abandon);
  child.once('disconnect', abandon);
  child.on('error', abandon);
  return {
    ask: (name, argument, timeoutMs) =>
      new Promise((resolve, reject) => {
        questions += 1;
        const question: Question = { question: questions, name, argument };
        const timer = setTimeout(() => {
          waiting.delete(question.question);
          reject(new Error(`no answer to ${name} within ${String(timeoutMs)} ms`));
        }, timeoutMs);
        waiting.set(question.question, {
          resolve: (value) => {
            clearTimeout(timer);
            resolve(value);
          },
          reject: (error) => {
            clearTimeout(timer);
            reject(error);
          },
        });
        if (!child.connected) abandon();
        else child.send(question);
      }),
  };
}

/** The process's end: answers questions until the harness is gone, and ends then. */
export function answerQuestions(
  answers: Readonly<Record<string, (argument: unknown) => unknown>>,
): (notice: unknown) => void {
  const send = (message: Answer): void => {
    if (process.connected) process.send?.(message);
  };
  process.on('message', (message: Question) => {
    const answer = answers[message.name];
    Promise.resolve()
      .then(() => answer?.(message.argument))
      .then(
        (value) => {
          send({ answer: message.question, value });
        },
        (error: unknown) => {
          send({ answer: message.question, error: String(error) });
        },
      );
  });
  process.once('disconnect', () => process.exit(0));
  return (notice) => {
    send({ notice });
  };
}
