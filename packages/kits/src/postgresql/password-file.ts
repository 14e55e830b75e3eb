import { homedir } from 'node:os';
import type { Files } from '../host.ts';

/** Whom a password is wanted for; `host` is `localhost` for a socket in the default directory, as libpq has it. */
export interface LoginTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

export type PasswordFileState =
  | { readonly state: 'usable'; readonly path: string; readonly password: string | undefined }
  | { readonly state: 'absent'; readonly path: string }
  /** Others may read it: PostgreSQL's clients ignore such a file, and so do we. */
  | { readonly state: 'too-open'; readonly path: string }
  | { readonly state: 'unreadable'; readonly path: string };

/** The password file of the user that runs this program: `PGPASSFILE`, or `.pgpass` at home (K-22). */
export function passwordFilePath(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return environment['PGPASSFILE'] || `${environment['HOME'] || homedir()}/.pgpass`;
}

/** Looks the password of a login up. It is read each time and kept nowhere (K-04). */
export async function readPasswordFile(
  files: Files,
  path: string,
  target: LoginTarget,
): Promise<PasswordFileState> {
  try {
    const stat = await files.stat(path);
    if (!stat) return { state: 'absent', path };
    if (stat.kind !== 'file' || (stat.mode & 0o077) !== 0) return { state: 'too-open', path };
    const text = await files.read(path);
    return text === undefined
      ? { state: 'absent', path }
      : { state: 'usable', path, password: findPassword(text, target) };
  } catch {
    return { state: 'unreadable', path };
  }
}

/**
 * Finds the first line that fits, `host:port:database:user:password`, with `*` for anything and `\` before `:` and
 * `\` (PostgreSQL documentation, "The Password File").
 */
export function findPassword(text: string, target: LoginTarget): string | undefined {
  const wanted = [target.host, String(target.port), target.database, target.user];
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue;
    const fields = splitFields(line);
    if (fields.length < 5) continue;
    if (wanted.every((value, index) => fields[index] === '*' || fields[index] === value)) return fields[4];
  }
  return undefined;
}

function splitFields(line: string): readonly string[] {
  const fields = [''];
  for (let index = 0; index < line.length; index += 1) {
    const character = line[index] ?? '';
    const last = fields.length - 1;
    if (character === '\\' && index + 1 < line.length) {
      index += 1;
      fields[last] += line[index] ?? '';
    } else if (character === ':' && last < 4) fields.push('');
    else fields[last] += character;
  }
  return fields;
}
