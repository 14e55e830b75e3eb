import type { Socket } from 'node:net';
import type { HierarchyId, Incarnation, Promised, Reason, Term } from '@holdfast/core';
import type { KillStep, LeaseState } from '@holdfast/engine/ports';
import { parseGuardConfig, type GuardConfig } from './config.ts';
import { asCount, asFields, asList, asNumber, asOptional, asPath, asText, type Fields } from './parse.ts';

/**
 * How daemon and guard talk: one JSON object a line over `run/guard.sock`. A guard outlives upgrades of the daemon;
 * a daemon that finds another version here replaces the guard, which continues from its record.
 */
export const protocolVersion = 2;
export const socketFileName = 'guard.sock';
const maxLineBytes = 256 * 1024;

export type Request =
  | { readonly kind: 'hello'; readonly version: number; readonly cluster: string; readonly server: string }
  /** A loop round of the daemon is complete. Not answered. */
  | { readonly kind: 'alive' }
  | {
      readonly kind: 'plan';
      readonly id: number;
      readonly hierarchy: HierarchyId;
      readonly term: Term;
      readonly steps: readonly KillStep[];
      /** The lease's life that the daemon knows of; refused when that is over. */
      readonly incarnation: Incarnation | undefined;
    }
  | { readonly kind: 'drop'; readonly id: number; readonly hierarchy: HierarchyId }
  | { readonly kind: 'retain'; readonly id: number; readonly hierarchies: readonly HierarchyId[] }
  | { readonly kind: 'kill'; readonly id: number; readonly hierarchy: HierarchyId }
  /** All other servers have promised to take nothing of this one's (C-08). */
  | { readonly kind: 'hold'; readonly id: number; readonly promised: PromisedAt }
  | { readonly kind: 'configure'; readonly id: number; readonly config: GuardConfig }
  | { readonly kind: 'release'; readonly id: number };

/** What was promised, and where the sleep clock stood when it was asked for. */
export type PromisedAt = Promised & { readonly sleptMs: number };

export type Push =
  | { readonly kind: 'hello'; readonly version: number; readonly pid: number }
  /** At every renewal, and often enough that silence means a dead or frozen guard. */
  | {
      readonly kind: 'state';
      readonly lease: LeaseState | undefined;
      readonly reason: Reason;
      /** How long after its time the guard's last step came, where that is worth a word. */
      readonly lateMs?: number;
    }
  | { readonly kind: 'answer'; readonly id: number; readonly refusal: Reason | undefined }
  | { readonly kind: 'event'; readonly severity: Severity; readonly reason: Reason };

export type Severity = 'info' | 'warning' | 'alarm';

/** Throws an Error when the line is no request that this version knows. */
export function parseRequest(line: string): Request {
  const fields = asFields(JSON.parse(line), 'request');
  const id = (): number => asCount(fields['id'], 'id');
  const hierarchy = (): string => asText(fields['hierarchy'], 'hierarchy');
  const kind = fields['kind'];
  switch (kind) {
    case 'hello':
      return {
        kind,
        version: asCount(fields['version'], 'version'),
        cluster: asText(fields['cluster'], 'cluster'),
        server: asText(fields['server'], 'server'),
      };
    case 'alive':
      return { kind };
    case 'plan':
      return {
        kind,
        id: id(),
        hierarchy: hierarchy(),
        term: asCount(fields['term'], 'term'),
        steps: asList(fields['steps'], 'steps', parseKillStep),
        incarnation: asOptional(fields['incarnation'], 'incarnation', asText),
      };
    case 'drop':
    case 'kill':
      return { kind, id: id(), hierarchy: hierarchy() };
    case 'retain':
      return { kind, id: id(), hierarchies: asList(fields['hierarchies'], 'hierarchies', asText) };
    case 'hold':
      return { kind, id: id(), promised: parsePromised(fields['promised']) };
    case 'configure':
      return { kind, id: id(), config: parseGuardConfig(fields['config']) };
    case 'release':
      return { kind, id: id() };
    default:
      throw new Error('request is of no known kind');
  }
}

