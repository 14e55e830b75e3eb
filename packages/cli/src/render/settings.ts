import {
  describeReason,
  type SettingBody,
  type SettingChange,
  type SettingsAnswer,
} from '@holdfast/contract';
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

/** What a change changes, from what to what, and what each means (H-06). */
export function renderChanges(changes: readonly SettingChange[], style: Style): string {
  const { say, paint, language } = style;
  if (changes.length === 0) return `${say('nothingToDo')}\n`;
  const value = (of: SettingChange, one: SettingChange['from']): string =>
    one === null ? say('notSet') : describeValue({ value: one, unit: of.unit }, style);
  return changes
    .map((one) => {
      const where = [one.tag, one.server].filter((place) => place !== null).join(' ');
      const head = paint({ text: `${where === '' ? '' : `${where}: `}${one.name}`, colour: 'bold' });
      const meaning = one.help[language] === '' ? one.label[language] : one.help[language];
      return `${head}  ${value(one, one.from)} → ${value(one, one.to)}\n    ${meaning}\n`;
    })
    .join('');
}

function describeValue(
  { value, unit }: Pick<SettingBody, 'value' | 'unit'>,
  { say, language }: Style,
): string {
  if (typeof value === 'boolean') return say(value ? 'on' : 'off');
  return unit ? `${value} ${unit[language]}` : String(value);
}
