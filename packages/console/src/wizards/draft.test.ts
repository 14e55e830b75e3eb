import { createRequest, kitCheckRequest, type FormField, type KitForm } from '@holdfast/contract';
import { expect, test } from 'vitest';
import {
  addResource,
  changeResource,
  chooseKit,
  createDraft,
  describeCheck,
  describeCreation,
  judgeForm,
  parseAnswer,
  removeResource,
  shownValue,
} from './draft.ts';

const text = { en: 'x', ja: 'x' };
const field = (name: string, type: FormField['type']): FormField => ({
  name,
  type,
  choices: [],
  required: false,
  default: null,
  perServer: false,
  label: text,
  help: text,
});
const forms: readonly KitForm[] = [
  {
    name: 'postgresql',
    standsBeneath: false,
    holdsPaths: false,
    fields: [field('port', 'integer'), field('service', 'text'), field('arguments', 'list')],
    tunables: [],
  },
  { name: 'volume', standsBeneath: true, holdsPaths: true, fields: [field('path', 'text')], tunables: [] },
];

function filledIn() {
  const begun = addResource(chooseKit(createDraft('server1'), 'postgresql'), 'volume', { path: '/srv' });
  const [root] = begun.resources;
  if (!root) throw new Error('no root');
  const answers = { port: ' 5432 ', service: '', arguments: '-c, fsync=on' };
  return changeResource(begun, root.key, { answers, tag: ' pgsql ', children: ['ip-1'] });
}

test('K-01 a form sends what was typed as its type, and leaves the rest to the server', () => {
  const asked = describeCheck(filledIn(), forms);
  expect(asked).toEqual({
    kit: 'postgresql',
    body: {
      tag: 'pgsql',
      parameters: { port: 5432, arguments: ['-c', 'fsync=on'] },
      children: ['ip-1'],
      passwordGiven: false,
      beneath: [{ kit: 'volume', parameters: { path: '/srv' }, children: [], passwordGiven: false }],
      server: 'server1',
    },
  });
  expect(kitCheckRequest.safeParse(asked?.body).success).toBe(true);
});

test('K-07 a creation holds the root and what stands beneath, in that order', () => {
  const request = describeCreation({ ...filledIn(), priority: '7' }, forms);
  expect(createRequest.safeParse(request).success).toBe(true);
  expect(request.resources.map(({ kit }) => kit)).toEqual(['postgresql', 'volume']);
  expect(request.priority).toBe(7);
});

test('K-04 a password goes with the creation, never with the check', () => {
  const draft = filledIn();
  const secret = changeResource(draft, 1, { password: 'open sesame' });
  expect(JSON.stringify(describeCheck(secret, forms))).not.toContain('sesame');
  expect(describeCreation(secret, forms).resources[0]).toMatchObject({ password: 'open sesame' });
});

test('U-03 another kit begins anew, and a resource beneath can be taken back', () => {
  const draft = filledIn();
  expect(chooseKit(draft, 'postgresql')).toBe(draft);
  expect(chooseKit(draft, 'volume').resources).toMatchObject([{ kit: 'volume', answers: {} }]);
  expect(removeResource(draft, 2).resources).toHaveLength(1);
});

test('K-01 a field shows what was found until somebody types, also when they empty it', () => {
  const [root] = chooseKit(createDraft(''), 'postgresql').resources;
  if (!root) throw new Error('no root');
  expect(shownValue(root, { name: 'port', value: 5432 })).toBe('5432');
  expect(shownValue({ ...root, answers: { port: '' } }, { name: 'port', value: 5432 })).toBe('');
});

test('K-08 what does not fit goes to the server as it was typed', () => {
  expect(parseAnswer({ type: 'integer' }, 'many')).toBe('many');
  expect(parseAnswer({ type: 'boolean' }, 'true')).toBe(true);
  expect(parseAnswer({ type: 'list' }, '')).toBe('');
});

test('K-06 what is to be put right does not keep a form from being done', () => {
  const reason = { code: 'HF-PG-006', facts: {} };
  const problem = { field: 'port', ...reason, message: '', remedy: '' };
  const checked = { tag: 'pgsql', problems: [problem] };
  const finding = {
    check: 'port-argument',
    server: 'server1',
    reason,
    tag: 'pgsql',
    field: 'port',
    fixable: true,
  };
  const findings = [{ ...finding, outcome: 'failed' as const }];
  expect(judgeForm(checked, { findings, fix: false })).toBe('wrong');
  expect(judgeForm(checked, { findings, fix: true })).toBe('good');
  expect(judgeForm({ tag: null, problems: [] }, { findings: [], fix: false })).toBe('open');
});
