/** Readers for what comes from a file or a socket. All throw a plain Error that names the field. */

export type Fields = Readonly<Record<string, unknown>>;

export function asFields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what} is no object`);
  return value as Fields;
}

export function asText(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 4_096 || value.includes('\0'))
    throw new Error(`${what} is no text`);
  return value;
}

export function asNumber(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`${what} is no number`);
  return value;
}

export function asCount(value: unknown, what: string): number {
  const count = asNumber(value, what);
  if (!Number.isSafeInteger(count) || count < 0) throw new Error(`${what} is no count`);
  return count;
}

export function asBoolean(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw new Error(`${what} is neither true nor false`);
  return value;
}

export function asPath(value: unknown, what: string): string {
  const path = asText(value, what);
  if (!path.startsWith('/')) throw new Error(`${what} is no absolute path`);
  return path;
}

export function asList<T>(
  value: unknown,
  what: string,
  read: (item: unknown, what: string) => T,
): readonly T[] {
  if (!Array.isArray(value)) throw new Error(`${what} is no list`);
  return value.map((item: unknown, at) => read(item, `${what}[${at}]`));
}

/** For fields that may be missing; JSON has only `null` for that inside records. */
export function asOptional<T>(
  value: unknown,
  what: string,
  read: (item: unknown, what: string) => T,
): T | undefined {
  return value === undefined || value === null ? undefined : read(value, what);
}
