import { changeAnswer, doctorAnswer, type DoctorFinding } from '@holdfast/contract';
import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { queryDatabase } from '@holdfast/lab/database';
import { passwordFileName, type LabServer } from '@holdfast/lab/lab-server';
import { sendSignal } from '@holdfast/lab/processes';
import { ProgramError } from '@holdfast/lab/program';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestCluster, ownerOf, postmasterOf, recoveryMs } from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster({ servers: 3, witness: false, networks: 2 });
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

interface Examined {
  readonly code: number | undefined;
  readonly findings: readonly DoctorFinding[];
}

/** Asks the doctor on `server1`; also where a check failed. */
async function examine(...servers: readonly string[]): Promise<Examined> {
  const asked = cluster.server('server1').holdfast(['doctor', ...servers, '-o', 'json']);
  const { code, stdout } = await asked.then(
    (text) => ({ code: 0, stdout: text }),
    (error: unknown) => {
      if (error instanceof ProgramError) return error.result;
      throw error;
    },
  );
  const answer = doctorAnswer.parse(JSON.parse(stdout));
  return { code, findings: answer.servers.flatMap(({ findings }) => findings) };
}

/** What did not pass, but for what is the machine's: how quick and how large it is, and its version of etcd. */
function problems({ findings }: Examined): readonly string[] {
  const ofMachine = ['etcd-version', 'etcd-latency', 'stalls', 'profile', 'memory', 'space'];
  return findings
    .filter(({ outcome, check }) => outcome !== 'passed' && !ofMachine.includes(check))
    .map(({ server, outcome, check, reason }) => `${server} ${outcome} ${check}: ${reason.code}`);
}

function findingOf({ findings }: Examined, server: string, check: string): DoctorFinding {
  const found = findings.find((one) => one.server === server && one.check === check);
  if (!found) throw new Error(`no finding ${check} of ${server}: ${JSON.stringify(findings)}`);
  return found;
}

async function write(server: LabServer, file: string, text: string, mode: string): Promise<void> {
  const written = await server.box.exec('/usr/bin/tee', [file], { input: text, timeoutMs: 5_000 });
  expect(written.code).toBe(0);
  const changed = await server.box.exec('/usr/bin/chmod', [mode, file], { timeoutMs: 5_000 });
  expect(changed.code).toBe(0);
}

/** Replaces the rules of who may connect, and waits until they are in force. */
async function setAccessRules(rules: readonly string[], isInForce: () => Promise<boolean>): Promise<void> {
  const owner = await ownerOf(cluster);
  const file = path.join(cluster.database.dataDirectory, 'pg_hba.conf');
  const network = cluster.boxes.network ? `${cluster.boxes.client.address}/24` : '127.0.0.0/8';
  const application = `host all application ${network} trust`;
  await write(owner, file, `${[...rules, application].join('\n')}\n`, '0600');
  sendSignal(postmasterOf(cluster, owner), 'SIGHUP');
  await waitFor(isInForce, { what: 'the new access rules', timeoutMs: recoveryMs, everyMs: 20 });
}

async function getsIn(): Promise<boolean> {
  const owner = await ownerOf(cluster);
  return queryDatabase(cluster.boxes, owner.box, cluster.database, 'select 1').then(
    () => true,
    () => false,
  );
}

const healthy = ['server1 warned dead-clients: dead-clients-stay'];

test('K-22 the doctor passes a healthy cluster of three servers', async () => {
  const examined = await examine();
  expect(problems(examined)).toEqual(healthy);
  expect(examined.code).toBe(0);
  const clocks = examined.findings.filter(({ check }) => check === 'clock');
  expect(clocks.map(({ server, outcome }) => `${server} ${outcome}`)).toEqual([
    'server2 passed',
    'server3 passed',
  ]);
}, 60_000);

test('K-22 a removed trust line is found, and the line that is named puts it right', async () => {
  await setAccessRules([], async () => !(await getsIn()));
  const refused = await examine('server1', 'server2');
  expect(refused.code).toBe(1);
  expect(problems(refused)).toEqual([
    'server1 failed login: login-refused',
    'server1 warned settings: settings-unknown',
    'server2 warned password-file: login-not-known',
  ]);
  const { remedy, reason } = findingOf(refused, 'server1', 'login');
  const line = 'local template1 postgres trust';
  expect(reason.facts['hbaFile']).toBe(path.join(cluster.database.dataDirectory, 'pg_hba.conf'));
  expect(remedy).toContain(`: ${line} `);
  await setAccessRules([line, 'local postgres postgres trust'], getsIn);
  expect(problems(await examine('server1'))).toEqual(healthy);
}, 60_000);

test('K-22 a password is wanted: each server without a usable password file is found, with the line to add', async () => {
  const { boxes, database } = cluster;
  const fileOf = (server: LabServer): string => path.join(server.box.directories.state, passwordFileName);
  const owner = await ownerOf(cluster);
  await queryDatabase(boxes, owner.box, database, "alter role postgres password 'secret'");
  await setAccessRules(['local template1 postgres scram-sha-256'], async () => !(await getsIn()));
  const line = `localhost:${String(database.port)}:template1:postgres:`;
  await write(owner, fileOf(owner), `${line}secret\n`, '0600');
  const other = cluster.server('server3');
  await write(other, fileOf(other), `${line}secret\n`, '0644');
  const examined = await examine();
  expect(problems(examined)).toEqual([
    ...healthy,
    'server2 failed password-file: password-line-missing',
    'server3 failed password-file: password-file-unusable',
  ]);
  expect(findingOf(examined, 'server2', 'password-file').remedy).toContain(`: ${line}PASSWORD`);
  const { remedy } = findingOf(examined, 'server3', 'password-file');
  expect(remedy).toContain(`chmod 0600 ${fileOf(other)}`);
  expect(JSON.stringify(examined)).not.toContain('secret');
  await setAccessRules(['local all postgres trust'], getsIn);
}, 60_000);

test('K-10 before an extension everything about its target is checked, there and from there, and shown at once', async () => {
  const { database, tags } = cluster;
  await cluster.server('server1').holdfast(['unextend', tags.postgresql, 'server3']);
  const own = `${tags.postgresql}.executables=${database.binDirectory}`;
  const { volumeDevice } = cluster.server('server3').box;
  const device = volumeDevice === undefined ? [] : ['--parameter', `${tags.volume}.device=${volumeDevice}`];
  const command = ['extend', tags.postgresql, '--to', 'server3', '--parameter', own, ...device];
  // The target may be told on itself as well.
  const text = await cluster.server('server3').holdfast([...command, '-o', 'json']);
  const { findings, hierarchy } = changeAnswer.parse(JSON.parse(text));
  expect(findings.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining([
      'servers-connected',
      'memory',
      'executables',
      'major-version',
      'account',
      'service',
      'port-free',
      'password-file',
      'default-cluster',
      'clock',
    ]),
  );
  const memory = findings.find(({ check }) => check === 'memory');
  expect(memory?.reason.facts['neededMb']).toBeGreaterThan(100);
  expect(Object.keys(hierarchy?.priorities ?? {})).toContain('server3');
}, 60_000);

test('K-22 a server that is off is shown as such, and the others are examined', async () => {
  await cluster.server('server3').box.powerOff();
  const examined = await examine();
  expect(examined.code).toBe(1);
  expect(problems(examined)).toContain('server3 failed answers: server-unanswered');
  expect(examined.findings.filter(({ server }) => server === 'server3').length).toBe(1);
  expect(examined.findings.some(({ server }) => server === 'server2')).toBe(true);
}, 60_000);
