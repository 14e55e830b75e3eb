import { resolve } from 'node:path';
import {
  errorOfReason,
  eventTemplate,
  factNames,
  reasonTemplates,
  remediesOf,
  type Text,
} from '@holdfast/contract';
import { hierarchyTable } from '@holdfast/core';
import { expect, test } from 'vitest';
import { findReasons, isProblemFinding, type MadeReason } from './reason-codes.ts';

const root = resolve(import.meta.dirname, '../..');
const made = await findReasons(root);

/** What stands beside every event, whatever its facts are. */
const besideEvents = ['server', 'hierarchy', 'tag'];

function sentencesOf(code: string): readonly Text[] {
  const event = eventTemplate(code);
  return [...reasonTemplates(code), ...(event ? [event] : [])];
}

/** Facts that are put together elsewhere cannot be judged here. */
function canBeSaid({ code, facts }: MadeReason): boolean {
  if (facts === undefined) return true;
  const known = [...facts, ...(eventTemplate(code) ? besideEvents : [])];
  return sentencesOf(code).some((text) => factNames(text.en).every((name) => known.includes(name)));
}

test('B-02 every reason and every event of the code has a sentence in the catalogue', () => {
  expect(made.length).toBeGreaterThan(100);
  const silent = made.filter(({ code }) => sentencesOf(code).length === 0);
  expect(silent.map(({ code, place }) => `${code} in ${place}`)).toEqual([]);
});

test('B-02 every row of the decision table has a sentence', () => {
  expect(hierarchyTable.filter(({ name }) => reasonTemplates(name).length === 0)).toEqual([]);
});

test('B-02 a sentence finds its facts wherever its reason is made', () => {
  const halting = made.filter((one) => sentencesOf(one.code).length > 0 && !canBeSaid(one));
  expect(halting.map(({ code, facts, place }) => `${code} {${facts?.join()}} in ${place}`)).toEqual([]);
});

test('K-22 every finding that did not pass has a remedy', () => {
  const found = made.filter(isProblemFinding);
  expect(found.length).toBeGreaterThan(30);
  const helpless = found.filter(
    ({ code }) => remediesOf(code).length === 0 && errorOfReason(code) === undefined,
  );
  expect(helpless.map(({ code, place }) => `${code} in ${place}`)).toEqual([]);
});
