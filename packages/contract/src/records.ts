import { defaultChecks, defaultRecovery } from '@holdfast/core/defaults';
import { z } from 'zod';
import { role } from './roles.ts';
import { serverName } from './server-file.ts';

/** The newest form of store records that this program understands. A record of a newer form stops it from acting. */
export const recordFormat = 1;

const formatVersion = z.literal(recordFormat);
const wallTime = z.iso.datetime();
const milliseconds = z.int().min(0);
/** K-04: printable ASCII without a blank, so that a tag needs no quoting; unique in the cluster. */
export const tagName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$/);
export const reasonRecord = z.strictObject({
  code: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
const parameters = z.record(z.string(), z.unknown());
const port = z.int().min(1).max(65_535);

/** As OpenSSL shows it. */
export const certificateSerial = z.string().regex(/^([0-9A-F]{2}){1,20}$/);

const serverCertificate = z.strictObject({
  serial: certificateSerial,
  use: z.enum(['server', 'etcd-client']),
  authority: z.string().regex(/^[0-9a-f]{64}$/),
  notAfter: wallTime,
});

/** C-07: what becomes of what runs on a server that is shut down in order. */
export const shutdownStrategy = z.enum(['switchover', 'stop']);

export const serverRecord = z.strictObject({
  formatVersion,
  name: serverName,
  role: z.enum(['member', 'witness']),
  addresses: z.array(z.string()).min(1),
  port,
  etcdClientPort: port,
  etcdPeerPort: port,
  etcd: z.enum(['voter', 'learner', 'client', 'external']).default('voter'),
  confirmFailover: z.boolean().default(false),
  blockFailover: z.boolean().default(false),
  shutdownStrategy: shutdownStrategy.default('switchover'),
  certificates: z.array(serverCertificate).max(16).default([]),
});

/** S-01: a certificate that opens nothing any more. `server` is whose it was. */
export const revocationRecord = z.strictObject({ formatVersion, server: serverName, notAfter: wallTime });

const pathEnd = z.strictObject({ server: serverName, address: z.string() });
export const pathRecord = z.strictObject({
  formatVersion,
  id: z.string(),
  ends: z.tuple([pathEnd, pathEnd]),
  priority: z.int().min(1).max(99),
  intervalMs: z.int().min(100).max(60_000),
  misses: z.int().min(2).max(100),
});

/** when a resource is checked, and what counts as its failure. */
export const checks = z.strictObject({
  quickEveryMs: milliseconds,
  deepEveryMs: milliseconds,
  quickDeadlineMs: z.int().min(100).max(60_000),
  deepDeadlineMs: z.int().min(100).max(600_000),
  badQuick: z.int().min(1).max(100),
  badDeep: z.int().min(1).max(100),
});

/** K-18: by the names of the defaults file. */
export const tunables = z.record(z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/), z.int().min(0));

const resource = z.strictObject({
  tag: tagName,
  kit: z.string(),
  parameters,
  children: z.array(tagName),
  instances: z.record(serverName, parameters),
  checks: checks.default(defaultChecks),
  tunables: tunables.default({}),
});

/** how a hierarchy is repaired before it moves. */
export const recoveryPolicy = z.strictObject({
  localRecovery: z.boolean(),
  attempts: z.int().min(0).max(100),
  windowMs: milliseconds,
  restMs: milliseconds,
  failovers: z.int().min(1).max(1000),
  failoverWindowMs: milliseconds,
});

/** H-05: whether it goes back to a more preferred server that has been healthy for so long. */
export const switchback = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('intelligent') }),
  z.strictObject({ kind: z.literal('automatic'), healthyForMs: z.int().min(0).max(86_400_000) }),
]);

export const priority = z.int().min(1).max(999);

export const hierarchyRecord = z.strictObject({
  formatVersion,
  id: tagName,
  resources: z.array(resource).min(1).max(64),
  priorities: z.record(serverName, priority),
  recovery: recoveryPolicy.extend({
    failovers: recoveryPolicy.shape.failovers.default(defaultRecovery.failovers),
    failoverWindowMs: recoveryPolicy.shape.failoverWindowMs.default(defaultRecovery.failoverWindowMs),
  }),
  switchback: switchback.default({ kind: 'intelligent' }),
  maintenance: z.boolean().default(false),
});

export const settingsRecord = z.strictObject({
  formatVersion,
  profile: z.enum(['safe', 'normal', 'fast', 'fastest', 'test']),
  maintenance: z.boolean().default(false),
  failsafe: z.boolean().default(true),
  tunables: tunables.default({}),
});

export const desiredRecord = z.discriminatedUnion('kind', [
  z.strictObject({
    formatVersion,
    kind: z.literal('in-service'),
    operation: z.string().optional(),
    target: serverName.optional(),
    from: serverName.optional(),
    confirmed: z.int().min(0).optional(),
    chosen: serverName.optional(),
    kept: z.int().min(1).optional(),
  }),
  z.strictObject({
    formatVersion,
    kind: z.literal('out-of-service'),
    operation: z.string().optional(),
    by: z.string(),
  }),
]);

/** `server`: who owned it in this term; the owner key goes with its lease, and this stays. */
export const termRecord = z.strictObject({
  formatVersion,
  term: z.int().min(0),
  server: serverName.optional(),
});

export const ownerRecord = z.strictObject({
  formatVersion,
  server: serverName,
  incarnation: z.string(),
  term: z.int().min(1),
});

