import { errorCatalogue, errorOfReason, type ErrorCode } from './errors.ts';
import type { ErrorEntry } from './errors/entry.ts';
import { coreReasons } from './reasons/core.ts';
import { engineReasons } from './reasons/engine.ts';
import { guardReasons } from './reasons/guard.ts';
import {
  factNames,
  fillTemplate,
  formatFacts,
  type Fact,
  type Facts,
  type Language,
  type Text,
} from './text.ts';

/** Why something was decided, refused or found, as data: see `Reason` of the core. */
export interface ReasonData {
  readonly code: string;
  readonly facts: Facts;
}

/** A plain sentence for each code of a reason that is not an error of the catalogue. */
const reasonCatalogue: Readonly<Record<string, Text>> = {
  ...coreReasons,
  ...guardReasons,
  ...engineReasons,
};

/** The sentence for a reason's code with its facts as `{name}`; `undefined` where no catalogue knows it. */
export function reasonTemplate(code: string): Text | undefined {
  const error = errorOfReason(code);
  if (error) return errorCatalogue[error].message;
  return Object.hasOwn(reasonCatalogue, code) ? reasonCatalogue[code] : undefined;
}

/** All codes that have a sentence. */
export function knownReasons(): readonly string[] {
  const ofErrors = (Object.keys(errorCatalogue) as ErrorCode[]).flatMap((code) => {
    const entry: ErrorEntry = errorCatalogue[code];
    return entry.reasons ?? [];
  });
  return [...Object.keys(reasonCatalogue), ...ofErrors].sort();
}

/**
 * A reason as a plain sentence: lower case, no full stop. A code that no catalogue knows (a newer daemon's) shows as it
 * is with its facts.
 */
export function describeReason(reason: ReasonData, language: Language): string {
  const template = reasonTemplate(reason.code)?.[language];
  if (template === undefined) return `${reason.code} ${formatFacts(reason.facts)}`.trim();
  return fillTemplate(template, inWords(reason.facts, language));
}

/**
 * The facts `cause` and `step` may hold the code of another reason, whose facts stand beside them: these are put into
 * words where nothing is missing.
 */
export function inWords(facts: Facts, language: Language): Facts {
  const worded: Record<string, Fact> = { ...facts };
  for (const name of ['cause', 'step']) {
    const code = facts[name];
    const template = typeof code === 'string' ? reasonTemplate(code)?.[language] : undefined;
    if (
      template !== undefined &&
      factNames(template).every((fact) => fact !== name && Object.hasOwn(facts, fact))
    )
      worded[name] = fillTemplate(template, facts);
  }
  return worded;
}

/** A reason with the code and the remedy of its error, where it is one: `HF-PG-003 …` and what to do. */
export function describeProblem(
  reason: ReasonData,
  language: Language,
): { readonly code: ErrorCode | undefined; readonly sentence: string; readonly remedy: string | undefined } {
  const code = errorOfReason(reason.code);
  return {
    code,
    sentence: describeReason(reason, language),
    remedy: code && fillTemplate(errorCatalogue[code].remedy[language], reason.facts),
  };
}
