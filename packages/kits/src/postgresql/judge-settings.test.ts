import { expect, test } from 'vitest';
import { judgeSettings, memoryOf, type Settings } from './judge-settings.ts';

/** A database cluster that is set up for quick failovers. */
const sound: Settings = {
  recovery_init_sync_method: 'syncfs',
  checkpoint_timeout: '300',
  max_wal_size: '1024',
  tcp_user_timeout: '10000',
  tcp_keepalives_idle: '10',
  superuser_reserved_connections: '3',
  fsync: 'on',
  full_page_writes: 'on',
};

function problems(changed: Settings): readonly string[] {
  return judgeSettings({ ...sound, ...changed })
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ outcome, reason }) => `${outcome} ${reason.code}`);
}

test('K-22 sound settings pass', () => {
  expect(problems({})).toEqual([]);
});

test.each([
  [{ recovery_init_sync_method: 'fsync' }, 'warned recovery-syncs-every-file'],
  [{ checkpoint_timeout: '901' }, 'warned checkpoints-far-apart'],
  [{ max_wal_size: '8193' }, 'warned checkpoints-far-apart'],
  [{ tcp_user_timeout: '0' }, 'warned dead-clients-stay'],
  [{ tcp_keepalives_idle: '0' }, 'warned dead-clients-stay'],
  [{ tcp_keepalives_idle: '7200' }, 'warned dead-clients-stay'],
  [{ superuser_reserved_connections: '0' }, 'warned no-reserved-slots'],
  [{ fsync: 'off' }, 'failed fsync-off'],
  [{ full_page_writes: 'off' }, 'failed full-page-writes-off'],
])('K-22 of the settings %j is said: %s', (changed, problem) => {
  expect(problems(changed)).toEqual([problem]);
});

test('K-22 a version without recovery_init_sync_method is not blamed for it', () => {
  const { recovery_init_sync_method: _, ...older } = sound;
  expect(judgeSettings(older).map(({ check }) => check)).not.toContain('recovery-sync');
});

test('K-10 the memory of a database cluster is its shared_buffers and a tenth', () => {
  expect(memoryOf({ shared_buffers: '16384' })).toBe(Math.round(128 * 1024 * 1024 * 1.1));
  expect(memoryOf({})).toBeUndefined();
});
