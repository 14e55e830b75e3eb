import { settingsRequest, type SettingBody, type SettingsAnswer } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { createSettingsDraft, describeSettingsChange, listWrongTunables } from './change.ts';

const text = { en: 'x', ja: 'x' };
const setting = (name: string, value: SettingBody['value'], source: SettingBody['source']): SettingBody => ({
  name,
  tag: null,
  value,
  unit: null,
  source,
  effect: text,
  label: text,
  help: text,
  minimum: null,
  warning: null,
});
const answer: SettingsAnswer = {
  profile: 'fast',
  server: 'server1',
  defaultsFile: '/etc/default/holdfast',
  settings: [
    setting('profile', 'fast', 'cluster'),
    setting('maintenance', false, 'default'),
    setting('PGSTARTTO', 60, 'cluster'),
    setting('PGSTOPTO', 30, 'default'),
  ],
};

test('K-18 a form that nobody has changed changes nothing', () => {
  expect(describeSettingsChange(answer, createSettingsDraft(answer))).toEqual({});
});

test('K-18 only what differs is sent, and an emptied limit is taken back', () => {
  const draft = {
    profile: 'safe',
    maintenance: true,
    tunables: { PGSTARTTO: '', PGSTOPTO: ' 45 ' },
  };
  const request = describeSettingsChange(answer, draft);
  expect(request).toEqual({
    profile: 'safe',
    maintenance: true,
    tunables: { PGSTARTTO: null, PGSTOPTO: 45 },
  });
  expect(settingsRequest.safeParse(request).success).toBe(true);
});

test('K-18 a limit that is no whole number is named', () => {
  expect(listWrongTunables({ tunables: { A: '1.5', B: '-1', C: '', D: '12' } })).toEqual(['A', 'B']);
});
