import {
  createError,
  createErrorAnswer,
  describeReason,
  isCodedError,
  type CodedError,
  type Language,
  type PlanStep,
} from '@holdfast/contract';
import { because, startOrder, type Hierarchy, type Parameters, type Resource } from '@holdfast/core';
import type { Finding, Kit } from '@holdfast/kits';
import { z } from 'zod';
import { parametersOn, type PlacedFinding, type Prepared } from './assemble.ts';
import { recordOf } from '../care/care-keeper.ts';
import { copyReason } from './hierarchy-view.ts';
import { createCheckContext, type ApiContext, type FindingContext } from './context.ts';

/** Why a change did not come about: with everything that was found (K-05, K-10), and what was taken back (K-09). */
export class ChangeError extends Error {
  override readonly name = 'ChangeError';
  readonly error: CodedError;
  readonly findings: readonly PlacedFinding[];
  /** In the order in which it was done. */
  readonly undone: readonly PlanStep[];
  constructor(
    error: CodedError,
    details: { readonly findings?: readonly PlacedFinding[]; readonly undone?: readonly PlanStep[] },
  ) {
    super(error.message, { cause: error });
    this.error = error;
    this.findings = details.findings ?? [];
    this.undone = details.undone ?? [];
  }
}

/** Adds what was taken back to why that was necessary. */
export function withUndone(error: unknown, undone: readonly PlanStep[]): ChangeError {
  if (!(error instanceof ChangeError)) return new ChangeError(codedError(error), { undone });
  const { findings } = error;
  return new ChangeError(error.error, { findings, undone: [...error.undone, ...undone] });
}

/** Any error as one of the catalogue. */
export function codedError(error: unknown): CodedError {
  if (error instanceof ChangeError) return error.error;
  if (isCodedError(error)) return error;
  const problem = error instanceof Error ? error.message : String(error);
  return createError('HF-API-003', { problem }, { cause: error });
}

/** The answer of the API to an error, in the language that was asked for. */
export function describeFailure(error: unknown, language: Language): ReturnType<typeof createErrorAnswer> {
  if (!(error instanceof ChangeError)) return createErrorAnswer(codedError(error), language);
  const { findings, undone } = error;
  return createErrorAnswer(error.error, language, {
    ...(findings.length > 0 && {
      findings: findings.map((one) => ({ ...one, reason: copyReason(one.reason) })),
    }),
    ...(undone.length > 0 && { undone: [...undone] }),
  });
}

/** The checks of a creation, of all resources side by side, on this server (K-05). */
export async function runValidation(
  context: FindingContext,
  prepared: readonly Prepared[],
): Promise<readonly PlacedFinding[]> {
  const found = await Promise.all(
    prepared.map(async ({ kit, parameters, password, resource: { tag } }) => {
      const findings = await kit.validate(createCheckContext(context, tag, parameters));
      const missing = await findMissingPassword(context, kit, { parameters, password: password?.() });
      return [...findings, ...missing].map((finding) => ({
        ...finding,
        server: context.file.server,
        tag,
        field: finding.check === 'password' ? 'password' : kit.checkedFields[finding.check],
      }));
    }),
  );
  return found.flat();
}

/** A service manager that wants the password of a new service's account gets none that is blank (K-04). */
export async function findMissingPassword(
  { host }: Pick<FindingContext, 'host'>,
  kit: Kit,
  given: { readonly parameters: Parameters; readonly password: string | undefined },
): Promise<readonly Finding[]> {
  const { passwordNeeded } = await kit.judgeForm(given.parameters, host);
  if (!passwordNeeded || (given.password ?? '').trim() !== '') return [];
  const { account } = given.parameters;
  const facts = { account: typeof account === 'string' ? account : '' };
  return [{ check: 'password', outcome: 'failed', reason: because('password-needed', facts) }];
}

