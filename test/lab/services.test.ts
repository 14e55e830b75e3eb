import type { HostCluster, HostServer, HostServers } from '@holdfast/lab/hosts/host-cluster';
import { needHosts } from '@holdfast/lab/hosts/testing';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { instantMs, postmasterOf, recoveryMs, whileWriting } from '../integration/testing.ts';
import {
  ask,
  backToFirst,
  dataDirectory,
  mainPid,
  makeServers,
  makeTables,
  shell,
  tag,
  tellState,
  waitForStatus,
  waitForUnit,
  watch,
} from './testing.ts';

const need = await needHosts();

const asPostgres = 'setpriv --reuid=postgres --regid=postgres --init-groups';
const bin = '/usr/lib/postgresql/15/bin';

/** A unit as PostgreSQL's own documentation has it ("Starting the Database Server"). */
const plainUnit = `[Unit]
Description=PostgreSQL database server
After=network-online.target

[Service]
Type=notify
User=postgres
ExecStart=${bin}/postgres -D ${dataDirectory} -p 5432
ExecReload=/bin/kill -HUP $MAINPID
KillMode=mixed
KillSignal=SIGINT
TimeoutSec=infinity

[Install]
WantedBy=multi-user.target
`;

describe.skipIf(need.missing)(`services of systemd on hosts ${need.words}`, () => {
  let made: HostServers;
  let cluster: HostCluster | undefined;
  let first: HostServer;
  let second: HostServer;
  let beneath: readonly string[];

  beforeAll(async () => {
    made = await makeServers();
    first = made.server('server1');
    second = made.server('server2');
    beneath = [...['--volume', '/srv/pg'], ...['--ip', made.hosts.floatingAddress]];
    await Promise.all(
      [first, second].map((server) => shell(server, 'pg_dropcluster --stop 15 main; mkdir /srv/pg')),
    );
    await shell(
      first,
      `mount /dev/sdb /srv/pg
       install -d -o postgres -g postgres -m 700 ${dataDirectory}
       ${asPostgres} ${bin}/initdb -D ${dataDirectory} -A trust --no-instructions > /dev/null
       echo "listen_addresses = '*'" >> ${dataDirectory}/postgresql.conf
       echo 'host all application 10.71.0.0/16 trust' >> ${dataDirectory}/pg_hba.conf`,
    );
  }, 120_000);
  afterEach(async () => {
    if (cluster) await backToFirst(cluster);
  }, 120_000);
  afterAll(async () => {
    await cluster?.dispose();
    await made?.dispose();
  }, 60_000);

  /** Creates the hierarchy on the first server, and extends it to the second. */
  async function protect(...parameters: readonly string[]): Promise<HostCluster> {
    const since = instantMs();
    onTestFailed(() => tellState(made, since), 30_000);
    await first.holdfast(['create', 'postgresql', '--port', '5432', ...parameters, ...beneath]);
    cluster = watch(made);
    await cluster.waitForService({ on: 'server1', timeoutMs: recoveryMs });
    await first.holdfast(['extend', tag, '--to', 'server2', '--priority', '10']);
    await cluster.waitForServer('server2', recoveryMs);
    return cluster;
  }

  async function forget(): Promise<void> {
    await cluster?.dispose();
    cluster = undefined;
  }

  test('K-02, K-03, H-03 a unit of the administrator is protected, moved, and gets its start mode back', async () => {
    for (const server of [first, second])
      await server.box.must('/usr/bin/tee', ['/etc/systemd/system/pg.service'], { input: plainUnit });
    await shell(first, 'systemctl daemon-reload; systemctl enable --now pg');
    await makeTables(first);
    const pid = await mainPid(first, 'pg');
    const protectedOne = await protect('--service', 'pg');
    expect(await mainPid(first, 'pg')).toBe(pid);
    expect(await ask(first, 'systemctl is-enabled pg')).toBe('disabled');
    await whileWriting(protectedOne, async ({ flows }) => {
      await first.holdfast(['in-service', tag, '--on', 'server2']);
      await flows();
      await waitForUnit(first, 'pg', 'inactive');
      await waitForUnit(second, 'pg', 'active');
      await first.holdfast(['in-service', tag, '--on', 'server1']);
      await flows();
    });
    const postmaster = postmasterOf(protectedOne, first);
    await first.holdfast(['delete', tag]);
    expect(postmasterOf(protectedOne, first).pid).toBe(postmaster.pid);
    await forget();
    expect(await ask(first, 'systemctl is-enabled pg')).toBe('enabled');
    expect(await ask(second, 'systemctl is-enabled pg')).toBe('disabled');
  }, 180_000);

  test('K-02, K-14 without a service Holdfast makes a unit on each server, and takes what runs into its care', async () => {
    for (const server of [first, second])
      await shell(
        server,
        'systemctl disable --now pg; rm /etc/systemd/system/pg.service; systemctl daemon-reload',
      );
    await shell(first, `${asPostgres} ${bin}/pg_ctl start -s -D ${dataDirectory} -l /dev/null -o '-p 5432'`);
    const protectedOne = await protect('--data-directory', dataDirectory);
    const units = 'ls /etc/systemd/system | grep holdfast-pgsql-5432';
    for (const server of [first, second])
      expect(await ask(server, units)).toBe('holdfast-pgsql-5432.service');
    await waitForStatus(protectedOne, 'the word that it was started by hand', (status) =>
      JSON.stringify(status).includes('started-by-hand'),
    );
    await whileWriting(protectedOne, async ({ flows }) => {
      await first.holdfast(['in-service', tag, '--on', 'server2']);
      await flows();
      await waitForUnit(second, 'holdfast-pgsql-5432', 'active');
      await second.box.powerOff();
      await protectedOne.waitForService({ on: 'server1', timeoutMs: recoveryMs });
      await flows();
      await waitForUnit(first, 'holdfast-pgsql-5432', 'active');
    });
    expect(await ask(first, 'systemctl is-enabled holdfast-pgsql-5432')).toBe('disabled');
  }, 180_000);

  test('C-07 the only server that could run it is rebooted: it is stopped in order, and started again there', async () => {
    if (!cluster) throw new Error('the hierarchy was not created');
    const here = cluster;
    const since = instantMs();
    onTestFailed(() => tellState(made, since), 30_000);
    await second.box.powerOff();
    await whileWriting(here, async ({ flows }) => {
      await first.box.reboot();
      await flows();
    });
    expect(await here.serviceOn()).toBe('server1');
    const log = await ask(first, 'journalctl --boot --output=cat --unit=holdfast-pgsql-5432');
    expect(log).toContain('database system was shut down at');
    expect(log).not.toContain('was interrupted');
  }, 180_000);

  test('K-02, K-13 deleted while it is out of service, nothing of the units that Holdfast made is left', async () => {
    if (!cluster) throw new Error('the hierarchy was not created');
    await first.holdfast(['out-of-service', tag]);
    await first.holdfast(['delete', tag]);
    await forget();
    for (const server of [first, second]) {
      expect(await ask(server, 'ls /etc/systemd/system /run/systemd/system | grep holdfast-pgsql')).toBe('');
      expect(await ask(server, 'systemctl show --value -p LoadState holdfast-pgsql-5432')).toBe('not-found');
    }
  }, 60_000);
});
