import {
  createError,
  describeError,
  describeRemedy,
  errorOfReason,
  HoldfastError,
  tagName,
  type CheckedField,
  type KitCheckAnswer,
  type kitCheckRequest,
  type Language,
} from '@holdfast/contract';
import { defaultChecks, type Parameters, type Reason, type Resource, type StoreView } from '@holdfast/core';
import type { FormVerdict, Kit } from '@holdfast/kits';
import { z } from 'zod';
import { claimsOf, placeOnVolumes, splitParameters, type PlacedFinding, type Prepared } from './assemble.ts';
import type { ApiContext } from './context.ts';
import { judgeAllChildren, runValidation } from './findings.ts';
import { copyReason } from './hierarchy-view.ts';
import { refusalError } from './refusal.ts';

/** Milliseconds for the checks of one resource, and for the whole answer: a person waits at a form. */
const checkLimitMs = 6_000;
const formLimitMs = 12_000;

/** What one resource's form has, before anything is judged. */
interface Filled {
  readonly kit: Kit;
  readonly given: Parameters;
  /** Given and found together, as they are: any of it may be wrong. */
  readonly values: Parameters;
  /** The whole as the kit takes it; `undefined` while something is open or wrong. */
  readonly complete: Parameters | undefined;
  readonly issues: readonly z.core.$ZodIssue[];
  readonly verdict: FormVerdict;
  readonly askedTag: string | undefined;
  readonly tag: string | undefined;
  readonly children: readonly string[];
  readonly passwordGiven: boolean;
}

type Problem = { readonly field: string; readonly error: Pick<HoldfastError, 'code' | 'facts' | 'message'> };
type CheckRequest = z.output<typeof kitCheckRequest>;

/**
 * POST /kits/:kit/check: looks up what a form leaves open, and judges what it has, as far as that can be done already
 * (K-01, K-05, K-07, K-08). Nothing is changed. Rejects with HF-HIER-017 for a kit that does not exist, and with
 * HF-API-005 when the answer takes too long.
 */
export async function checkKit(
  context: ApiContext,
  name: string,
  body: CheckRequest,
  language: Language,
): Promise<KitCheckAnswer> {
  const { server } = context.file;
  if (body.server !== undefined && body.server !== server) {
    const { server: _, ...asked } = body;
    const answer = await context.ask(
      body.server,
      'api/check-kit',
      { kit: name, asked, language },
      formLimitMs,
    );
    return answer as KitCheckAnswer;
  }
  return within(context.formLimitMs ?? formLimitMs, check(context, name, body, language));
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(createError('HF-API-005', { waitedMs: limitMs })), limitMs);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

async function check(
  context: ApiContext,
  name: string,
  body: CheckRequest,
  language: Language,
): Promise<KitCheckAnswer> {
  const asked = [{ ...body, kit: name }, ...body.beneath];
  const filled = await Promise.all(asked.map((one) => fillIn(context, one, language)));
  const prepared = filled.map((one) => prepare(context, one));
  const ready = prepared.flatMap((one) => one ?? []);
  const limited = { ...context, checkLimitMs };
  const placed = await placeOnVolumes(limited, ready);
  const validated = await runValidation(limited, ready);
  const together = await judgeAllChildren(limited, ready);
  const { view } = await context.engine.refresh();
  const findings = [...placed.findings, ...validated, ...together];
  const resources = await Promise.all(
    filled.map(async (one, index) => {
      const tag = prepared[index]?.resource.tag;
      const own = findings.filter((finding) => tag !== undefined && finding.tag === tag);
      const problems = [...problemsOf(one, view), ...problemsOfFindings(own)];
      const paths = placed.findings.filter((finding) => tag !== undefined && finding.tag === tag);
      return {
        kit: one.kit.name,
        tag: tag ?? null,
        fields: describeFields(one),
        passwordNeeded: one.verdict.passwordNeeded,
        problems: withoutDoubles(problems).map((problem) => describeProblem(problem, language)),
        children: paths.flatMap(({ outcome, reason: { facts } }) =>
          outcome === 'passed'
            ? [{ tag: String(facts['volume']), path: String(facts['path']), why: String(facts['why']) }]
            : [],
        ),
        unprotected: await suggestVolumes(context, paths),
      };
    }),
  );
  return {
    server: context.file.server,
    resources,
    findings: findings.map((finding) => ({ ...finding, reason: copyReason(finding.reason) })),
    complete:
      ready.length === filled.length &&
      resources.every(({ problems }) => problems.length === 0) &&
      findings.every(({ outcome, fixable }) => outcome !== 'failed' || fixable === true),
  };
}