/** How each resource goes together with what stands beneath it, as far as it is of the same request (K-08). */
export async function judgeAllChildren(
  context: FindingContext,
  prepared: readonly Prepared[],
): Promise<readonly PlacedFinding[]> {
  const [root, ...rest] = prepared;
  const named = new Set(prepared.flatMap(({ resource }) => resource.children));
  const found = await Promise.all(
    prepared.map(async (one) => {
      const { kit, parameters, resource } = one;
      if (!kit.judgeChildren) return [];
      const children = rest
        .filter(
          ({ resource: { tag } }) => resource.children.includes(tag) || (one === root && !named.has(tag)),
        )
        .map((child) => ({ tag: child.resource.tag, kit: child.kit.name, parameters: child.parameters }));
      const findings = await kit.judgeChildren(
        createCheckContext(context, resource.tag, parameters),
        children,
      );
      return findings.map((finding) => ({ ...finding, server: context.file.server, tag: resource.tag }));
    }),
  );
  return found.flat();
}

/** Findings as they cross a path. */
export const placedFindings = z.array(
  z.object({
    check: z.string(),
    outcome: z.enum(['passed', 'warned', 'failed']),
    reason: z.object({
      code: z.string(),
      facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    }),
    tag: z.string().nullable(),
    field: z.string().optional(),
  }),
);

/** Findings of another server's daemon, parsed like any input. */
export function parsePlacedFindings(answer: unknown, server: string): readonly PlacedFinding[] {
  return placedFindings.parse(answer).map((finding) => ({ ...finding, server }));
}

/** By tag; each is used once, and printed nowhere (K-04). */
export type Passwords = Readonly<Record<string, () => string>>;

/**
 * Takes every instance of this server into care, children first, or lets each go, parents first (K-02, K-03). `adopt`
 * where what runs is this server's own, `stand-by` where it is another one's.
 */
export async function settleAll(
  context: ApiContext,
  hierarchy: Hierarchy,
  server: string,
  kind: 'adopt' | 'stand-by' | 'let-go',
  passwords: Passwords = {},
): Promise<void> {
  const order = startOrder(hierarchy.resources);
  for (const resource of kind === 'let-go' ? [...order].reverse() : order)
    await settleOne(context, { hierarchy, resource, server, kind, password: passwords[resource.tag] });
}

export interface Settling {
  readonly hierarchy: Pick<Hierarchy, 'id'>;
  readonly resource: Resource;
  readonly server: string;
  readonly kind: 'adopt' | 'stand-by' | 'let-go';
  readonly password?: (() => string) | undefined;
}

/**
 * Takes one instance of this server into care, or lets it go. Rejects with HF-SRV-004. What is in care is on record before
 * anything of the system is changed, and until it is as it was.
 */
export async function settleOne(
  context: Pick<ApiContext, 'care' | 'kits' | 'file' | 'host' | 'guard'>,
  settling: Settling,
): Promise<void> {
  const { hierarchy, resource, server, kind } = settling;
  const { care } = context;
  const { tag } = resource;
  await care.exclusively(tag, async () => {
    if (kind === 'let-go') {
      await settleWithKit(context, settling);
      return care.forget(tag);
    }
    const before = care.get(tag);
    const record = recordOf(hierarchy, resource, server);
    await care.write({ ...record, stage: 'adopting', started: before?.started ?? false });
    try {
      await settleWithKit(context, settling);
    } catch (error) {
      // A kit that cannot take something into care leaves it as it was (K-09).
      await (before ? care.write(before) : care.forget(tag));
      throw error;
    }
    await care.write({ ...record, started: before?.started ?? false });
  });
}

async function settleWithKit(
  context: Pick<ApiContext, 'kits' | 'file' | 'host' | 'guard'>,
  { resource, server, kind, password }: Settling,
): Promise<void> {
  const kit = context.kits.get(resource.kit);
  if (!kit) throw createError('HF-HIER-018', { server, kit: resource.kit });
  const check = createCheckContext(context, resource.tag, parametersOn(resource, server), password);
  const result = await (kind === 'let-go'
    ? kit.letGo(check)
    : kit.adopt({ ...check, owns: kind === 'adopt' }));
  if (result.state === 'ok') return;
  const detail = describeReason(result.reason, 'en');
  throw createError('HF-SRV-004', { service: resource.tag, action: kind, detail });
}
