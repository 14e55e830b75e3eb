import { waitFor } from '@holdfast/lab';
import { createHosts, type Hosts } from '@holdfast/lab/hosts/hosts';
import { createExtraDisk, type ExtraDisk } from '@holdfast/lab/hosts/extra-disk';
import { pageBlocks, readmeBlocks, type CommandBlock } from '@holdfast/lab/hosts/readme';
import { needHosts } from '@holdfast/lab/hosts/testing';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';

const need = await needHosts();
const names = ['server1', 'server2', 'server3', 'witness'];

describe.skipIf(need.missing)(`the administrator's guide ${need.words}`, () => {
  let hosts: Hosts;
  let disk: ExtraDisk;

  beforeAll(async () => {
    hosts = await createHosts({ servers: names, withVolume: 3 });
    disk = await createExtraDisk(hosts, { servers: ['server1', 'server2'], as: '/dev/sdc' });
    const [install] = readmeBlocks('As a service').filter(({ on }) => on === 'each server');
    await Promise.all(names.map((name) => shell(name, install?.lines.join('\n') ?? 'exit 1')));
  }, 180_000);
  afterAll(async () => {
    await disk?.dispose();
    await hosts?.dispose();
  }, 60_000);

  async function shell(name: string, line: string): Promise<string> {
    return hosts.server(name).must('/bin/bash', ['-ec', line], { timeoutMs: 120_000 });
  }

  /** The documentation's addresses, as this lab has them. */
  function here(line: string): string {
    const network = hosts.floatingAddress.replace(/\.\d+$/, '');
    const servers = ['server1', 'server2', 'witness', 'server3'];
    return line
      .replaceAll(/192\.0\.2\.(\d+)/g, (_, last: string) => {
        const server = servers[Number(last) - 1];
        return server === undefined ? `${network}.${last}` : hosts.server(server).address;
      })
      .replaceAll(/198\.51\.100\.(\d)/g, (_, last: string) => {
        const [, second = ''] = hosts.server(servers[Number(last) - 1] ?? '').addresses;
        return second;
      });
  }

  /** A token goes from the server that made it to the one that it is for, as the guide says. */
  async function carryToken(from: string, line: string): Promise<void> {
    const file = /> (\/root\/([a-z0-9]+)\.token)$/.exec(line);
    if (!file) return;
    const [, path = '', to = ''] = file;
    const token = await shell(from, `cat ${path}`);
    await hosts.server(to).must('/usr/bin/tee', [path], { input: token });
  }

  async function play({ on, lines }: CommandBlock): Promise<void> {
    for (const line of lines) {
      // A comment, or a line of a file that is shown.
      if (line.startsWith('#')) continue;
      await shell(on, here(line)).catch((cause: unknown) => {
        throw new Error(`on ${on}: ${line}`, { cause });
      });
      await carryToken(on, line);
      if (line.endsWith('--now holdfast')) await alive(on);
    }
  }

  /** The guide tells to look at the status: a server takes part a moment after its daemon has started. */
  async function alive(name: string): Promise<void> {
    const isThere = new RegExp(`"name": "${name}",\\s+"role": "\\w+",\\s+"state": "(alive|warning)"`);
    const isAway = /"state": "(dead|unknown)"|"(server\d|witness)": null/;
    const isReached = async (): Promise<boolean> =>
      isThere.test(await shell('server1', 'holdfast status -o json')) &&
      !isAway.test(await shell('server1', 'holdfast path list -o json'));
    await waitFor(isReached, {
      what: `${name} to be alive and reached`,
      timeoutMs: 30_000,
      everyMs: 200,
    });
  }

  /** What the servers have said of late, for a page that did not come true. */
  async function tellLogs(): Promise<void> {
    for (const name of ['server1', 'server2'])
      process.stderr.write(
        `${name}: ${await shell(name, 'journalctl -o short-monotonic -n 60 --no-pager')}\n`,
      );
  }

  /** Whoever goes on to the next page has waited until the one before has come true. */
  async function settled(): Promise<void> {
    const states = async (): Promise<string> => shell('server1', 'holdfast status -o json');
    await waitFor(async () => !/"state": "(starting|stopping|failed|unknown)"/.test(await states()), {
      what: 'nothing to be under way',
      timeoutMs: 60_000,
      everyMs: 500,
      describe: states,
    });
  }

  test.each([
    'existing-postgresql',
    'paths',
    'port',
    'login',
    'test',
    'monitor',
    'settings',
    'configuration',
    'manage',
    'unextend',
    'extend',
    'existing-cluster',
    'further-servers',
    'remove-servers',
    'delete',
    'create',
  ])(
    'K-26 every command of %s does what it says',
    async (page) => {
      const blocks = pageBlocks(`docs/guide/${page}.md`);
      expect(blocks.flatMap(({ lines }) => lines).length).toBeGreaterThan(0);
      onTestFailed(tellLogs, 30_000);
      for (const block of blocks) await play(block);
      await settled();
    },
    240_000,
  );
});
