import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePrefix, encodeText } from './codec.ts';

const text = fc.string({ unit: 'binary' });

function inRange(key: string, range: { readonly key: string; readonly range_end: string }): boolean {
  const [at, from, end] = [encodeText(key), range.key, range.range_end].map((b64) =>
    Buffer.from(b64, 'base64'),
  );
  if (!at || !from || !end) throw new Error('a bound is missing');
  const endless = end.length === 1 && end[0] === 0;
  return at.compare(from) >= 0 && (endless || at.compare(end) < 0);
}

test('the range of a prefix holds exactly the keys that begin with it', () => {
  fc.assert(
    fc.property(
      text,
      text.filter((key) => key !== ''),
      (prefix, key) => {
        expect(inRange(key, encodePrefix(prefix))).toBe(Buffer.from(key).indexOf(Buffer.from(prefix)) === 0);
        expect(inRange(prefix + key, encodePrefix(prefix))).toBe(true);
      },
    ),
  );
});
