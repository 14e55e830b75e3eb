import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { profiles } from '@holdfast/core';
import {
  beatFileName,
  createRecordWriter,
  hasLivingGuard,
  identifySelf,
  readGuardRecord,
  recordFileName,
  SupersededError,
  type GuardRecord,
  type RecordWriter,
} from './record.ts';

let directory: string;
const writers: RecordWriter[] = [];

function open(collect: () => GuardRecord): RecordWriter {
  const writer = createRecordWriter(directory, collect);
  writers.push(writer);
  return writer;
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-record-'));
});
afterEach(async () => {
  await Promise.all(writers.splice(0).map((writer) => writer.close()));
  rmSync(directory, { recursive: true, force: true });
});

const self = identifySelf();
const lease = { lease: '7', incarnation: 'a', sentAt: 1_000, ttlMs: 3_000, sleptMs: -2, ending: false };
const record: GuardRecord = {
  formatVersion: 1,
  cluster: 'c',
  server: 's',
  ...self,
  daemonAliveAt: 900,
  profile: profiles.test,
  lease,
  plans: [
    {
      hierarchy: 'h1',
      term: 4,
      stopped: false,
      steps: [{ step: { kind: 'unmount', mountPoint: '/srv/pg' }, realPaths: ['/mnt/pg'] }],
    },
  ],
};
const beat = { guard: self.guard, lease: '7', sentAt: 2_000, ttlMs: 3_000, sleptMs: 5, daemonAliveAt: 1_900 };

test('S3 what is saved is what the next guard reads, with the newest renewal', async () => {
  const writer = open(() => record);
  await writer.save();
  expect(readGuardRecord(directory)).toEqual({ state: 'found', record });
  await writer.beat(beat);
  const renewed = { ...record, daemonAliveAt: 1_900, lease: { ...lease, sentAt: 2_000, sleptMs: 5 } };
  expect(readGuardRecord(directory)).toEqual({ state: 'found', record: renewed });
  expect(statSync(join(directory, recordFileName)).mode & 0o777).toBe(0o600);
});

test('S5 a beat of another lease, of another guard, torn or older changes nothing', async () => {
  const writer = open(() => record);
  await writer.save();
  const strange = [
    JSON.stringify({ ...beat, lease: '8' }),
    JSON.stringify({ ...beat, guard: { ...self.guard, startTicks: 1 } }),
    JSON.stringify({ ...beat, sentAt: 10 }),
    JSON.stringify(beat).slice(0, 40),
  ];
  for (const text of strange) {
    writeFileSync(join(directory, beatFileName), text);
    expect(readGuardRecord(directory)).toEqual({ state: 'found', record });
  }
});

test('S3 a lease without an instant stays without one', async () => {
  const abandoned = { ...record, lease: { ...lease, sentAt: -Infinity, ending: true } };
  await open(() => abandoned).save();
  expect(readGuardRecord(directory)).toEqual({ state: 'found', record: abandoned });
});

test('S5 a record of a newer format is not read, and one torn by a power loss is none', () => {
  expect(readGuardRecord(directory)).toEqual({ state: 'absent' });
  writeFileSync(join(directory, recordFileName), JSON.stringify({ ...record, formatVersion: 2 }));
  expect(readGuardRecord(directory).state).toBe('unreadable');
  writeFileSync(join(directory, recordFileName), '\0\0\0');
  expect(readGuardRecord(directory).state).toBe('absent');
});

test('S1 a guard whose record was replaced by another guard writes nothing more', async () => {
  const first = open(() => record);
  await first.save();
  const second = open(() => ({ ...record, server: 'other' }));
  await second.save();
  await expect(first.save()).rejects.toBeInstanceOf(SupersededError);
  await expect(first.beat(beat)).rejects.toBeInstanceOf(SupersededError);
  await second.save();
  expect(readGuardRecord(directory)).toMatchObject({ record: { server: 'other' } });
});

test('H-07 many saves at once end with the newest state on disk', async () => {
  let term = 0;
  const writer = open(() => ({
    ...record,
    plans: [{ hierarchy: 'h1', term, stopped: false, steps: [] }],
  }));
  const saves = Array.from({ length: 50 }, () => {
    term += 1;
    return writer.save();
  });
  await Promise.all(saves);
  expect(readGuardRecord(directory)).toMatchObject({ record: { plans: [{ term: 50 }] } });
});

test('S1 saves and beats that cross each other are not taken for another guard', async () => {
  const writer = open(() => record);
  await writer.save();
  const saves = { areDone: false };
  const beating = (async () => {
    while (!saves.areDone) await writer.beat(beat);
  })();
  const saving = (async () => {
    for (let round = 0; round < 200; round += 1) await writer.save();
  })().finally(() => {
    saves.areDone = true;
  });
  await expect(Promise.all([beating, saving])).resolves.toBeDefined();
});

test('S1 a guard counts as living by pid and start, in this boot, if it is not this process', () => {
  const parent: GuardRecord = { ...record, guard: { pid: process.ppid, startTicks: 1 } };
  expect(hasLivingGuard(record, self.bootId)).toBe(false);
  expect(hasLivingGuard(parent, self.bootId)).toBe(false);
  expect(hasLivingGuard(parent, 'another-boot')).toBe(false);
});
