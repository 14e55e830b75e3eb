import { createError } from '@holdfast/contract';
import { chmod, mkdir, stat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

/** Longest path of a local socket on Linux, with the longest name that is put into the directory (unix(7)). */
const mostPathBytes = 107 - '/holdfast.sock'.length;
const answerMs = 1_000;

/**
 * Makes the run directory this daemon's own: 0700, and no other daemon in it. Rejects with HF-CFG-005 when others may write
 * to it or its name is too long, and with HF-CFG-006 when another daemon answers there.
 */
export async function takeRunDirectory(directory: string): Promise<{ readonly apiSocket: string }> {
  if (Buffer.byteLength(directory) > mostPathBytes)
    throw createError('HF-CFG-005', { directory, problem: `its name is longer than ${mostPathBytes} bytes` });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { uid } = await stat(directory);
  if (uid !== process.geteuid?.())
    throw createError('HF-CFG-005', { directory, problem: `it belongs to user ${uid}` });
  await chmod(directory, 0o700);
  const apiSocket = join(directory, 'holdfast.sock');
  if (await answers(apiSocket)) throw createError('HF-CFG-006', { directory });
  await unlink(apiSocket).catch(() => {});
  return { apiSocket };
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(answerMs, () => done(true));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
