import { failedFinding, passedFinding, warnedFinding } from '../findings.ts';
import type { Finding } from '../kit.ts';

/** What a database cluster is configured with: names and values of `pg_settings`, in its own units. */
export type Settings = Readonly<Record<string, string>>;

/** Beyond these a crash recovery takes more than about a minute on a disk that replays 100 MB a second. */
const longestCheckpointTimeoutS = 900;
const largestWalMb = 8_192;
/** A dead client is noticed within this time. */
const longestSilenceS = 300;

/**
 * Settings that make a failover slow, a check blind or the data unsafe. `settings`: what `configuredSettings` reads; a name that
 * this version of PostgreSQL does not have is passed over.
 */
export function judgeSettings(settings: Settings): readonly Finding[] {
  return [
    ...judgeDurability(settings),
    ...judgeRecoverySync(settings),
    judgeCheckpoints(settings),
    judgeDeadClients(settings),
    judgeReservedSlots(settings),
  ];
}

function judgeDurability(settings: Settings): readonly Finding[] {
  const found = [
    ...(settings['fsync'] === 'off' ? [failedFinding('durability', 'fsync-off')] : []),
    ...(settings['full_page_writes'] === 'off' ? [failedFinding('durability', 'full-page-writes-off')] : []),
  ];
  return found.length > 0 ? found : [passedFinding('durability')];
}

/** PostgreSQL 14 and newer can sync a whole file system at once (documentation, "recovery_init_sync_method"). */
function judgeRecoverySync(settings: Settings): readonly Finding[] {
  const value = settings['recovery_init_sync_method'];
  if (value === undefined) return [];
  return value === 'fsync'
    ? [warnedFinding('recovery-sync', 'recovery-syncs-every-file')]
    : [passedFinding('recovery-sync', { value })];
}

function judgeCheckpoints(settings: Settings): Finding {
  const facts = {
    checkpointTimeoutS: numberOf(settings, 'checkpoint_timeout'),
    maxWalMb: numberOf(settings, 'max_wal_size'),
  };
  return facts.checkpointTimeoutS > longestCheckpointTimeoutS || facts.maxWalMb > largestWalMb
    ? warnedFinding('checkpoints', 'checkpoints-far-apart', facts)
    : passedFinding('checkpoints', facts);
}

/** 0 is the system's default: two hours until the first keepalive (tcp(7)), a quarter of an hour for unacknowledged data. */
function judgeDeadClients(settings: Settings): Finding {
  const tcpUserTimeoutMs = numberOf(settings, 'tcp_user_timeout');
  const keepalivesIdleS = numberOf(settings, 'tcp_keepalives_idle');
  const facts = { tcpUserTimeoutMs, keepalivesIdleS };
  const isNoticed = tcpUserTimeoutMs > 0 && keepalivesIdleS > 0 && keepalivesIdleS <= longestSilenceS;
  return isNoticed
    ? passedFinding('dead-clients', facts)
    : warnedFinding('dead-clients', 'dead-clients-stay', facts);
}

function judgeReservedSlots(settings: Settings): Finding {
  const slots = numberOf(settings, 'superuser_reserved_connections');
  return slots > 0
    ? passedFinding('reserved-slots', { slots })
    : warnedFinding('reserved-slots', 'no-reserved-slots');
}

function numberOf(settings: Settings, name: string): number {
  return Number(settings[name] ?? 0);
}

/** `shared_buffers` counts blocks of 8 kB; a tenth more is taken for locks, processes and buffers' headers. */
export function memoryOf(settings: Settings): number | undefined {
  const blocks = Number(settings['shared_buffers']);
  return Number.isFinite(blocks) && blocks > 0 ? Math.round(blocks * 8_192 * 1.1) : undefined;
}
