import type { HostCluster, HostServer, HostServers } from '@holdfast/lab/hosts/host-cluster';
import { readmeBlocks } from '@holdfast/lab/hosts/readme';
import { needHosts } from '@holdfast/lab/hosts/testing';
import { waitFor } from '@holdfast/lab';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import {
  eventAfter,
  instantMs,
  postgresOf,
  postmasterOf,
  recoveryMs,
  termOf,
  whileWriting,
} from '../integration/testing.ts';
import {
  ask,
  backToFirst,
  configuration,
  dataDirectory,
  mainPid,
  makeServers,
  makeTables,
  refusalOf,
  shell,
  stateOn,
  tag,
  tellState,
  waitForStatus,
  waitForUnit,
  watch,
} from './testing.ts';

const need = await needHosts();
const unit = 'postgresql@15-main';

/** What the README tells to do on the first server, on the second one, and then with Holdfast. */
const [firstBlock = [], lastBlock = []] = linesOn('server1');
const [secondBlock = []] = linesOn('server2');

function linesOn(server: string): readonly (readonly string[])[] {
  return readmeBlocks('As a service').flatMap(({ on, lines }) => (on === server ? [lines] : []));
}

/** The words of the one command of the README that begins so, without the program's name. */
function commandOf(beginning: string): readonly string[] {
  const line = lastBlock.find((one) => one.startsWith(beginning));
  if (line === undefined) throw new Error(`the README has no ${beginning}`);
  return line.split(' ').slice(1);
}

