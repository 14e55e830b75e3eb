import { createError } from '@holdfast/contract';
import { text } from 'node:stream/consumers';
import type { Session } from './session.ts';

/**
 * Reads a password without showing it: from standard input where that was asked for, else from the person at the
 * terminal, who types a new one twice. It is never an argument. Rejects with HF-CLI-004 when nobody is there, and with
 * HF-CLI-006 when the person gives up.
 */
export async function readPassword(
  session: Session,
  asked: { readonly fromStdin: boolean; readonly isNew: boolean; readonly command: string },
): Promise<string> {
  const { command } = asked;
  if (asked.fromStdin) return (await text(process.stdin)).replace(/\r?\n$/, '');
  if (!session.terminal.interactive)
    throw createError('HF-CLI-004', { problem: 'without a terminal, --password-stdin is needed', command });
  const { say } = session.style;
  const first = await askHidden(say('password'), command);
  if (!asked.isNew) return first;
  if ((await askHidden(say('passwordAgain'), command)) === first) return first;
  throw createError('HF-CLI-004', { problem: 'the two passwords differ', command });
}

async function askHidden(message: string, command: string): Promise<string> {
  const { password, isCancel } = await import('@clack/prompts');
  const given = await password({ message });
  if (isCancel(given)) throw createError('HF-CLI-006', { command });
  return given;
}
