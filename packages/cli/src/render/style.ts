import type { Language } from '@holdfast/contract';
import type { Terminal } from '../terminal.ts';
import { createPaint, type Colour, type Paint } from './table.ts';
import { createSay, type Say } from './words.ts';

/** How text is made for one terminal: its language and its colours. */
export interface Style {
  readonly language: Language;
  readonly say: Say;
  readonly paint: Paint;
}

export function createStyle({ language, colours }: Pick<Terminal, 'language' | 'colours'>): Style {
  return { language, say: createSay(language), paint: createPaint(colours) };
}

const coloursOfStates: Readonly<Record<string, Colour>> = {
  alive: 'green',
  normal: 'green',
  good: 'green',
  valid: 'green',
  'in-service': 'green',
  passed: 'green',
  warning: 'yellow',
  warned: 'yellow',
  degraded: 'yellow',
  starting: 'yellow',
  stopping: 'yellow',
  unknown: 'yellow',
  'ends-soon': 'yellow',
  dead: 'red',
  expired: 'red',
  failed: 'red',
  lost: 'red',
  held: 'yellow',
  alarm: 'red',
  standby: 'gray',
  revoked: 'gray',
  'out-of-service': 'gray',
};

/** Green is as it should be, yellow wants a look, red wants action. */
export function colourOf(state: string): Colour | undefined {
  return coloursOfStates[state];
}
