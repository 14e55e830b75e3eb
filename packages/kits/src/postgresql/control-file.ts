import type { Files } from '../host.ts';

/** State of a database cluster in `global/pg_control` (PostgreSQL, src/include/catalog/pg_control.h, DBState). */
export type ClusterState =
  | 'starting'
  | 'shut-down'
  | 'shut-down-in-recovery'
  | 'shutting-down'
  | 'crash-recovery'
  | 'archive-recovery'
  | 'in-production';

const states: readonly ClusterState[] = [
  'starting',
  'shut-down',
  'shut-down-in-recovery',
  'shutting-down',
  'crash-recovery',
  'archive-recovery',
  'in-production',
];

/** The part of `pg_control` that lies at the same place in PostgreSQL 12 to 18. */
export interface ControlFile {
  readonly systemIdentifier: string;
  readonly controlVersion: number;
  readonly state: ClusterState;
  readonly writtenAtSeconds: number;
  readonly checkpoint: string;
  readonly redo: string;
  readonly timeline: number;
  /** Checksum of the whole: it differs when anything in the file has changed. */
  readonly checksum: number;
}

const shortestLength = 200;
const longestLength = 512;

/**
 * Parses `pg_control`. The checksum stands behind the last field, whose place differs between versions: it is
 * looked for where it proves the bytes before it, which also tells a torn or damaged file (`undefined`).
 */
export function parseControlFile(bytes: Uint8Array): ControlFile | undefined {
  if (bytes.length < longestLength) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const state = states[view.getInt32(16, true)];
  const checksum = findChecksum(view);
  if (state === undefined || checksum === undefined) return undefined;
  return {
    systemIdentifier: view.getBigUint64(0, true).toString(),
    controlVersion: view.getUint32(8, true),
    state,
    writtenAtSeconds: Number(view.getBigInt64(24, true)),
    checkpoint: formatPosition(view.getBigUint64(32, true)),
    redo: formatPosition(view.getBigUint64(40, true)),
    timeline: view.getUint32(48, true),
    checksum,
  };
}

/** A position in the write-ahead log the way PostgreSQL prints it. */
function formatPosition(position: bigint): string {
  const part = (value: bigint): string => value.toString(16).toUpperCase();
  return `${part(position >> 32n)}/${part(position & 0xffff_ffffn)}`;
}

function findChecksum(view: DataView): number | undefined {
  let crc = 0xffff_ffff;
  for (let offset = 0; offset + 4 <= longestLength; offset += 1) {
    const value = (crc ^ 0xffff_ffff) >>> 0;
    if (offset >= shortestLength && offset % 4 === 0 && view.getUint32(offset, true) === value) return value;
    crc = (castagnoli[(crc ^ view.getUint8(offset)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return undefined;
}

// CRC-32C, the polynomial of PostgreSQL's checksums, bit-reversed.
const castagnoli: readonly number[] = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f6_3b78 : value >>> 1;
  return value >>> 0;
});

/** Reads the control file; `undefined` when it is not there, torn by a write at this moment, or damaged. */
export async function readControlFile(files: Files, dataDirectory: string): Promise<ControlFile | undefined> {
  const bytes = await files.readBytes(`${dataDirectory}/global/pg_control`, { maxBytes: longestLength });
  return bytes && parseControlFile(bytes);
}
