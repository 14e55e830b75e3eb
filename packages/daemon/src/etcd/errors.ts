import type { Reason } from '@holdfast/core';

export type Facts = Reason['facts'];

/**
 * What everything that concerns etcd throws: a stable code, a text for people, and the values that matter.
 */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
  readonly code: string;
  readonly facts: Facts;

  constructor(code: string, message: string, facts: Facts, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.facts = facts;
  }
}

/**
 * HF-STORE-001: no endpoint gave an answer that counts. The fact `mayHaveHappened` is true when a change was
 * sent and its outcome is not known: read again before concluding anything.
 */
export class StoreUnavailableError extends StoreError {
  override readonly name = 'StoreUnavailableError';

  constructor(message: string, facts: Facts, cause?: unknown) {
    super('HF-STORE-001', message, facts, cause);
  }
}

/** HF-STORE-002: the lease that a call names has expired or was revoked. */
export class LeaseNotFoundError extends StoreError {
  override readonly name = 'LeaseNotFoundError';

  constructor(message: string, facts: Facts, cause?: unknown) {
    super('HF-STORE-002', message, facts, cause);
  }
}

/**
 * HF-STORE-003: what answered does not speak as etcd does, or answers too much, or a record is not what its
 * schema says.
 */
export class StoreAnswerError extends StoreError {
  override readonly name = 'StoreAnswerError';

  constructor(message: string, facts: Facts, cause?: unknown) {
    super('HF-STORE-003', message, facts, cause);
  }
}

/** HF-STORE-004: a record has a newer format than this version knows. Nothing may be done on it. */
export class StoreFormatError extends StoreError {
  override readonly name = 'StoreFormatError';

  constructor(message: string, facts: Facts, cause?: unknown) {
    super('HF-STORE-004', message, facts, cause);
  }
}

/**
 * HF-STORE-005: etcd understood and refused: its own words are in the fact `etcd`, gRPC's number in
 * `grpcCode`.
 */
export class StoreRefusedError extends StoreError {
  override readonly name = 'StoreRefusedError';

  constructor(message: string, facts: Facts, cause?: unknown) {
    super('HF-STORE-005', message, facts, cause);
  }
}

/**
 * HF-STORE-007: etcd's database has reached its quota; nothing can be written until it has been made smaller.
 */
export class StoreFullError extends StoreError {
  override readonly name = 'StoreFullError';

  constructor(message: string, facts: Facts, cause?: unknown) {
    super('HF-STORE-007', message, facts, cause);
  }
}

/** HF-STORE-014: etcd does not trust this server's certificate, or its own cannot be trusted. */
export class StoreCertificateError extends StoreError {
  override readonly name = 'StoreCertificateError';

  constructor(message: string, facts: Facts, cause?: unknown) {
    super('HF-STORE-014', message, facts, cause);
  }
}

export type EndpointTrouble =
  /** The deadline passed, or a faster endpoint answered meanwhile. */
  | 'no-answer'
  | 'not-connected'
  /** One of the two certificates was turned down. */
  | 'not-trusted'
  | 'broken-off'
  | 'answer-too-large'
  | 'not-understood'
  | 'not-available'
  /** It took no note of a change, because the lead is moving or nobody has it: the same change may be asked for again. */
  | 'dropped'
  /** It only learns yet: it turns away what needs a vote. */
  | 'no-vote'
  /** Its raft term is lower than one that an answer has shown before. */
  | 'stale-member'
  | 'other-cluster'
  | 'aborted';

/** One endpoint failed; another may answer. Stays inside this folder. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
  readonly trouble: EndpointTrouble;
  readonly endpoint: string;
  /** False only if the request certainly had no effect: it did not leave this process, or was turned away. */
  readonly sent: boolean;

  constructor(
    trouble: EndpointTrouble,
    of: { endpoint: string; sent: boolean; text?: string; cause?: unknown },
  ) {
    super(`${of.endpoint} ${of.text ?? trouble}`, of.cause === undefined ? undefined : { cause: of.cause });
    this.trouble = trouble;
    this.endpoint = of.endpoint;
    this.sent = of.sent;
  }
}
