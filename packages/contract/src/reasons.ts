import { errorCatalogue, errorOfReason, type ErrorCode } from './errors.ts';
import type { ErrorEntry } from './errors/entry.ts';
import { changeReasons } from './reasons/changes.ts';
import { coreReasons } from './reasons/core.ts';
import { daemonReasons } from './reasons/daemon.ts';
import { doctorReasons } from './reasons/doctor.ts';
import { engineReasons } from './reasons/engine.ts';
import { failsafeReasons } from './reasons/failsafe.ts';
import { guardReasons } from './reasons/guard.ts';
import { hostReasons } from './reasons/host.ts';
import { ipReasons } from './reasons/ip.ts';
import { policyReasons } from './reasons/policy.ts';
import { postgresqlDoctorReasons } from './reasons/postgresql-doctor.ts';
import { postgresqlReasons } from './reasons/postgresql.ts';
import { foresightReasons } from './reasons/foresight.ts';
import { reportReasons } from './reasons/report.ts';
import { volumeReasons } from './reasons/volume.ts';
import { describeFindingRemedy } from './remedies.ts';
import {
  factNames,
  fillTemplate,
  formatFacts,
  printable,
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

/**
 * Plain sentences for codes of reasons, by who makes them. One that is an error of the catalogue as well has
 * a shorter sentence here, for places that do not know the facts of the error's message.
 */
const catalogues: readonly Readonly<Record<string, Text>>[] = [
  coreReasons,
  policyReasons,
  engineReasons,
  postgresqlReasons,
  postgresqlDoctorReasons,
  volumeReasons,
  ipReasons,
  hostReasons,
  daemonReasons,
  changeReasons,
  guardReasons,
  failsafeReasons,
  reportReasons,
  foresightReasons,
  doctorReasons,
];

/**
 * Facts that repeat what a foreign program or an unknown error said: they follow a sentence that does not use
 * them.
 */
const saidByOthers = ['message', 'problem', 'detail', 'line', 'why'];

/** The sentences for a reason's code with its facts as `{name}`, the most telling one first. */
export function reasonTemplates(code: string): readonly Text[] {
  const error = errorOfReason(code);
  const own = catalogues.flatMap((catalogue) =>
    Object.hasOwn(catalogue, code) ? (catalogue[code] ?? []) : [],
  );
  return [...(error ? [errorCatalogue[error].message] : []), ...own];
}

/** All codes that have a sentence. */
export function knownReasons(): readonly string[] {
  const ofErrors = (Object.keys(errorCatalogue) as ErrorCode[]).flatMap((code) => {
    const entry: ErrorEntry = errorCatalogue[code];
    return entry.reasons ?? [];
  });
  return [...new Set([...catalogues.flatMap(Object.keys), ...ofErrors])].sort();
}

/**
 * A reason as a plain sentence: lower case, no full stop, with what others said about it behind. A code that
 * no catalogue knows (a newer daemon's) shows as it is with its facts.
 */
export function describeReason(reason: ReasonData, language: Language): string {
  const { code, facts } = reason;
  const template = templateFor(code, facts, language);
  if (template === undefined) return `${code} ${formatFacts(facts)}`.trim();
  const used = factNames(template);
  const said = saidByOthers.find(
    (name) => !used.includes(name) && typeof facts[name] === 'string' && facts[name],
  );
  const words = said === undefined ? '' : ` (${printable(String(facts[said]))})`;
  return `${fillTemplate(template, inWords(facts, language))}${words}`;
}

/** The first sentence whose facts are all there, else the last: it needs the fewest. */
function templateFor(code: string, facts: Facts, language: Language): string | undefined {
  const templates = reasonTemplates(code).map((text) => text[language]);
  return templates.find((template) => isComplete(template, facts)) ?? templates.at(-1);
}

function isComplete(template: string, facts: Facts): boolean {
  return factNames(template).every((name) => Object.hasOwn(facts, name));
}

/**
 * The facts `cause` and `step` may hold the code of another reason, whose facts stand beside them: these are
 * put into words where nothing is missing.
 */
export function inWords(facts: Facts, language: Language): Facts {
  const worded: Record<string, Fact> = { ...facts };
  for (const name of ['cause', 'step']) {
    const code = facts[name];
    if (typeof code !== 'string') continue;
    const template = templateFor(code, facts, language);
    if (template !== undefined && isComplete(template, facts) && !factNames(template).includes(name))
      worded[name] = fillTemplate(template, facts);
  }
  return worded;
}

/** A reason with the code of its error, where it is one (`HF-PG-003`), and what to do about it. */
export function describeProblem(
  reason: ReasonData,
  language: Language,
): { readonly code: ErrorCode | undefined; readonly sentence: string; readonly remedy: string | undefined } {
  const code = errorOfReason(reason.code);
  return {
    code,
    sentence: describeReason(reason, language),
    remedy:
      describeFindingRemedy(reason, language) ??
      (code && fillTemplate(errorCatalogue[code].remedy[language], reason.facts)),
  };
}
