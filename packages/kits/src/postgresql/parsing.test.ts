import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAccount } from './account.ts';
import { AnswerTimeoutError, classifyAnswer, judgeRefusal, PasswordMissingError } from './answer.ts';
import { parseControlFile } from './control-file.ts';
import { parseMajorVersion } from './executables.ts';
import { isPostmaster } from './identity.ts';
import { limitsOf } from './limits.ts';
import { parseLockFile, parseOptionsFile, parseStartOptions } from './lock-file.ts';
import { postgresqlParameters } from './parameters.ts';
import { findPassword } from './password-file.ts';
import { classifyStartLog } from './start-failure.ts';

test('K-16 reads all eight lines of postmaster.pid', () => {
  const text = '4711\n/data\n1763820000\n5432\n/run/postgresql\n*\n  7654321    131072\nready   \n';
  expect(parseLockFile(text)).toEqual({
    pid: 4711,
    singleUser: false,
    dataDirectory: '/data',
    startedAtSeconds: 1_763_820_000,
    port: 5432,
    socketDirectory: '/run/postgresql',
    listenAddress: '*',
    sharedMemory: '7654321    131072',
    status: 'ready',
  });
});

test('K-16 reads a lock file that is just being written, of a single-user session, and none at all', () => {
  expect(parseLockFile('4711\n/data\n1763820000\n5432\n\n\n')).toMatchObject({
    port: 5432,
    status: undefined,
  });
  expect(parseLockFile('-4711\n/data\n')).toMatchObject({ pid: 4711, singleUser: true });
  for (const text of ['', '0\n', 'x\n', '99999999999999999999\n'])
    expect(parseLockFile(text)).toBeUndefined();
});

test('K-05 reads postmaster.opts and every way to write a port', () => {
  const text = '/usr/lib/my pg/bin/postgres "-D" "/data dir" "-p" "5433" "-c" "work_mem=8MB"\n';
  const command = parseOptionsFile(text);
  expect(command?.executable).toBe('/usr/lib/my pg/bin/postgres');
  expect(parseStartOptions(command?.arguments ?? [])).toEqual({
    dataDirectory: '/data dir',
    port: 5433,
    others: ['-c', 'work_mem=8MB'],
  });
  for (const args of [['-p5433'], ['--port=5433'], ['-c', 'port=5433'], ['-cport=5433']]) {
    expect(parseStartOptions(args)).toEqual({ dataDirectory: undefined, port: 5433, others: [] });
  }
  expect(parseStartOptions(['-D', '/data']).port).toBeUndefined();
  expect(parseOptionsFile('')).toBeUndefined();
});

test('K-17 takes a control file only when its checksum proves it', () => {
  expect(parseControlFile(new Uint8Array(512))).toBeUndefined();
  expect(parseControlFile(new Uint8Array(10))).toBeUndefined();
  expect(parseControlFile(readFileSync(process.execPath).subarray(0, 512))).toBeUndefined();
});

test('K-16 a title of a child is not the postmaster, whatever else it says', () => {
  const view = { pid: 1, parent: 0, startTicks: 1, executable: '/bin/postgres', cwd: '/data', uid: 1 };
  expect(isPostmaster({ ...view, title: '/bin/postgres -D /data -p 5432' })).toBe(true);
  expect(isPostmaster({ ...view, title: 'postgres: checkpointer' })).toBe(false);
  expect(isPostmaster({ ...view, title: '/bin/postgres --single -D /data' })).toBe(false);
});

test("K-22 finds a password as PostgreSQL's own clients do", () => {
  const target = { host: '::1', port: 5432, database: 'template1', user: 'admin' };
  const text = [
    '# a comment',
    'short:line',
    'other:*:*:*:no',
    '\\:\\:1:5432:*:admin:a\\:b\\\\c',
    '*:*:*:*:last',
  ].join('\n');
  expect(findPassword(text, target)).toBe('a:b\\c');
  expect(findPassword(text, { ...target, port: 1 })).toBe('last');
  expect(findPassword('host:*:*:*:x:y', { ...target, host: 'host' })).toBe('x:y');
  expect(findPassword('', target)).toBeUndefined();
});

test.each([
  ['53300', 'ok', 'too-many-clients'],
  ['57P03', 'ok', 'starting-or-stopping'],
  ['28P01', 'ok', 'login-refused'],
  ['28000', 'ok', 'login-refused'],
  ['3D000', 'ok', 'login-refused'],
  ['EACCES', 'ok', 'login-refused'],
  ['57P01', 'failed', 'no-answer'],
  ['ECONNREFUSED', 'failed', 'no-answer'],
  ['ENOENT', 'failed', 'no-answer'],
  ['EPIPE', 'failed', 'no-answer'],
  ['53100', 'failed', 'disk-full'],
  ['58030', 'failed', 'io-error'],
  ['XX001', 'failed', 'data-damaged'],
  ['53200', 'failed', 'query-failed'],
])('K-20 %s is %s: %s', (sqlstate, state, code) => {
  const result = judgeRefusal(classifyAnswer(Object.assign(new Error('text'), { code: sqlstate })), {});
  expect(result.state).toBe(state);
  const reason = result.state === 'ok' ? result.warning : result.reason;
  expect(reason?.code).toBe(code);
});