export function parseKillStep(value: unknown, what: string): KillStep {
  const fields = asFields(value, what);
  const kind = fields['kind'];
  switch (kind) {
    case 'address':
      return {
        kind,
        address: asName(fields['address'], 'address'),
        device: asName(fields['device'], 'device'),
      };
    case 'processes':
      return {
        kind,
        executable: asPath(fields['executable'], 'executable'),
        directory: asPath(fields['directory'], 'directory'),
        ...(fields['mark'] === undefined ? {} : { mark: asText(fields['mark'], 'mark') }),
      };
    case 'unit':
      return { kind, unit: asName(fields['unit'], 'unit') };
    case 'unmount':
      return { kind, mountPoint: asMountPoint(fields['mountPoint']) };
    case 'forget':
      return { kind, file: asPath(fields['file'], 'file') };
    default:
      throw new Error(`${what} is of no known kind`);
  }
}

/** A word that becomes an argument of a program: never an option. */
function asName(value: unknown, what: string): string {
  const name = asText(value, what);
  if (!/^[A-Za-z0-9_@:.][A-Za-z0-9_@:.\\/-]*$/.test(name)) throw new Error(`${what} is no name`);
  return name;
}

function asMountPoint(value: unknown): string {
  const path = asPath(value, 'mountPoint');
  if (/^\/+$/.test(path)) throw new Error('the root is never unmounted');
  return path;
}

export function parsePush(line: string): Push {
  const fields = asFields(JSON.parse(line), 'push');
  const kind = fields['kind'];
  switch (kind) {
    case 'hello':
      return { kind, version: asCount(fields['version'], 'version'), pid: asCount(fields['pid'], 'pid') };
    case 'state':
      return {
        kind,
        lease: asOptional(fields['lease'], 'lease', parseLeaseState),
        reason: parseReason(fields),
        ...(fields['lateMs'] === undefined ? {} : { lateMs: asCount(fields['lateMs'], 'lateMs') }),
      };
    case 'answer':
      return {
        kind,
        id: asCount(fields['id'], 'id'),
        refusal: fields['refusal'] === undefined ? undefined : parseReason(fields, 'refusal'),
      };
    case 'event': {
      const severity = fields['severity'];
      if (severity !== 'info' && severity !== 'warning' && severity !== 'alarm')
        throw new Error('severity is of no known kind');
      return { kind, severity, reason: parseReason(fields) };
    }
    default:
      throw new Error('push is of no known kind');
  }
}

function parseLeaseState(value: unknown): LeaseState {
  const fields = asFields(value, 'lease');
  const goodUntil = asNumber(fields['goodUntil'], 'goodUntil');
  const failsafeUntil = asOptional(fields['failsafeUntil'], 'failsafeUntil', asNumber);
  return {
    lease: asText(fields['lease'], 'lease'),
    incarnation: asText(fields['incarnation'], 'incarnation'),
    goodUntil,
    ...(failsafeUntil !== undefined && { failsafeUntil }),
  };
}

export function parsePromised(value: unknown): PromisedAt {
  const fields = asFields(value, 'promised');
  return {
    lease: asText(fields['lease'], 'lease'),
    sentAt: asNumber(fields['sentAt'], 'sentAt'),
    forMs: asNumber(fields['forMs'], 'forMs'),
    sleptMs: asNumber(fields['sleptMs'], 'sleptMs'),
  };
}

export function parseReason(of: Fields, name = 'reason'): Reason {
  const fields = asFields(of[name], name);
  const facts = Object.entries(asFields(fields['facts'], 'facts')).flatMap(([key, fact]) =>
    typeof fact === 'string' || typeof fact === 'number' || typeof fact === 'boolean' ? [[key, fact]] : [],
  );
  return { code: asText(fields['code'], 'code'), facts: Object.fromEntries(facts) };
}

/** Hands over a socket's lines. A line that is too long, or that `onLine` throws at, ends the connection. */
export function readLines(
  socket: Socket,
  onLine: (line: string) => void,
  onBad: (error: unknown) => void,
): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    try {
      if (rest.length > maxLineBytes) throw new Error('line is too long');
      for (const line of lines) if (line !== '' && !socket.destroyed) onLine(line);
    } catch (error) {
      socket.destroy();
      onBad(error);
    }
  });
}

const maxUnreadBytes = 1024 * 1024;

/** Sends one message. A peer that has stopped reading is cut off instead of filling the memory. */
export function sendLine(socket: Socket, message: Request | Push): void {
  if (socket.destroyed || !socket.writable) return;
  if (socket.writableLength > maxUnreadBytes) socket.destroy();
  else socket.write(`${JSON.stringify(message)}\n`);
}
