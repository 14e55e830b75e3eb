import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes after which the journal is set aside; the one set aside before is then given up. */
const mostBytes = 8 * 1024 * 1024;
/** Lines waiting for a slow disk; further ones are counted and dropped: deciding never waits for its journal. */
const mostWaiting = 500;

export interface Journal {
  write(entry: object): void;
}

/** Decided rounds, one JSON object a line, enough to decide them again (B-04). Bounded on disk and in memory. */
export function createJournal(directory: string, report: (error: unknown) => void): Journal {
  const path = join(directory, 'decisions.jsonl');
  const waiting: string[] = [];
  let writing = false;
  let dropped = 0;

  async function drain(): Promise<void> {
    writing = true;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      while (waiting.length > 0) {
        const size = await stat(path).then(
          ({ size }) => size,
          () => 0,
        );
        if (size > mostBytes) await rename(path, `${path}.1`);
        if (dropped > 0) waiting.unshift(JSON.stringify({ dropped }));
        dropped = 0;
        await appendFile(path, `${waiting.splice(0).join('\n')}\n`, { mode: 0o600 });
      }
    } catch (error) {
      dropped += waiting.splice(0).length;
      report(error);
    } finally {
      writing = false;
    }
  }

  return {
    write(entry) {
      if (waiting.length >= mostWaiting) {
        dropped += 1;
        return;
      }
      waiting.push(JSON.stringify(entry));
      if (!writing) void drain();
    },
  };
}
