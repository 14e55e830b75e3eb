import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(argon2);

/** RFC 9106's second recommendation scaled to 19 MiB and two passes, which OWASP's password storage guide gives as its least. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };
/** Hashes computed side by side: each takes 19 MiB and about 50 ms of a core. */
const mostAtOnce = 2;

let underWay = 0;
const waiting: (() => void)[] = [];

/** The argon2id hash of a password with a salt of its own, in PHC form: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await computeHash(password, salt, cost);
  const { memory, passes, parallelism } = cost;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${toBase64(salt)}$${toBase64(hash)}`;
}

/** Says whether the password is the hashed one. A hash that cannot be read fits no password. */
export async function isPassword(password: string, phc: string): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([\w+/]+)\$([\w+/]+)$/.exec(phc);
  const [, memory, passes, parallelism, salt = '', hash = ''] = match ?? [];
  if (match === null) return false;
  const kept = Buffer.from(hash, 'base64');
  const shown = await computeHash(password, Buffer.from(salt, 'base64'), {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: kept.length,
  });
  return timingSafeEqual(kept, shown);
}

async function computeHash(password: string, nonce: Buffer, parameters: typeof cost): Promise<Buffer> {
  if (underWay >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  underWay += 1;
  try {
    return await derive('argon2id', { message: password.normalize('NFC'), nonce, ...parameters });
  } finally {
    underWay -= 1;
    waiting.shift()?.();
  }
}

function toBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
