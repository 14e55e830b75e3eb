import { expect, test } from 'vitest';
import { describeEvent, eventMeaning, knownEvents } from './events.ts';
import { describeProblem, describeReason, knownReasons, reasonTemplates } from './reasons.ts';
import { chooseLanguage, factNames } from './text.ts';

test('R-08 every sentence has the same facts in each language', () => {
  for (const code of knownReasons()) {
    for (const text of reasonTemplates(code))
      expect(factNames(text.ja).toSorted(), code).toEqual(factNames(text.en).toSorted());
  }
  for (const code of knownEvents()) {
    const text = eventMeaning(code);
    expect(factNames(text?.ja ?? '').toSorted(), code).toEqual(factNames(text?.en ?? '').toSorted());
  }
});

test('B-02 a reason is a plain sentence with its facts', () => {
  const reason = { code: 'lease-not-renewed', facts: { ageMs: 7500, suspendedMs: 0 } };
  expect(describeReason(reason, 'en')).toBe('the lease could not be renewed for 7500 ms');
  expect(describeReason(reason, 'ja')).toBe('リースを 7500 ミリ秒間更新できませんでした');
});

test('B-02 a reason of a newer daemon shows as its code and facts', () => {
  expect(describeReason({ code: 'not-known-yet', facts: { a: 1, b: 'x\ny' } }, 'en')).toBe(
    'not-known-yet a=1 b=x y',
  );
  expect(describeReason({ code: 'constructor', facts: {} }, 'en')).toBe('constructor');
});

test('B-02 what a foreign program said follows the sentence', () => {
  const facts = { port: 5432, line: 'FATAL:  could not create\nany TCP/IP sockets' };
  expect(describeReason({ code: 'port-in-use', facts }, 'en')).toBe(
    'port 5432 is in use on this server (FATAL:  could not create any TCP/IP sockets)',
  );
  expect(describeReason({ code: 'port-in-use', facts: { line: '' } }, 'en')).toBe(
    'the port is in use on this server',
  );
});

test('B-02 a cause inside a reason is put into words where its facts are there', () => {
  const facts = { server: 'server2', cause: 'lease-not-renewed', ageMs: 10 };
  expect(describeReason({ code: 'failed-there', facts }, 'en')).toBe(
    'it failed on server server2 before: the lease could not be renewed for 10 ms',
  );
  const bare = { server: 'server2', cause: 'lease-not-renewed' };
  expect(describeReason({ code: 'failed-there', facts: bare }, 'en')).toBe(
    'it failed on server server2 before: lease-not-renewed',
  );
});

test('K-05 a reason that is an error of the catalogue has its code and its remedy', () => {
  expect(describeProblem({ code: 'tag-in-use', facts: { tag: 'a' } }, 'en')).toEqual({
    code: 'HF-HIER-002',
    sentence: 'the tag a is in use',
    remedy: 'Choose another tag; a tag is unique in the cluster.',
  });
  expect(describeProblem({ code: 'standing-by', facts: {} }, 'en').code).toBeUndefined();
});

test('R-08 an event names its server, hierarchy and resource', () => {
  const event = {
    code: 'handed-over',
    server: 'server1',
    hierarchy: 'pgsql-5432',
    tag: null,
    facts: { to: 'server2' },
  };
  expect(describeEvent(event, 'en')).toBe('server1 has handed pgsql-5432 over to server2');
  expect(describeEvent(event, 'ja')).toBe('server1 が pgsql-5432 を server2 に引き渡しました');
});

test('U-01 the language follows the locale variables', () => {
  expect(chooseLanguage({ LANG: 'ja_JP.UTF-8' })).toBe('ja');
  expect(chooseLanguage({ LANG: 'ja_JP.UTF-8', LC_ALL: 'C.UTF-8' })).toBe('en');
  expect(chooseLanguage({ LC_ALL: '', LC_MESSAGES: 'ja_JP' })).toBe('ja');
  expect(chooseLanguage({})).toBe('en');
});
