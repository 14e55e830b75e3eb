import { describeReason, type SettingBody, type SettingsAnswer } from '@holdfast/contract';
import type { Style } from './style.ts';
import { renderTable, type Cell } from './table.ts';

/** Every setting with its value, its source and when it takes effect (K-18). */
export function renderSettings(answer: SettingsAnswer, style: Style): string {
  const { say, paint, language } = style;
  const heads = (['setting', 'value', 'source', 'takesEffect', 'meaning'] as const).map((word): Cell => ({
    text: say(word),
    colour: 'bold',
  }));
  const rows = answer.settings.map((one): Cell[] => [
    { text: one.name },
    { text: describeValue(one, style), colour: one.warning ? 'yellow' : undefined },
    { text: say(`from-${one.source}`), colour: one.source === 'default' ? 'gray' : undefined },
    { text: one.effect[language] },
    { text: one.label[language] },
  ]);
  const warnings = answer.settings.flatMap(({ warning }) =>
    warning ? [`${paint({ text: describeReason(warning, language), colour: 'yellow' })}\n`] : [],
  );
  const file = `${say('defaultsFile')} ${answer.server}: ${answer.defaultsFile}\n`;
  return [renderTable([heads, ...rows], paint), ...warnings, file].join('');
}

function describeValue({ value, unit }: SettingBody, { say, language }: Style): string {
  if (typeof value === 'boolean') return say(value ? 'on' : 'off');
  return unit ? `${value} ${unit[language]}` : String(value);
}
