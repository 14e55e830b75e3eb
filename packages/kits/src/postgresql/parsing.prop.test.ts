import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseControlFile } from './control-file.ts';
import { parseLockFile, parseOptionsFile, parseStartOptions } from './lock-file.ts';
import { findPassword } from './password-file.ts';
import { classifyStartLog } from './start-failure.ts';

const word = fc.stringMatching(/^[!-~]{1,20}$/);

test('K-16 whatever stands in a lock file, parsing answers', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const lock = parseLockFile(text);
      expect(lock === undefined || (Number.isSafeInteger(lock.pid) && lock.pid > 0)).toBe(true);
    }),
  );
});

test('K-16 a lock file cut anywhere names the same process, a beginning of its number, or none', () => {
  const text = '4711\n/data\n1763820000\n5432\n/run\n*\n  1    2\nready\n';
  fc.assert(
    fc.property(fc.nat({ max: text.length }), (length) => {
      const pid = parseLockFile(text.slice(0, length))?.pid;
      expect(pid === undefined || '4711'.startsWith(String(pid))).toBe(true);
    }),
  );
});

test('K-17 one wrong bit anywhere makes a control file prove nothing', () => {
  const bytes = sealedControlFile();
  expect(parseControlFile(bytes)?.state).toBe('shut-down');
  fc.assert(
    fc.property(fc.nat({ max: sealedLength * 8 - 1 }), (bit) => {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(parseControlFile(changed)).toBeUndefined();
    }),
  );
});

const sealedLength = 300;

/** A control file of state "shut down" with a right checksum; CRC-32C computed bit by bit, apart from the code under test. */
function sealedControlFile(): Uint8Array {
  const bytes = new Uint8Array(512);
  for (let index = 0; index < sealedLength - 4; index += 1) bytes[index] = (index * 37 + 11) & 0xff;
  const view = new DataView(bytes.buffer);
  view.setInt32(16, 1, true);
  let crc = 0xffff_ffff;
  for (const byte of bytes.subarray(0, sealedLength - 4)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  }
  view.setUint32(sealedLength - 4, (crc ^ 0xffff_ffff) >>> 0, true);
  return bytes;
}

test('K-05 a command line comes back out of postmaster.opts as it went in', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[ !#-~]{1,20}$/)), (args) => {
      const text = `/bin/postgres${args.map((arg) => ` "${arg}"`).join('')}\n`;
      expect(parseOptionsFile(text)).toEqual({ executable: '/bin/postgres', arguments: args });
    }),
  );
});

test('K-05 the port is found wherever it stands, and nothing else is lost', () => {
  const other = fc.constantFrom('--work_mem=8MB', '-F', '-B8', '--name=x');
  fc.assert(
    fc.property(
      fc.array(other),
      fc.array(other),
      fc.integer({ min: 1, max: 65_535 }),
      (before, after, port) => {
        const found = parseStartOptions([...before, '-p', String(port), ...after]);
        expect(found).toEqual({ dataDirectory: undefined, port, others: [...before, ...after] });
      },
    ),
  );
});

test('K-22 every password comes back, whatever characters it has', () => {
  const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll(':', '\\:');
  fc.assert(
    fc.property(word, word, (user, password) => {
      fc.pre(user !== '*');
      const text = `other:1:x:y:z\nhost:5432:db:${escape(user)}:${escape(password)}\n`;
      expect(findPassword(text, { host: 'host', port: 5432, database: 'db', user })).toBe(password);
    }),
  );
});

test('R-09 no log is too strange to be looked through', () => {
  fc.assert(fc.property(fc.string(), (log) => void classifyStartLog(log)));
});