describe.skipIf(need.missing)(`Debian's own service of PostgreSQL ${need.words}`, () => {
  let made: HostServers;
  let cluster: HostCluster | undefined;
  let first: HostServer;
  let second: HostServer;
  let createCommand: readonly string[];
  let extendCommand: readonly string[];

  beforeAll(async () => {
    made = await makeServers();
    first = made.server('server1');
    second = made.server('server2');
    createCommand = commandOf('holdfast create').map((word) =>
      word === '192.0.2.100' ? made.hosts.floatingAddress : word,
    );
    extendCommand = commandOf('holdfast extend');
  }, 120_000);
  afterEach(async () => {
    if (cluster) await backToFirst(cluster);
  }, 120_000);
  afterAll(async () => {
    await cluster?.dispose();
    await made?.dispose();
  }, 60_000);

  function theCluster(): HostCluster {
    const since = instantMs();
    onTestFailed(() => tellState(made, since), 30_000);
    if (!cluster) throw new Error('the hierarchy was not created');
    return cluster;
  }

  test('K-07 with its configuration in /etc it is refused, naming the files, and stays as it was', async () => {
    await shell(
      first,
      `mkdir -p /srv/pg && mount /dev/sdb /srv/pg
       cd /etc/postgresql/15/main
       sed -i "s/^#listen_addresses.*/listen_addresses = '*'/" postgresql.conf
       sed -i '1i host all application 10.71.0.0/16 trust' pg_hba.conf`,
    );
    const elsewhere = firstBlock.filter((line) => !/^(mv|ln) /.test(line)).join('\n');
    await shell(first, elsewhere.replaceAll(configuration, '/etc/postgresql/15/main'));
    const before = await ask(first, `cat /etc/postgresql/15/main/start.conf; systemctl is-enabled ${unit}`);
    const refusal = await refusalOf(first.holdfast(createCommand));
    expect(refusal).toContain('HF-HIER-003');
    expect(refusal).toContain('/etc/postgresql/15/main/postgresql.conf');
    expect(await ask(first, `cat /etc/postgresql/15/main/start.conf; systemctl is-enabled ${unit}`)).toBe(
      before,
    );
    expect((await first.api.status()).hierarchies).toEqual([]);
  }, 90_000);

  test('K-02, K-03, K-05, K-06 with its configuration on the volume it gets its port, is protected while its unit still starts, and no longer started by the boot', async () => {
    await shell(first, firstBlock.filter((line) => /^(mv|ln) /.test(line)).join('\n'));
    await makeTables(first);
    // Debian's pg_ctlcluster reports a start up to seconds after the database has answered; who creates then need not know.
    await shell(
      first,
      `systemctl restart --no-block ${unit}
       until [ $(systemctl show --property ActiveState --value ${unit}) = activating ]; do :; done
       until pg_isready -q; do :; done`,
    );
    await first.holdfast(createCommand);
    expect(await ask(first, 'systemctl list-unit-files "holdfast-pgsql*" --no-legend')).toBe('');
    expect(await ask(first, `cat ${dataDirectory}/postmaster.opts`)).toContain('"-p5432"');
    expect(await ask(first, `systemctl is-enabled ${unit}`)).toBe('disabled');
    cluster = watch(made);
    await cluster.waitForService({ on: 'server1', timeoutMs: recoveryMs });
    await whileWriting(theCluster(), async ({ flows }) => flows());
  }, 120_000);

  test('K-10, H-03 it is extended, and switched over by stopping and starting the units of systemd', async () => {
    await shell(second, secondBlock.join('\n'));
    await first.holdfast([...extendCommand, '--priority', '10']);
    await theCluster().waitForServer('server2', recoveryMs);
    await waitForUnit(second, unit, 'inactive');
    await whileWriting(theCluster(), async ({ flows }) => {
      await first.holdfast(['in-service', tag, '--on', 'server2']);
      await flows();
    });
    await waitForUnit(first, unit, 'inactive');
    await waitForUnit(second, unit, 'active');
    expect(await mainPid(second, unit)).toBeGreaterThan(0);
  }, 120_000);

  test('C-10 systemctl restart holdfast, and kill -9 of the daemon: the database goes on, and no term is lost', async () => {
    const term = await termOf(theCluster());
    const postmaster = postmasterOf(theCluster(), first);
    await whileWriting(theCluster(), async ({ client }) => {
      await shell(first, 'systemctl restart holdfast');
      await theCluster().waitForService({ on: 'server1', timeoutMs: recoveryMs });
      const daemon = await first.daemonPid();
      process.kill(daemon ?? 0, 'SIGKILL');
      await waitFor(async () => ![undefined, daemon].includes(await first.daemonPid()), {
        what: 'another daemon',
        timeoutMs: recoveryMs,
      });
      await first.waitForDaemon(recoveryMs);
      await theCluster().waitForService({ on: 'server1', timeoutMs: recoveryMs });
      expect(await client.outages(1_000)).toEqual([]);
    });
    expect(postmasterOf(theCluster(), first).pid).toBe(postmaster.pid);
    expect(await termOf(theCluster())).toBe(term);
  }, 120_000);

  test('K-21 systemctl stop by hand is put right, and not shown as healthy meanwhile', async () => {
    await whileWriting(theCluster(), async ({ flows }) => {
      const states: (string | undefined)[] = [];
      const looking = setInterval(() => {
        void first.api.status().then(
          (status) => states.push(stateOn(status, 'server1')),
          () => undefined,
        );
      }, 20);
      await shell(first, `systemctl stop ${unit}`);
      await flows();
      clearInterval(looking);
      expect(states.some((state) => state !== 'in-service')).toBe(true);
    });
    expect(await theCluster().serviceOn()).toBe('server1');
    await waitForUnit(first, unit, 'active');
  }, 120_000);

  test('K-14 a postmaster that pg_ctl started by hand is adopted, which is said', async () => {
    const term = await termOf(theCluster());
    await whileWriting(theCluster(), async ({ flows }) => {
      // Otherwise the end of the service would be the end of this server, which hands over first.
      await first.holdfast(['set', tag, '--maintenance', 'on']);
      await shell(
        first,
        `systemctl stop holdfast
         systemctl stop ${unit}
         setpriv --reuid=postgres --regid=postgres --init-groups /usr/lib/postgresql/15/bin/pg_ctl start --silent \\
           -D ${dataDirectory} -l /dev/null -o "-p 5432 -c config_file=${configuration}/postgresql.conf"
         systemctl start holdfast`,
      );
      await first.waitForDaemon(recoveryMs);
      await first.holdfast(['set', tag, '--maintenance', 'off']);
      await flows();
    });
    const postmaster = postmasterOf(theCluster(), first);
    const status = await waitForStatus(theCluster(), 'the word that it was started by hand', (found) =>
      JSON.stringify(found).includes('started-by-hand'),
    );
    expect(stateOn(status, 'server1')).toBe('degraded');
    expect(postmasterOf(theCluster(), first).pid).toBe(postmaster.pid);
    expect(await termOf(theCluster())).toBe(term);
    await whileWriting(theCluster(), async ({ flows }) => {
      await first.holdfast(['in-service', tag, '--on', 'server2']);
      await flows();
    });
    expect(postgresOf(theCluster(), first)).toEqual([]);
  }, 180_000);

  test('K-20, K-21 systemctl freeze of the service: it is found not to answer, and started anew', async () => {
    const before = postmasterOf(theCluster(), first);
    await first.holdfast(['set', tag, '--deep-check', '1s']);
    // systemd freezes no unit that it is just starting.
    await waitForUnit(first, unit, 'active');
    await whileWriting(theCluster(), async ({ flows }) => {
      await shell(first, `systemctl freeze ${unit}`);
      await flows();
    });
    expect(await theCluster().serviceOn()).toBe('server1');
    expect(postmasterOf(theCluster(), first).pid).not.toBe(before.pid);
  }, 120_000);

  test('P-01, S1 the power of the owner is lost: the other server starts its unit, and what comes back stands by', async () => {
    await whileWriting(theCluster(), async ({ flows }) => {
      await first.box.powerOff();
      await theCluster().waitForService({ on: 'server2', timeoutMs: recoveryMs });
      await flows();
      await first.box.powerOn();
      await first.waitForDaemon(recoveryMs);
      await theCluster().waitForServer('server1', recoveryMs);
    });
    expect(await theCluster().serviceOn()).toBe('server2');
    await waitForUnit(first, unit, 'inactive');
    expect(postgresOf(theCluster(), first)).toEqual([]);
  }, 180_000);

  test('C-07, K-03 systemctl reboot of the owner: it hands over in order, comes back as standby, and systemd starts no database', async () => {
    const since = instantMs();
    await whileWriting(theCluster(), async ({ flows }) => {
      await first.box.reboot();
      await flows();
      await first.waitForDaemon(recoveryMs);
      await theCluster().waitForServer('server1', recoveryMs);
    });
    await eventAfter(theCluster(), since, 'handed-over', { to: 'server2' });
    expect(await theCluster().serviceOn()).toBe('server2');
    await waitForUnit(first, unit, 'inactive');
    expect(postgresOf(theCluster(), first)).toEqual([]);
  }, 180_000);

  test('C-07 systemctl stop holdfast hands over in order, or keeps what it has stopped until it is back', async () => {
    const strategy = (name: string) => ['server', 'set', 'server1', '--shutdown-strategy', name];
    await whileWriting(theCluster(), async ({ flows }) => {
      await shell(first, 'systemctl stop holdfast');
      await theCluster().waitForService({ on: 'server2', timeoutMs: recoveryMs });
      await flows();
      await shell(first, 'systemctl start holdfast');
      await first.waitForDaemon(recoveryMs);
      await theCluster().waitForServer('server1', recoveryMs);
      await first.holdfast(strategy('stop'));
      await backToFirst(theCluster());
      const since = instantMs();
      const term = await termOf(theCluster());
      await shell(first, 'systemctl stop holdfast');
      await waitForUnit(first, unit, 'inactive');
      await eventAfter(theCluster(), since, 'kept-by-server', { server: 'server1' });
      const status = await second.api.status();
      const [hierarchy] = status.hierarchies;
      expect(hierarchy?.owner).toBe(null);
      expect(hierarchy?.warnings.map(({ code }) => code)).toContain('kept-by-server');
      await shell(first, 'systemctl start holdfast');
      await theCluster().waitForService({ on: 'server1', timeoutMs: recoveryMs });
      await flows();
      expect(await termOf(theCluster())).toBe(term + 1);
    });
  }, 240_000);

  test('C-07 with the strategy "stop" a reboot moves nothing: it starts again where it was', async () => {
    const since = instantMs();
    const term = await termOf(theCluster());
    await whileWriting(theCluster(), async ({ flows }) => {
      await first.box.reboot();
      await flows();
    });
    await eventAfter(theCluster(), since, 'owner-released', { kept: true });
    expect(await theCluster().serviceOn()).toBe('server1');
    expect(await termOf(theCluster())).toBe(term + 1);
    expect(postgresOf(theCluster(), second)).toEqual([]);
    await first.waitForDaemon(recoveryMs);
    await first.holdfast(['server', 'set', 'server1', '--shutdown-strategy', 'switchover']);
  }, 180_000);

  test('K-02, K-13 the hierarchy is deleted: the database goes on, and its service gets its start mode back', async () => {
    const postmaster = postmasterOf(theCluster(), first);
    await first.holdfast(['delete', tag]);
    expect(postmasterOf(theCluster(), first).pid).toBe(postmaster.pid);
    await cluster?.dispose();
    cluster = undefined;
    expect(await ask(first, `tail -1 ${configuration}/start.conf`)).toBe('auto');
    await shell(first, 'systemctl daemon-reload');
    expect(await ask(first, `systemctl is-enabled ${unit}`)).toBe('enabled-runtime');
  }, 60_000);
});
