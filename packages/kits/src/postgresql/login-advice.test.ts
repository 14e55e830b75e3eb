import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAccessRule, formatPasswordLine, passwordTarget } from './login-advice.ts';
import { findPassword } from './password-file.ts';

test.each([
  [{ host: '/run/postgresql', port: 5432 }, 'postgres', 'local template1 postgres trust'],
  [{ host: '127.0.0.1', port: 5432 }, 'postgres', 'host template1 postgres 127.0.0.1/32 trust'],
  [{ host: '::1', port: 5432 }, 'admin', 'host template1 admin ::1/128 trust'],
  [{ host: 'localhost', port: 5432 }, 'all', 'host template1 "all" samehost trust'],
  [{ host: '/tmp', port: 5432 }, 'A "b"', 'local template1 "A ""b""" trust'],
])('K-22 the line of pg_hba.conf for %j and %s', (door, user, line) => {
  expect(formatAccessRule({ door, user })).toBe(line);
});

test('K-22 the line of the password file names a socket as libpq does', () => {
  const target = passwordTarget({ door: { host: '/run/postgresql', port: 5433 }, user: 'postgres' });
  expect(formatPasswordLine(target)).toBe('localhost:5433:template1:postgres:PASSWORD');
});

test('K-22 the line that is advised is the line that is found', () => {
  const user = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !/[\p{Cc}#]/u.test(text));
  fc.assert(
    fc.property(user, (name) => {
      const target = passwordTarget({ door: { host: '::1', port: 5432 }, user: name });
      expect(findPassword(formatPasswordLine(target), target)).toBe('PASSWORD');
    }),
  );
});
