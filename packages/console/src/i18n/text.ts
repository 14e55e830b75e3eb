import { fillTemplate, type FactNames, type Fact, type Language } from '@holdfast/contract';
import { usePreferences } from '../shell/preferences.ts';
import { texts } from './texts.ts';

/** The name of a text of the console. One that is not there does not compile. */
export type TextKey = keyof typeof texts;

type FactsOf<K extends TextKey> = FactNames<(typeof texts)[K]['en']>;
type Arguments<K extends TextKey> = [FactsOf<K>] extends [never]
  ? []
  : [facts: Readonly<Record<FactsOf<K>, Fact>>];

/** The name of a text without facts. */
export type PlainKey = { [K in TextKey]: [FactsOf<K>] extends [never] ? K : never }[TextKey];

/** Says a text with its facts; TypeScript asks for exactly the facts that stand in it. */
export type Say = <K extends TextKey>(key: K, ...facts: Arguments<K>) => string;

/** A text that is said later, by whoever shows it: a refusal, the title of a page. */
export interface Message {
  readonly key: TextKey;
  readonly facts?: Readonly<Record<string, Fact>>;
}

export function createSay(language: Language): Say {
  return (key, ...[facts]) => fillTemplate(texts[key][language], facts ?? {});
}

export function sayMessage({ key, facts = {} }: Message, language: Language): string {
  return fillTemplate(texts[key][language], facts);
}

const says: Readonly<Record<Language, Say>> = { en: createSay('en'), ja: createSay('ja') };

/** The console's texts in the language that is chosen now. */
export function useText(): Say {
  return says[usePreferences().language];
}
