import { fstatSync, ftruncateSync, writeSync } from 'node:fs';
import type { Reason } from '@holdfast/core';
import { monotonicNow } from './clock.ts';
import type { Severity } from './protocol.ts';

const maxLogBytes = 1024 * 1024;
const standardError = 2;

export type Log = (severity: Severity, reason: Reason) => void;

/**
 * One JSON line for each event on standard error, which the daemon has directed to a file. The file is emptied when it
 * has reached its limit. A log that cannot be written never stops the guard.
 */
export const writeLog: Log = (severity, { code, facts }) => {
  try {
    const stat = fstatSync(standardError);
    if (stat.isFile() && stat.size > maxLogBytes) ftruncateSync(standardError);
    const instant = Math.round(monotonicNow());
    const line = JSON.stringify({ at: new Date().toISOString(), instant, severity, code, ...facts });
    writeSync(standardError, `${line}\n`);
  } catch {
    return;
  }
};
