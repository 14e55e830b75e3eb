/**
 * etcd's JSON: keys and values in base64, 64-bit numbers as decimal strings, fields that are zero or false
 * left out. Everything that comes in is looked at as `unknown`; what does not fit throws a plain Error that
 * the caller maps.
 */

export interface AnswerHeader {
  readonly clusterId: string;
  readonly memberId: string;
  readonly revision: number;
  readonly raftTerm: number;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  /** Decimal number; `0` for none. */
  readonly lease: string;
}

/** One member of the etcd cluster. `name` is empty until the member has started for the first time. */
export interface EtcdMember {
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export interface GatewayFault {
  readonly grpcCode: number;
  readonly message: string;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function encodeText(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/**
 * End of the key range "everything that begins with `prefix`", in base64: the prefix with its last byte
 * raised.
 */
export function encodePrefixEnd(prefix: string): string {
  const bytes = Buffer.from(prefix, 'utf8');
  for (let last = bytes.length - 1; last >= 0; last -= 1) {
    const byte = bytes[last] ?? 0xff;
    if (byte === 0xff) continue;
    const end = Buffer.from(bytes.subarray(0, last + 1));
    end[last] = byte + 1;
    return end.toString('base64');
  }
  return encodeText('\0');
}

/** The range of a prefix as etcd's `key` and `range_end`. The empty prefix is the whole store. */
export function encodePrefix(prefix: string): { readonly key: string; readonly range_end: string } {
  return { key: encodeText(prefix === '' ? '\0' : prefix), range_end: encodePrefixEnd(prefix) };
}

export function parseObject(json: string): JsonObject {
  return asObject(JSON.parse(json), 'answer');
}

export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what} is no object`);
  return value as JsonObject;
}

export function asText(value: unknown, what: string): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new Error(`${what} is no string`);
  return value;
}

/** A 64-bit number that must be exact as a JavaScript number. Absent is 0. */
export function asCount(value: unknown, what: string): number {
  const count = Number(value ?? 0);
  if (!Number.isSafeInteger(count)) throw new Error(`${what} is no whole number`);
  return count;
}

/** A 64-bit number that is only a name: kept as its decimal string. Absent is `0`. */
export function asIdentity(value: unknown, what: string): string {
  if (value === undefined || value === null) return '0';
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (!/^-?\d+$/.test(text)) throw new Error(`${what} is no number`);
  return text;
}

export function asList(value: unknown, what: string): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Error(`${what} is no list`);
  return value;
}

export function parseHeader(answer: JsonObject): AnswerHeader {
  const header = asObject(answer['header'], 'header');
  return {
    clusterId: asIdentity(header['cluster_id'], 'cluster_id'),
    memberId: asIdentity(header['member_id'], 'member_id'),
    revision: asCount(header['revision'], 'revision'),
    raftTerm: asCount(header['raft_term'], 'raft_term'),
  };
}

export function parseKeyValue(value: unknown): KeyValue {
  const kv = asObject(value, 'kv');
  return {
    key: Buffer.from(asText(kv['key'], 'key'), 'base64').toString('utf8'),
    value: Buffer.from(asText(kv['value'], 'value'), 'base64').toString('utf8'),
    createRevision: asCount(kv['create_revision'], 'create_revision'),
    modRevision: asCount(kv['mod_revision'], 'mod_revision'),
    lease: asIdentity(kv['lease'], 'lease'),
  };
}

export function parseMember(value: unknown): EtcdMember {
  const member = asObject(value, 'member');
  return {
    id: asIdentity(member['ID'], 'ID'),
    name: asText(member['name'], 'name'),
    peerUrls: asList(member['peerURLs'], 'peerURLs').map((url) => asText(url, 'peerURL')),
    clientUrls: asList(member['clientURLs'], 'clientURLs').map((url) => asText(url, 'clientURL')),
    isLearner: member['isLearner'] === true,
  };
}

/**
 * The error of an answer that is no success, or undefined when the text is none of etcd's. Unary calls have
 * `code` and `message` at the top; streams wrap them in `error`, before etcd 3.6 as `grpc_code`.
 */
export function parseFault(answer: JsonObject): GatewayFault | undefined {
  const inner = answer['error'];
  const fault = typeof inner === 'object' && inner !== null ? asObject(inner, 'error') : answer;
  const code = fault['code'] ?? fault['grpc_code'];
  const message = fault['message'] ?? fault['error'];
  if (typeof code !== 'number' || typeof message !== 'string') return undefined;
  return { grpcCode: code, message };
}
