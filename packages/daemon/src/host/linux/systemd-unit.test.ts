import { describe, expect, test } from 'vitest';
import { formatStartFile, parseDebianCluster } from './debian-cluster.ts';
import {
  formatCommand,
  formatUnitFile,
  ownUnitMark,
  parseServiceView,
  parseStartCommand,
} from './systemd-unit.ts';

/** Answers of systemd 252 (Debian 12). */
const samples = {
  running: `MainPID=129
ExecStart={ path=/usr/bin/pg_ctlcluster ; argv[]=/usr/bin/pg_ctlcluster --skip-systemctl-redirect 15-main start ; ignore_errors=yes ; start_time=[Sun 2026-11-22 14:45:35 UTC] ; stop_time=[Sun 2026-11-22 14:45:37 UTC] ; pid=124 ; code=exited ; status=0 }
User=
Id=postgresql@15-main.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled-runtime
`,
  exited: `MainPID=0
ExecStart={ path=/bin/true ; argv[]=/bin/true ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
User=postgres
Id=postgresql.service
LoadState=loaded
ActiveState=active
SubState=exited
UnitFileState=disabled
`,
  missing: `MainPID=0
User=
Id=no-such.service
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
`,
};

describe('what systemctl shows', () => {
  test('a running unit with its process, command and start mode', () => {
    expect(parseServiceView('postgresql@15-main', samples.running)).toEqual({
      name: 'postgresql@15-main',
      state: 'running',
      mainPid: 129,
      startMode: 'automatic',
      user: 'root',
      command: ['/usr/bin/pg_ctlcluster', '--skip-systemctl-redirect', '15-main', 'start'],
    });
  });

  test('a unit that is active though nothing of it runs is stopped', () => {
    expect(parseServiceView('postgresql', samples.exited)).toMatchObject({
      state: 'stopped',
      mainPid: undefined,
      startMode: 'manual',
      user: 'postgres',
    });
  });

  test('a unit that systemd does not know is none; one that is masked is there', () => {
    expect(parseServiceView('no-such', samples.missing)).toBeUndefined();
    const masked = samples.missing.replace('not-found', 'masked');
    expect(parseServiceView('no-such', masked)).toMatchObject({ state: 'stopped' });
  });

  test.each([
    ['activating', 'start', 'starting'],
    ['activating', 'auto-restart', 'stopped'],
    ['deactivating', 'stop-sigterm', 'stopping'],
    ['failed', 'failed', 'failed'],
    ['reloading', 'reload', 'running'],
    ['inactive', 'dead', 'stopped'],
  ])('%s (%s) is %s', (active, sub, state) => {
    const text = samples.running.replace('=active', `=${active}`).replace('=running', `=${sub}`);
    expect(parseServiceView('x', text)?.state).toBe(state);
  });
});

test('a unit file says whose it is, and quotes what systemd would read as something else', () => {
  const text = formatUnitFile({
    name: 'pg',
    user: 'postgres',
    command: ['/opt/pg/bin/postgres', '-D', '/data/50% $x "y"'],
    directory: '/data',
    environment: { LANG: 'C.UTF-8' },
  });
  expect(text.startsWith(ownUnitMark)).toBe(true);
  expect(text).toContain('ExecStart="/opt/pg/bin/postgres" "-D" "/data/50%% $$x \\"y\\""\n');
  expect(text).toContain('Environment="LANG=C.UTF-8"\n');
  expect(text).toContain('User=postgres\n');
});

describe('database clusters of Debian', () => {
  test('a cluster is known by the name of its unit', () => {
    expect(parseDebianCluster('postgresql@15-main.service')?.startFile).toBe(
      '/etc/postgresql/15/main/start.conf',
    );
    expect(parseDebianCluster('postgresql.service')).toBeUndefined();
    expect(parseDebianCluster('postgresql@15-..service')).toBeUndefined();
  });

  test('the one word of its file changes, the comments stay', () => {
    expect(formatStartFile('# auto\n\nauto\n', 'manual')).toBe('# auto\n\nmanual\n');
    expect(formatStartFile('# nothing\n', 'auto')).toBe('# nothing\nauto\n');
  });
});

describe('the start command of a unit', () => {
  const pgdg = [
    '# /usr/lib/systemd/system/postgresql-16.service',
    '[Unit]',
    'Description=PostgreSQL 16 database server',
    '[Service]',
    'Type=notify',
    'Environment=PGDATA=/var/lib/pgsql/16/data/',
    'ExecStartPre=/usr/pgsql-16/bin/postgresql-16-check-db-dir ${PGDATA}',
    'ExecStart=/usr/pgsql-16/bin/postgres \\',
    '    -D ${PGDATA}',
    'KillMode=mixed',
  ].join('\n');

  test('K-06 is taken as it stands in the file, with its variables, and gets arguments', () => {
    const command = parseStartCommand(pgdg);
    expect(command).toBe('/usr/pgsql-16/bin/postgres  -D ${PGDATA}');
    expect(formatCommand(command ?? '', ['-p', '5432'])).toBe(
      `${ownUnitMark}\n[Service]\nExecStart=\n` +
        'ExecStart=/usr/pgsql-16/bin/postgres  -D ${PGDATA} "-p" "5432"\n',
    );
  });

  test('K-06 of drop-ins the last one counts; several commands are none', () => {
    const dropIn = `${pgdg}\n# /etc/systemd/system/x.d/a.conf\n[Service]\nExecStart=\nExecStart=/b/pg_ctl start\n`;
    expect(parseStartCommand(dropIn)).toBe('/b/pg_ctl start');
    expect(parseStartCommand(`${pgdg}\nExecStart=/bin/true\n`)).toBeUndefined();
    expect(parseStartCommand('[Unit]\nDescription=x\n')).toBeUndefined();
  });
});