async function fillIn(
  context: ApiContext,
  asked: Omit<CheckRequest, 'beneath' | 'server'> & { readonly kit: string },
  language: Language,
): Promise<Filled> {
  const kit = context.kits.get(asked.kit);
  if (!kit) throw createError('HF-HIER-017', { kit: asked.kit });
  const given = Object.fromEntries(
    Object.entries(asked.parameters).filter(([, value]) => value !== '' && value !== null),
  );
  const found = { ...(await kit.defaults(given, context.host)), ...given };
  const values = { ...(await kit.defaults(found, context.host)), ...found };
  const localeError = z.locales[language]().localeError;
  const parsed = kit.schema.safeParse(values, { error: localeError });
  const verdict = await kit.judgeForm(values, context.host);
  const askedTag = asked.tag === '' ? undefined : asked.tag;
  const isTag = askedTag !== undefined && tagName.safeParse(askedTag).success;
  return {
    kit,
    given,
    values,
    complete: parsed.success ? parsed.data : undefined,
    issues: parsed.error?.issues ?? [],
    verdict,
    askedTag,
    tag: isTag ? askedTag : parsed.success ? kit.defaultTag(parsed.data) : undefined,
    children: asked.children,
    passwordGiven: asked.passwordGiven,
  };
}

/** A resource as a creation would have it, once nothing of it is open. */
function prepare({ file }: ApiContext, filled: Filled): Prepared | undefined {
  const { kit, complete, tag, children, passwordGiven } = filled;
  if (!complete || tag === undefined) return undefined;
  const { shared, own } = splitParameters(kit, complete);
  const instances = { [file.server]: own };
  const fixed = { checks: defaultChecks, tunables: {}, children };
  return {
    kit,
    parameters: complete,
    ...(passwordGiven && { password: () => 'given' }),
    resource: { tag, kit: kit.name, parameters: shared, instances, ...fixed },
  };
}

function describeFields({ kit, given, values, complete, verdict }: Filled): CheckedField[] {
  const names = [...new Set([...verdict.asked, ...Object.keys(kit.fields)])];
  return names.map((name) => {
    const value = values[name] ?? complete?.[name] ?? standardOf(kit, name);
    const source = given[name] !== undefined ? 'given' : values[name] !== undefined ? 'found' : 'standard';
    return {
      name,
      value: value ?? null,
      source: value === undefined ? 'open' : source,
      asked: verdict.asked.includes(name),
    };
  });
}

/** What the schema says of a field that is not there; `undefined` where a form has more than one shape. */
function standardOf(kit: Kit, name: string): unknown {
  if (!(kit.schema instanceof z.ZodObject)) return undefined;
  const field: unknown = kit.schema.shape[name];
  return field instanceof z.ZodType ? field.safeParse(undefined).data : undefined;
}