test('R-09 only causes that are in the data have its scope', () => {
  const scopeOf = (code: string): string => {
    const result = judgeRefusal(classifyAnswer(Object.assign(new Error('text'), { code })), {});
    return result.state === 'failed' ? result.scope : result.state;
  };
  expect(['53100', '58030', 'XX001', 'XX002'].map(scopeOf)).toEqual(['data', 'data', 'data', 'data']);
  expect(['57P01', 'ECONNREFUSED', '53200'].map(scopeOf)).toEqual(['server', 'server', 'server']);
});

test('K-20 a passed deadline is no answer, a missing password is a refused login', () => {
  expect(classifyAnswer(new AnswerTimeoutError('late')).kind).toBe('no-answer');
  expect(classifyAnswer(new PasswordMissingError('none')).kind).toBe('login-refused');
});

test.each([
  ['FATAL:  could not write lock file "postmaster.pid": No space left on device', 'disk-full', 'data'],
  ['PANIC:  could not write to file "pg_wal/xlogtemp.1": No space left on device', 'disk-full', 'data'],
  ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', 'port-in-use', 'server'],
  [
    'LOG:  could not bind IPv4 address "10.0.0.9": Cannot assign requested address',
    'listen-address-missing',
    'server',
  ],
  ['FATAL:  configuration file "/data/postgresql.conf" contains errors', 'configuration-invalid', 'data'],
  [
    'LOG:  syntax error in file "/data/postgresql.conf" line 3, near token "="',
    'configuration-invalid',
    'data',
  ],
  ['FATAL:  could not load /data/pg_hba.conf', 'configuration-invalid', 'data'],
  ['FATAL:  could not access file "pg_cron": No such file or directory', 'library-missing', 'server'],
  ['FATAL:  data directory "/data" has wrong ownership', 'data-directory-owner', 'server'],
  ['FATAL:  data directory "/data" has invalid permissions', 'data-directory-mode', 'data'],
  ['FATAL:  lock file "postmaster.pid" already exists', 'lock-file-held', 'server'],
  ['FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use', 'shared-memory-held', 'server'],
  ['PANIC:  could not locate a valid checkpoint record at 0/9000028', 'data-damaged', 'data'],
  [
    'FATAL:  could not create lock file "/run/x/.s.PGSQL.1.lock": No such file or directory',
    'socket-directory-unusable',
    'server',
  ],
  ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', 'memory-too-small', 'server'],
  ['"root" execution of the PostgreSQL server is not permitted.', 'service-runs-as-root', 'server'],
])('R-09 tells the cause of a failed start: %s', (line, code, scope) => {
  expect(classifyStartLog(`LOG:  starting\n${line}\nLOG:  database system is shut down\n`)).toMatchObject({
    scope,
    reason: { code, facts: { line } },
  });
});

test('R-09 says nothing of a log without a known cause', () => {
  expect(classifyStartLog('')).toBeUndefined();
  expect(classifyStartLog('FATAL:  something new\n')).toBeUndefined();
});

test('K-18 a value below its minimum, or none, counts as the minimum', () => {
  const standard = limitsOf();
  expect(standard).toMatchObject({ startStandstillMs: 60_000, fastStopMs: 60_000, connectMs: 10_000 });
  expect(limitsOf({ LKPGSQL_START_RETRIES: 1, LKPGSQL_STOP_RETRIES: Number.NaN })).toEqual(standard);
  expect(limitsOf({ LKPGSQL_START_RETRIES: 24 }).startStandstillMs).toBe(120_000);
});

test('S-04 parameters that could leave their place are refused', () => {
  const good = { service: 'pg', executables: '/usr/bin', dataDirectory: '/data', port: 5432 };
  expect(postgresqlParameters.parse(good)).toMatchObject({ user: 'postgres', serviceOrigin: 'existing' });
  const bad = [
    { service: '../x' },
    { service: '-x' },
    { executables: 'bin' },
    { dataDirectory: '/data/../etc' },
    { dataDirectory: '/data/' },
    { dataDirectory: '/' },
    { dataDirectory: '/da\nta' },
    { port: 0 },
    { user: '' },
    { password: 'x' },
  ];
  for (const wrong of bad) expect(postgresqlParameters.safeParse({ ...good, ...wrong }).success).toBe(false);
});

test('K-05 reads major versions of releases, betas and packages', () => {
  expect(parseMajorVersion('postgres (PostgreSQL) 18.4\n')).toBe(18);
  expect(parseMajorVersion('postgres (PostgreSQL) 19beta1\n')).toBe(19);
  expect(parseMajorVersion('postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n')).toBe(15);
  expect(parseMajorVersion('postgres (PostgreSQL) 9.6.24\n')).toBeUndefined();
});

test('K-10 finds an account by name and by number', () => {
  const text = 'root:x:0:0:root:/root:/bin/bash\npostgres:x:113:120::/var/lib/postgresql:/bin/bash\n';
  expect(parseAccount(text, 'postgres')).toEqual({ name: 'postgres', uid: 113 });
  expect(parseAccount(text, 0)).toEqual({ name: 'root', uid: 0 });
  expect(parseAccount(text, '113')).toBeUndefined();
});
