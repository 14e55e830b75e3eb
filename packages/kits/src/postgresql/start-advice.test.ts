import { expect, test } from 'vitest';
import { adviseStartMode, formatStartAdvice } from './start-advice.ts';

test.each([
  [
    'pg',
    ['/usr/lib/postgresql/18/bin/postgres', '-D', '/srv/data'],
    { unit: 'pg.service', startLine: 'ExecStart=/usr/lib/postgresql/18/bin/postgres -D /srv/data -p 5432' },
  ],
  [
    'pg.service',
    ['/usr/bin/pg_ctl', 'start', '-D', '/srv/data'],
    { unit: 'pg.service', startLine: 'ExecStart=/usr/bin/pg_ctl start -D /srv/data -o "-p 5432"' },
  ],
  [
    'postgresql@15-main',
    ['/usr/bin/pg_ctlcluster', '--skip-systemctl-redirect', '15-main', 'start'],
    {
      unit: 'postgresql@15-main.service',
      startFile: '/etc/postgresql/15/main/pg_ctl.conf',
      startLine: "pg_ctl_options = '-o -p5432'",
    },
  ],
  ['own', ['/opt/start-database'], { unit: 'own.service' }],
])('K-05 the line that gives %s its port', (name, command, advice) => {
  expect(formatStartAdvice({ name, command }, 5432)).toEqual(advice);
});

test('K-03 the command that keeps the boot from starting a service', () => {
  expect(adviseStartMode('pg', 'systemd')).toEqual({ command: 'systemctl disable pg.service' });
  expect(adviseStartMode('postgresql@15-main', 'systemd').command).toMatch(
    /^echo manual > \/etc\/postgresql\/15\/main\/start\.conf /,
  );
  expect(adviseStartMode('pg', 'direct')).toEqual({});
});
