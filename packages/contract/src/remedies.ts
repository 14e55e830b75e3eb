import { doctorRemedies } from './remedies/doctor.ts';
import { postgresqlRemedies } from './remedies/postgresql.ts';
import { factNames, fillTemplate, type Facts, type Language, type Text } from './text.ts';

/**
 * What to do about findings, by the code of their reason: exact enough to copy. The first whose facts are all there is
 * told. A finding that is an error of the catalogue has that error's remedy besides, for where none of these fits.
 */
const catalogues: readonly Readonly<Record<string, readonly Text[]>>[] = [doctorRemedies, postgresqlRemedies];

/** Every remedy of a reason's code, the most exact one first. */
export function remediesOf(code: string): readonly Text[] {
  return catalogues.flatMap((catalogue) => (Object.hasOwn(catalogue, code) ? (catalogue[code] ?? []) : []));
}

/** All codes that have a remedy of their own. */
export function knownRemedies(): readonly string[] {
  return catalogues.flatMap(Object.keys).sort();
}

/** The remedy of a finding in words; `undefined` where none has all its facts. */
export function describeFindingRemedy(
  reason: { readonly code: string; readonly facts: Facts },
  language: Language,
): string | undefined {
  const found = remediesOf(reason.code).find((text) =>
    factNames(text[language]).every((name) => Object.hasOwn(reason.facts, name)),
  );
  return found && fillTemplate(found[language], reason.facts);
}
