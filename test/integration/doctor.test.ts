import { doctorAnswer, type DoctorFinding } from '@holdfast/contract';
import type { LabCluster } from '@holdfast/lab/cluster';
import { ProgramError } from '@holdfast/lab/program';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestCluster } from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster({ servers: 3, witness: false });
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

interface Examined {
  readonly code: number | undefined;
  readonly findings: readonly DoctorFinding[];
}

/** Asks the doctor on a server; also where a check failed. */
async function examine(on: string, servers: readonly string[] = []): Promise<Examined> {
  const command = ['doctor', ...servers, '-o', 'json'];
  const { code, stdout } = await cluster
    .server(on)
    .holdfast(command)
    .then(
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
    .map(({ server, check, reason }) => `${server} ${check}: ${reason.code}`);
}

test('K-22 the doctor passes a healthy cluster of three servers', async () => {
  const examined = await examine('server2');
  expect(examined.findings.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(examined.code).toBe(0);
  expect(problems(examined)).toEqual(['server1 dead-clients: dead-clients-stay']);
  const clocks = examined.findings.filter(({ check }) => check === 'clock');
  expect(clocks.map(({ server }) => server)).toEqual(['server1', 'server3']);
  expect(examined.findings.filter(({ check }) => check === 'password-file').length).toBe(2);
}, 60_000);
