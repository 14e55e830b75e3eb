import { because, type Reason } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';

/** Why a question to the server was not answered with rows. */
export interface Refusal {
  readonly kind:
    /** A live server without a free slot, or one that is starting or stopping (K-20). */
    | 'too-many-clients'
    | 'not-yet'
    /** A live server that does not let the administrator in (K-20). */
    | 'login-refused'
    /** Nobody answers: refused, broken off, too late. */
    | 'no-answer'
    /** A cause that would follow the data. */
    | 'data'
    | 'error';
  /** SQLSTATE, or the error code of the operating system, or `''`. */
  readonly code: string;
  readonly message: string;
}

/** The password file has no line for this login, and the server asked for a password. */
export class PasswordMissingError extends Error {
  override readonly name = 'PasswordMissingError';
}

/** The deadline of a question has passed. */
export class AnswerTimeoutError extends Error {
  override readonly name = 'AnswerTimeoutError';
}

// PostgreSQL documentation, appendix "PostgreSQL Error Codes". 55000: a database that does not accept connections;
// 3D000: there is no such database; 42501: CONNECT is not granted. EACCES, EPERM: the socket is not for our user.
const refusedLogins: readonly string[] = ['28000', '28P01', '3D000', '42501', '55000', 'EACCES', 'EPERM'];
const damagedData: readonly string[] = ['53100', '58030', 'XX001', 'XX002'];
// The session was ended from outside (57P01, 57P05), or another backend's crash took it along (57P02).
const endedSessions: readonly string[] = ['57P01', '57P02', '57P05', '57014'];

/** Sorts an error of the client library or of the server. Codes count, never texts: servers speak many languages. */
export function classifyAnswer(error: unknown): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const refusal = (kind: Refusal['kind']): Refusal => ({ kind, code, message });
  if (error instanceof PasswordMissingError) return refusal('login-refused');
  if (error instanceof AnswerTimeoutError) return refusal('no-answer');
  if (code === '53300') return refusal('too-many-clients');
  if (code === '57P03') return refusal('not-yet');
  if (refusedLogins.includes(code)) return refusal('login-refused');
  if (damagedData.includes(code)) return refusal('data');
  if (endedSessions.includes(code) || code.startsWith('08')) return refusal('no-answer');
  // No class of SQLSTATE begins with E, as the names of the operating system's errors do.
  return refusal(/^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code) ? 'error' : 'no-answer');
}

/** Somebody took the connection or the question, and then ended it: not silence, and not nobody. */
export function isBrokenOff(error: unknown): boolean {
  const { kind, code } = classifyAnswer(error);
  const isNobody = code === 'ECONNREFUSED' || code === 'ENOENT';
  return kind === 'no-answer' && !isNobody && !(error instanceof AnswerTimeoutError);
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** What a refusal means for the health of the resource. A live server is never failed over for a login (K-20). */
export function judgeRefusal(refusal: Refusal, facts: Reason['facts']): ActionResult {
  const all = { ...facts, sqlstate: refusal.code, message: refusal.message.slice(0, 300) };
  switch (refusal.kind) {
    case 'too-many-clients':
      return {
        state: 'ok',
        warning: because('too-many-clients', { ...all, setting: 'superuser_reserved_connections' }),
      };
    case 'not-yet':
      return { state: 'ok', warning: because('starting-or-stopping', all) };
    case 'login-refused':
      return { state: 'ok', warning: because('login-refused', all) };
    case 'data':
      return { state: 'failed', scope: 'data', reason: because(dataCode(refusal.code), all) };
    case 'no-answer':
      return { state: 'failed', scope: 'server', reason: because('no-answer', all) };
    case 'error':
      return { state: 'failed', scope: 'server', reason: because('query-failed', all) };
    default:
      return refusal.kind satisfies never;
  }
}

function dataCode(sqlstate: string): string {
  if (sqlstate === '53100') return 'disk-full';
  return sqlstate === '58030' ? 'io-error' : 'data-damaged';
}