export const sessionRecord = z.strictObject({
  formatVersion,
  server: serverName,
  incarnation: z.string(),
  lease: z.string().regex(/^\d+$/),
  version: z.string(),
  accepting: z.boolean(),
});

export const failureRecord = z.strictObject({
  formatVersion,
  hierarchy: tagName,
  server: serverName,
  incarnation: z.string(),
  reason: reasonRecord,
  at: wallTime,
});

export const operationRecord = z.strictObject({
  formatVersion,
  id: z.string(),
  kind: z.enum(['in-service', 'out-of-service']),
  hierarchy: tagName,
  target: serverName.optional(),
  state: z.enum(['running', 'done', 'failed']),
  by: z.string(),
  at: wallTime,
  reason: reasonRecord.optional(),
});

export const statusRecord = z.strictObject({
  formatVersion,
  server: serverName,
  hierarchy: tagName,
  incarnation: z.string(),
  instances: z.record(
    tagName,
    z.strictObject({
      state: z.enum(['in-service', 'standby', 'starting', 'stopping', 'failed', 'degraded', 'unknown']),
      reason: reasonRecord.optional(),
    }),
  ),
});

export const eventRecord = z.strictObject({
  formatVersion,
  code: z.string(),
  severity: z.enum(['info', 'warning', 'alarm']),
  server: serverName,
  hierarchy: tagName.optional(),
  tag: tagName.optional(),
  at: wallTime,
  /** Milliseconds of that server's monotonic clock: for durations on one server only (S9). */
  instant: z.number(),
  facts: reasonRecord.shape.facts,
});
export type EventRecord = z.infer<typeof eventRecord>;

export const revisionRecord = z.strictObject({ formatVersion, revision: z.int().min(0) });

/** Only the secret's hash is kept; the key is deleted by the join that uses it. */
export const joinTokenRecord = z.strictObject({
  formatVersion,
  id: z.string(),
  secretSha256: z.string().regex(/^[0-9a-f]{64}$/),
  expiresAt: wallTime,
  /** Whose place it gives away. */
  replaces: serverName.optional(),
});

/** A server that was admitted and has not come up yet: until then its join may be repeated. */
export const joiningRecord = z.strictObject({ formatVersion, server: serverName, at: wallTime });

export const accountName = z.string().regex(/^[a-z][a-z0-9._-]{0,31}$/);

/** S-02: an account. `passwordHash` is argon2id in PHC form; `generation` grows when what it has opened is to end. */
export const accountRecord = z.strictObject({
  formatVersion,
  name: accountName,
  role,
  passwordHash: z.string().startsWith('$argon2id$'),
  generation: z.int().min(0),
  createdAt: wallTime,
});
export type AccountRecord = z.infer<typeof accountRecord>;

/** S-02: a session of a person or a token of a program, kept under the hash of its secret. */
export const admissionRecord = z.strictObject({
  formatVersion,
  kind: z.enum(['session', 'token']),
  id: z.string(),
  account: accountName,
  /** Void when the account has another generation. */
  generation: z.int().min(0),
  /** Never more than the account's own role. */
  role,
  note: z.string(),
  createdAt: wallTime,
  expiresAt: wallTime,
});
export type AdmissionRecord = z.infer<typeof admissionRecord>;

/** S-03: one change that somebody asked for, done or refused. */
export const auditRecord = z.strictObject({
  formatVersion,
  at: wallTime,
  server: serverName,
  who: z.string(),
  from: z.string(),
  what: z.string(),
  asked: z.string(),
  status: z.int(),
  error: z.string().nullable(),
});
export type AuditRecord = z.infer<typeof auditRecord>;

/** Where each record lives. `prefix` is what a daemon reads as a whole; events and reports lie outside of it. */
export function createKeys(cluster: string) {
  const root = `/holdfast/v1/${cluster}/`;
  const state = `${root}state/`;
  return {
    root,
    prefix: state,
    config: `${state}config/`,
    revision: `${state}config/revision`,
    settings: `${state}config/settings`,
    server: (server: string) => `${state}config/servers/${server}`,
    path: (id: string) => `${state}config/paths/${id}`,
    revoked: (serial: string) => `${state}config/revoked/${serial}`,
    hierarchy: (id: string) => `${state}config/hierarchies/${id}`,
    desired: (hierarchy: string) => `${state}desired/${hierarchy}`,
    term: (hierarchy: string) => `${state}terms/${hierarchy}`,
    owner: (hierarchy: string) => `${state}owners/${hierarchy}`,
    session: (server: string) => `${state}sessions/${server}`,
    status: (server: string, hierarchy: string) => `${state}status/${server}/${hierarchy}`,
    failure: (hierarchy: string, server: string) => `${state}failures/${hierarchy}/${server}`,
    operation: (id: string) => `${state}operations/${id}`,
    joinTokens: `${root}join-tokens/`,
    joinToken: (id: string) => `${root}join-tokens/${id}`,
    joiningServers: `${root}joining/`,
    joining: (server: string) => `${root}joining/${server}`,
    accounts: `${root}access/accounts/`,
    account: (name: string) => `${root}access/accounts/${name}`,
    admissions: `${root}access/admissions/`,
    admission: (secretSha256: string) => `${root}access/admissions/${secretSha256}`,
    audit: `${root}audit/`,
    auditRecord: (id: string) => `${root}audit/${id}`,
    events: `${root}events/`,
    event: (id: string) => `${root}events/${id}`,
    reports: `${root}reports/`,
    report: (id: string) => `${root}reports/${id}`,
  };
}

export type Keys = ReturnType<typeof createKeys>;
