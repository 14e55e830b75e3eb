import { describeEvent, type EventBody } from '@holdfast/contract';
import { colourOf, type Style } from './style.ts';
import { displayWidth } from './table.ts';

const severityWidth = 8;

/** One event as one line: when, how grave, where, what. */
export function renderEvent(event: EventBody, { say, paint, language }: Style): string {
  const severity = say(event.severity);
  const gap = ' '.repeat(Math.max(1, severityWidth - displayWidth(severity)));
  const mark = paint({ text: severity, colour: colourOf(event.severity) });
  return `${event.at}  ${mark}${gap}${event.server}  ${describeEvent(event, language)}\n`;
}
