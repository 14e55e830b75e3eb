import type { Host } from '../host.ts';

const lookUpTimeoutMs = 5_000;

/** An account of the operating system. */
export interface Account {
  readonly name: string;
  readonly uid: number;
}

/** Looks an account up by name or number: local ones in /etc/passwd, others with getent. `undefined`: there is none. */
export async function findAccount(host: Host, key: string | number): Promise<Account | undefined> {
  const local = parseAccount((await host.files.read('/etc/passwd').catch(() => undefined)) ?? '', key);
  if (local) return local;
  const answer = await host.processes
    .run('/usr/bin/getent', ['passwd', '--', String(key)], { timeoutMs: lookUpTimeoutMs })
    .catch(() => undefined);
  return answer?.code === 0 ? parseAccount(answer.stdout, key) : undefined;
}

/** Finds one account in text of the form of passwd(5). */
export function parseAccount(text: string, key: string | number): Account | undefined {
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':');
    if (name === undefined || name === '' || uid === undefined || !/^\d+$/.test(uid)) continue;
    if (name === key || Number(uid) === key) return { name, uid: Number(uid) };
  }
  return undefined;
}
