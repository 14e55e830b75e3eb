import type { Reason } from '@holdfast/core';
import type { Logger } from 'pino';

/** Writes one line of the log: the code as its text, the facts as its fields. */
export function writeLog(
  log: Logger,
  severity: 'info' | 'warning' | 'alarm',
  { code, facts }: Reason,
  more: object = {},
): void {
  const level = severity === 'alarm' ? 'error' : severity === 'warning' ? 'warn' : 'info';
  log[level]({ ...more, ...facts }, code);
}
