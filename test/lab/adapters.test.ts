import { installedAt } from '@holdfast/lab/hosts/host';
import { createHosts, type Hosts } from '@holdfast/lab/hosts/hosts';
import { needHosts } from '@holdfast/lab/hosts/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

const vitestReport = z.object({
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ title: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});

const need = await needHosts();

describe.skipIf(need.missing)(`the service manager's adapter ${need.words}`, () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await createHosts({ servers: ['server1'], withVolume: 0 });
  }, 90_000);
  afterAll(() => hosts.dispose(), 30_000);

  test('K-02, K-03 its own tests hold on a host whose first process is systemd, none skipped', async () => {
    const file = 'packages/daemon/src/host/linux/services-systemd.test.ts';
    const node = `${installedAt}/node_modules/node-linux-${process.arch}/bin/node`;
    const vitest = `${installedAt}/node_modules/vitest/vitest.mjs`;
    const host = hosts.server('server1');
    const options = ['--root', installedAt, '--configLoader', 'native', '--project', 'parts'];
    const output = ['--reporter=json', '--outputFile=/tmp/report.json'];
    const result = await host.exec(node, [vitest, 'run', ...options, ...output, file], {
      timeoutMs: 150_000,
    });
    const report = vitestReport.parse(JSON.parse(await host.must('/usr/bin/cat', ['/tmp/report.json'])));
    const ended = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    expect(ended.length, result.stderr).toBeGreaterThan(10);
    expect(ended.filter(({ status }) => status !== 'passed')).toEqual([]);
  }, 180_000);
});
