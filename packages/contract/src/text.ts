/** The languages that Holdfast speaks to people. */
export const languages = ['en', 'ja'] as const;
export type Language = (typeof languages)[number];

/** One sentence in every language. Facts stand in it as `{name}`, the same ones in each language. */
export interface Text {
  readonly en: string;
  readonly ja: string;
}

export type Fact = string | number | boolean;
export type Facts = Readonly<Record<string, Fact>>;

/** The names of the facts that a template mentions. */
export type FactNames<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | FactNames<Rest>
  : never;

const placeholder = /\{([A-Za-z][A-Za-z0-9]*)\}/g;

/** The names of the facts in a template, in order and without doubles. */
export function factNames(template: string): readonly string[] {
  return [...new Set([...template.matchAll(placeholder)].map((match) => match[1] ?? ''))];
}

/** Puts facts into a template. A fact that is not there shows as `?`: the sentence stays readable. */
export function fillTemplate(template: string, facts: Facts): string {
  return template.replace(placeholder, (_, name: string) =>
    Object.hasOwn(facts, name) ? printable(String(facts[name])) : '?',
  );
}

// Control characters, and those that turn the direction of writing: a fact may hold a foreign program's
// words.
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

/** Makes one harmless line of a text: nothing in it can move a terminal's cursor or break a table. */
export function printable(text: string): string {
  return text.replace(unprintable, ' ').trim();
}

/** All facts as `name=value`, for a reason that no catalogue knows. */
export function formatFacts(facts: Facts): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}=${printable(String(value))}`)
    .join(' ');
}

/** Chooses the language from the locale variables in the order of POSIX: the first that is set counts. */
export function chooseLanguage(environment: Readonly<Record<string, string | undefined>>): Language {
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || '';
  return locale.startsWith('ja') ? 'ja' : 'en';
}
