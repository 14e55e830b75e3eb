import { expect, test } from 'vitest';
import { describeProblem, reasonTemplates } from './reasons.ts';
import { describeFindingRemedy, knownRemedies, remediesOf } from './remedies.ts';
import { factNames } from './text.ts';

test('K-22 every remedy of a finding names the same facts in each language, and its finding has a sentence', () => {
  for (const code of knownRemedies()) {
    expect(reasonTemplates(code), code).not.toEqual([]);
    for (const text of remediesOf(code))
      expect(factNames(text.ja).toSorted(), code).toEqual(factNames(text.en).toSorted());
  }
});

test('K-22 a remedy holds the line to copy, in each language', () => {
  const reason = {
    code: 'password-line-missing',
    facts: {
      user: 'postgres',
      passwordFile: '/root/.pgpass',
      passwordLine: 'localhost:5432:template1:postgres:PASSWORD',
    },
  };
  for (const language of ['en', 'ja'] as const)
    expect(describeFindingRemedy(reason, language)).toMatch(
      /\/root\/\.pgpass.*: localhost:5432:template1:postgres:PASSWORD$/,
    );
});

test('K-22 without the facts of the exact remedy the one of the error is told', () => {
  const reason = { code: 'login-refused', facts: { user: 'postgres' } };
  expect(describeFindingRemedy(reason, 'en')).toBeUndefined();
  expect(describeProblem(reason, 'en').remedy).toMatch(/^Add a "trust" line/);
});