/** What is wrong with single answers: their form, what the kit says, and what another resource has already. */
function problemsOf(filled: Filled, view: StoreView): readonly Problem[] {
  const { kit, issues, values, verdict, askedTag, tag } = filled;
  const label = tag ?? askedTag ?? kit.name;
  const ofForm = issues.flatMap((issue): readonly Problem[] => {
    const field = String(issue.path[0] ?? ('keys' in issue ? issue.keys[0] : '') ?? '');
    // What is open is no mistake.
    if (values[field] === undefined) return [];
    return [{ field, error: createError('HF-HIER-019', { field, tag: label, problem: issue.message }) }];
  });
  const ofKit = verdict.problems.map(({ field, reason }) => ({ field, error: refusalError(reason) }));
  const password = {
    field: 'password',
    error: createError('HF-PG-051', { account: textOf(values['account']) }),
  };
  return [
    ...ofForm,
    ...ofKit,
    ...(verdict.passwordNeeded && !filled.passwordGiven ? [password] : []),
    ...problemsOfTag(filled, view),
    ...problemsOfClaims(filled, view),
  ];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function problemsOfTag({ askedTag, tag }: Filled, view: StoreView): readonly Problem[] {
  if (askedTag !== undefined && askedTag !== tag) {
    const facts = { field: 'tag', tag: askedTag.slice(0, 300), problem: 'not a valid tag' };
    return [{ field: 'tag', error: createError('HF-HIER-019', facts) }];
  }
  const isTaken = resourcesOf(view).some((one) => one.tag === tag);
  return tag !== undefined && isTaken ? [{ field: 'tag', error: createError('HF-HIER-002', { tag }) }] : [];
}

/** Ports, data directories and addresses that another resource has (K-05, K-23). */
function problemsOfClaims({ kit, values }: Filled, view: StoreView): readonly Problem[] {
  const taken = resourcesOf(view).flatMap((one) => claimsOf(one).map((claim) => ({ claim, tag: one.tag })));
  return Object.keys(kit.fields).flatMap((field): readonly Problem[] => {
    const [claim] = claimsOf({ kit: kit.name, parameters: { [field]: values[field] } });
    const other = taken.find((one) => one.claim === claim);
    return claim !== undefined && other
      ? [{ field, error: createError('HF-HIER-026', { claim, tag: other.tag }) }]
      : [];
  });
}

function resourcesOf(view: StoreView): readonly Resource[] {
  return Object.values(view.hierarchies).flatMap(({ resources }) => resources);
}

/** A failed check is also the problem of the field that it is about, unless it can be put right (K-06). */
function problemsOfFindings(findings: readonly PlacedFinding[]): readonly Problem[] {
  return findings.flatMap(({ field, outcome, reason, fixable }) =>
    outcome === 'failed' && field !== undefined && fixable !== true
      ? [{ field, error: errorOf(reason) }]
      : [],
  );
}

function errorOf(reason: Reason): Problem['error'] {
  const code = errorOfReason(reason.code);
  return code ? new HoldfastError(code, reason.facts, {}) : refusalError(reason);
}

function withoutDoubles(problems: readonly Problem[]): readonly Problem[] {
  const isSame = (a: Problem, b: Problem): boolean => a.field === b.field && a.error.code === b.error.code;
  return problems.filter((one, index) => problems.findIndex((other) => isSame(one, other)) === index);
}

function describeProblem({ field, error }: Problem, language: Language) {
  const { code, facts } = error;
  const message = describeError(error, language);
  return { field, code, message, facts: { ...facts }, remedy: describeRemedy(error, language) };
}

async function suggestVolumes({ kits, host }: ApiContext, paths: readonly PlacedFinding[]) {
  const suggesting = [...kits.values()].filter(({ suggest }) => suggest);
  const open = paths.filter(({ outcome }) => outcome === 'failed');
  return Promise.all(
    open.map(async ({ reason: { facts } }) => {
      const path = String(facts['path']);
      const offers = await Promise.all(
        suggesting.map(async (kit) => ({ kit: kit.name, parameters: await kit.suggest?.(path, host) })),
      );
      const offer = offers.find(({ parameters }) => parameters !== undefined);
      const volume = offer?.parameters ? { kit: offer.kit, parameters: { ...offer.parameters } } : null;
      return { path, why: String(facts['why']), volume };
    }),
  );
}
