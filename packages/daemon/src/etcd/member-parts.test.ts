import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profiles } from '@holdfast/core';
import { describe, expect, test } from 'vitest';
import { pkiPaths } from '../pki/files.ts';
import { isSameMember, memberArguments, ownClientUrl, type MemberPlan } from './member-arguments.ts';
import { boundMemberLog, readLastWord, sizeOf } from './member-log.ts';
import { hasLeaseFaults, parseEtcdVersion, type EtcdVersion } from './member-version.ts';

describe('versions of etcd', () => {
  test.each([
    [[3, 4, 23], true],
    [[3, 4, 30], true],
    [[3, 4, 31], false],
    [[3, 5, 0], true],
    [[3, 5, 12], true],
    [[3, 5, 13], false],
    [[3, 6, 0], false],
    [[4, 0, 0], false],
    [[3, 3, 99], true],
  ] as const satisfies readonly (readonly [EtcdVersion, boolean])[])(
    '%j has lease faults: %s',
    (version, faults) => {
      expect(hasLeaseFaults(version)).toBe(faults);
    },
  );

  test('a version is parsed out of what etcd prints', () => {
    expect(parseEtcdVersion('etcd Version: 3.5.16')).toEqual([3, 5, 16]);
    expect(parseEtcdVersion('no version')).toBeUndefined();
  });
});

describe('arguments of the member', () => {
  const plan: MemberPlan = {
    cluster: 'prod',
    server: 'server1',
    addresses: ['10.0.0.1', 'fd00::1'],
    etcd: {
      kind: 'embedded',
      binary: '/usr/bin/etcd',
      clientPort: 2379,
      peerPort: 2380,
      initialState: 'new',
      initialCluster: 'server1=https://10.0.0.1:2380',
    },
    profile: profiles.fast,
    dataDir: '/var/lib/holdfast/etcd',
    pki: pkiPaths('/var/lib/holdfast'),
  };
  const version = [3, 4, 23] as const;
  const everywhere = { present: () => true, version };

  test('it listens on every address and on 127.0.0.1, and is announced at the addresses', () => {
    const args = memberArguments(plan, everywhere);
    expect(args).toContain(
      '--listen-client-urls=https://10.0.0.1:2379,https://[fd00::1]:2379,https://127.0.0.1:2379',
    );
    expect(args).toContain('--advertise-client-urls=https://10.0.0.1:2379,https://[fd00::1]:2379');
    expect(args).toContain('--listen-peer-urls=https://10.0.0.1:2380,https://[fd00::1]:2380');
    expect(args).toContain('--election-timeout=500');
    expect(ownClientUrl(plan)).toBe('https://127.0.0.1:2379');
  });

  test('servers that share a machine by loopback addresses leave 127.0.0.1 to whoever has it', () => {
    const shared = { ...plan, addresses: ['127.0.0.2'] };
    expect(memberArguments(shared, everywhere)).toContain('--listen-client-urls=https://127.0.0.2:2379');
    expect(ownClientUrl(shared)).toBe('https://127.0.0.2:2379');
  });

  test('what etcd reads only once does not make a running member outdated; a profile does', () => {
    const args = memberArguments(plan, { present: (address) => address === '10.0.0.1', version: [3, 6, 0] });
    const joined = {
      ...plan,
      etcd: { ...plan.etcd, initialState: 'existing', initialCluster: 'x' },
    } as const;
    expect(isSameMember(args, plan)).toBe(true);
    expect(isSameMember(args, joined)).toBe(true);
    expect(isSameMember(args, { ...plan, profile: profiles.safe })).toBe(false);
  });

  test('an option that etcd gives up is not used where its default is right', () => {
    expect(memberArguments(plan, everywhere)).toContain('--snapshot-count=10000');
    const newer = memberArguments(plan, { ...everywhere, version: [3, 7, 0] });
    expect(newer.filter((arg) => arg.startsWith('--snapshot-count'))).toEqual([]);
  });
});

describe('log of the member', () => {
  test('it never grows far beyond its limit, and the part before is kept once', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
    const log = join(directory, 'etcd.log');
    await boundMemberLog(log, 100);
    writeFileSync(log, 'a'.repeat(100));
    await boundMemberLog(log, 100);
    expect(sizeOf(log)).toBe(100);
    appendFileSync(log, 'b');
    await boundMemberLog(log, 100);
    expect(sizeOf(log)).toBe(0);
    expect(readFileSync(`${log}.1`, 'utf8')).toBe(`${'a'.repeat(100)}b`);
    rmSync(directory, { recursive: true });
  });

  test("etcd's last word is its last error since the start, else its last line", () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
    const log = join(directory, 'etcd.log');
    const line = (level: string, msg: string, error?: string): string =>
      `${JSON.stringify({ level, msg, error })}\n`;
    writeFileSync(log, line('fatal', 'an earlier run'));
    const from = sizeOf(log);
    expect(readLastWord(log, from)).toBe('');
    appendFileSync(log, line('info', 'closing'));
    expect(readLastWord(log, from)).toBe('closing');
    appendFileSync(log, line('fatal', 'discovery failed', 'listen: in use') + line('info', 'closed'));
    expect(readLastWord(log, from)).toBe('discovery failed: listen: in use');
    appendFileSync(log, 'panic: no JSON\n');
    expect(readLastWord(log, sizeOf(log) - 15)).toBe('panic: no JSON');
    expect(readLastWord(join(directory, 'no-log'), 0)).toBe('');
    rmSync(directory, { recursive: true });
  });
});
