import {
  createError,
  type ChangeAnswer,
  type changeRequest,
  type createRequest,
  type extendRequest as extendBody,
} from '@holdfast/contract';
import { startOrder, type Hierarchy, type Resource } from '@holdfast/core';
import {
  createHierarchyRequest,
  createInServiceRequest,
  createOutOfServiceRequest,
  extendRequest,
  setHierarchyRequest,
  withoutServer,
  type RequestContext,
  type Requested,
} from '@holdfast/engine';
import type { Kit } from '@holdfast/kits';
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import {
  assembleHierarchy,
  claimsOf,
  parametersOn,
  placeOnVolumes,
  prepareResources,
  type PlacedFinding,
  type Prepared,
} from './assemble.ts';
import { findingLimitMs, type ApiContext } from './context.ts';
import { fixableOf, fixLimitMs, performFixes, rehearseFixes } from './fix.ts';
import { checkExtension, type TellFindings } from './extend-checks.ts';
import { parseCreated } from './created.ts';
import { ChangeError, judgeAllChildren, runValidation, settleAll, withUndone } from './findings.ts';
import { answerChange, commitRequest, requireHierarchy } from './commit-change.ts';
import { startAndRecord } from './first-start.ts';
import { findJoined, judgeJoining, prepareJoining, protectedVolumes } from './join.ts';
import { compareHierarchies } from './setting-changes.ts';
import { applyTunables, refuseUnknownTunables } from './settings.ts';

/** Milliseconds for a creation on another server beside its checks: its first start. */
const firstStartLimitMs = 90_000;

/** POST /hierarchies (K-01 to K-09). */
export async function createHierarchy(
  context: ApiContext,
  body: z.output<typeof createRequest>,
  by: string,
  signal: AbortSignal,
): Promise<ChangeAnswer> {
  const { server } = context.file;
  if (body.server !== undefined && body.server !== server)
    return createElsewhere(context, body.server, { ...body, by }, signal);
  const prepared = await prepareResources(context, body.resources);
  const { view } = await context.engine.refresh();
  const volumes = protectedVolumes(context, view);
  const { resources, findings: onVolumes } = await placeOnVolumes(context, prepared, volumes);
  const into = findJoined(view, resources);
  const joining = into && (await prepareJoining(context, { into, resources, by }));
  const placed = [...onVolumes, ...(joining?.findings ?? [])];
  const examined = [...placed, ...(await examine(context, prepared))];
  const fixable = body.fix ? fixableOf(examined) : [];
  refuseFailed(
    server,
    examined.filter((finding) => !fixable.includes(finding)),
  );
  const { priority, recovery } = body;
  const hierarchy =
    joining?.hierarchy ??
    assembleHierarchy(server, resources, { priority, recovery: withoutUndefined(recovery) });
  const judge = (reserved?: number) =>
    joining
      ? judgeJoining(joining, server)
      : (request: RequestContext): Requested =>
          createHierarchyRequest(request, { hierarchy, server, claims: claimsOf, reserved });
  await commitRequest(context, by, judge(), { dryRun: true });
  const passwords = Object.fromEntries(
    prepared.flatMap(({ resource, password }) => (password ? [[resource.tag, password]] : [])),
  );
  const record = (term: number) => commitRequest(context, by, judge(term), { dryRun: false });
  const take = (): Promise<void> =>
    startAndRecord(context, {
      hierarchy,
      resources: joining?.resources ?? hierarchy.resources,
      ...(joining && { owned: joining.term }),
      by,
      signal,
      record,
      passwords,
    });
  const findings = body.dryRun
    ? rehearseFixes(examined, fixable)
    : [
        ...placed,
        ...(await fixAndTake(context, { prepared, examined: examined.slice(placed.length), fixable, take })),
      ];
  const order = startOrder(resources);
  const standby = Object.keys(hierarchy.priorities).filter((name) => name !== server);
  const plan = [
    ...order.map(({ tag }) => ({ act: 'adopt' as const, server, tag })),
    ...order.map(({ tag }) => ({ act: 'start' as const, server, tag })),
    { act: 'record' as const, server, tag: null },
    ...standby.flatMap((other) => order.map(({ tag }) => ({ act: 'adopt' as const, server: other, tag }))),
  ];
  return answerChange(context, hierarchy.id, { dryRun: body.dryRun, findings, plan, operation: null });
}

/** A restart of the database cluster, to put it right, takes its own time. */
function createLimitMs({ fix }: { readonly fix: boolean }): number {
  return findingLimitMs * 2 + firstStartLimitMs + (fix ? fixLimitMs : 0);
}

async function examine(
  context: ApiContext,
  prepared: readonly Prepared[],
): Promise<readonly PlacedFinding[]> {
  return [...(await runValidation(context, prepared)), ...(await judgeAllChildren(context, prepared))];
}

/** Puts right what is asked for, looks again, and takes the resources; what fails takes all of it back (K-06, K-09). */
async function fixAndTake(
  context: ApiContext,
  { prepared, examined, fixable, take }: Taking,
): Promise<readonly PlacedFinding[]> {
  const { server } = context.file;
  const fixes = await performFixes(context, prepared, fixable);
  try {
    refuseFailed(server, fixes.findings);
    const again = fixable.length > 0 ? await examine(context, prepared) : examined;
    refuseFailed(server, again);
    await take();
    return [...again, ...fixes.findings];
  } catch (error) {
    throw withUndone(error, await fixes.undo());
  }
}

interface Taking {
  readonly prepared: readonly Prepared[];
  readonly examined: readonly PlacedFinding[];
  readonly fixable: readonly PlacedFinding[];
  readonly take: () => Promise<void>;
}

/** That server creates it, or says why not. When the client goes away, it is told, and undoes what it has begun (K-09). */
async function createElsewhere(
  context: ApiContext,
  server: string,
  asked: { readonly by: string; readonly fix: boolean },
  signal: AbortSignal,
): Promise<ChangeAnswer> {
  const creation = randomUUID();
  const cancel = (): void => {
    context.ask(server, 'api/cancel-create', { creation }, findingLimitMs).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const answer = await context.ask(server, 'api/create', { ...asked, creation }, createLimitMs(asked));
    return parseCreated(answer, server);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** POST /hierarchies/:tag/extend (K-10, K-11): the checks run on the target, and are all told, each as it ends. */
export async function extendHierarchy(
  context: ApiContext,
  tag: string,
  body: z.output<typeof extendBody>,
  by: string,
  tell?: TellFindings,
): Promise<ChangeAnswer> {
  const { hierarchy, snapshot } = await requireHierarchy(context, tag);
  const { server } = body;
  if (!snapshot.view.servers[server]) throw createError('HF-HIER-005', { server });
  // The rules first: a server that may not have it need not be asked.
  const judge =
    (instances: Readonly<Record<string, Resource['parameters']>>) =>
    (asked: RequestContext): Requested =>
      extendRequest(asked, { tag, server, priority: body.priority, instances, claims: claimsOf });
  await commitRequest(context, by, judge({}), { dryRun: true });
  const owner = snapshot.view.owners[hierarchy.id]?.server;
  const { parameters: given, passwords } = body;
  const { instances, findings } = await checkExtension(
    context,
    hierarchy,
    { owner, server, given, passwords },
    tell,
  );
  refuseFailed(server, findings);
  await commitRequest(context, by, judge(instances), { dryRun: body.dryRun });
  if (!body.dryRun) await settleRemotely(context, { tag, server, by, passwords: body.passwords });
  const plan = [
    { act: 'record' as const, server, tag: null },
    ...hierarchy.resources.map((resource) => ({ act: 'adopt' as const, server, tag: resource.tag })),
  ];
  return answerChange(context, tag, { dryRun: body.dryRun, findings, plan, operation: null });
}

/** The target takes its instances into care; when it cannot, the extension is taken back. */
async function settleRemotely(
  context: ApiContext,
  extension: {
    readonly tag: string;
    readonly server: string;
    readonly by: string;
    readonly passwords: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const { tag, server, by, passwords } = extension;
  const { hierarchy } = await requireHierarchy(context, tag);
  const message = { hierarchy: { ...hierarchy }, kind: 'adopt', passwords };
  try {
    const secrets = Object.entries(passwords).map(([name, password]) => [name, () => password]);
    if (server === context.file.server)
      await settleAll(context, hierarchy, server, 'stand-by', Object.fromEntries(secrets));
    else await context.ask(server, 'api/settle', message, findingLimitMs);
  } catch (error) {
    const undo = (request: RequestContext): Requested =>
      setHierarchyRequest(request, {
        hierarchy: withoutServer(request.snapshot.view.hierarchies[hierarchy.id] ?? hierarchy, server),
        claims: claimsOf,
        force: true,
      });
    await commitRequest(context, by, undo, { dryRun: false });
    throw error;
  }
}

/** POST /hierarchies/:tag/in-service (H-03). */
export async function bringInService(
  context: ApiContext,
  tag: string,
  body: { readonly server?: string | undefined; readonly dryRun: boolean },
  by: string,
): Promise<ChangeAnswer> {
  const { snapshot, hierarchy } = await requireHierarchy(context, tag);
  const judge = (request: RequestContext): Requested =>
    createInServiceRequest(request, { tag, target: body.server, operation: randomUUID() });
  const { operation } = await commitRequest(context, by, judge, { dryRun: body.dryRun });
  const owner = snapshot.view.owners[hierarchy.id]?.server;
  const target =
    body.server ?? owner ?? Object.entries(hierarchy.priorities).sort(([, a], [, b]) => a - b)[0]?.[0];
  const plan = movePlan(hierarchy, owner, target);
  return answerChange(context, tag, {
    dryRun: body.dryRun,
    findings: [],
    plan,
    operation: operation?.id ?? null,
  });
}

/** POST /hierarchies/:tag/out-of-service (H-03, S6). */
export async function takeOutOfService(
  context: ApiContext,
  tag: string,
  body: { readonly dryRun: boolean },
  by: string,
): Promise<ChangeAnswer> {
  const { snapshot, hierarchy } = await requireHierarchy(context, tag);
  const judge = (request: RequestContext): Requested =>
    createOutOfServiceRequest(request, { tag, operation: randomUUID() });
  const { operation } = await commitRequest(context, by, judge, { dryRun: body.dryRun });
  const plan = movePlan(hierarchy, snapshot.view.owners[hierarchy.id]?.server, undefined);
  return answerChange(context, tag, {
    dryRun: body.dryRun,
    findings: [],
    plan,
    operation: operation?.id ?? null,
  });
}

function movePlan(
  hierarchy: Hierarchy,
  owner: string | undefined,
  target: string | undefined,
): ChangeAnswer['plan'] {
  const order = startOrder(hierarchy.resources);
  const moves = owner !== target;
  const stops =
    owner !== undefined && moves
      ? [...order].reverse().map(({ tag }) => ({ act: 'stop' as const, server: owner, tag }))
      : [];
  const hand =
    owner !== undefined && target !== undefined && moves
      ? [{ act: 'hand-over' as const, server: target, tag: null }]
      : [];
  const starts =
    target === undefined ? [] : order.map(({ tag }) => ({ act: 'start' as const, server: target, tag }));
  return [...stops, ...hand, ...starts];
}

/** PATCH /hierarchies/:tag. */
export async function changeHierarchy(
  context: ApiContext,
  tag: string,
  body: z.output<typeof changeRequest>,
  by: string,
): Promise<ChangeAnswer> {
  const { hierarchy } = await requireHierarchy(context, tag);
  const unknown = Object.keys(body.resources ?? {}).find(
    (name) => !hierarchy.resources.some((one) => one.tag === name),
  );
  if (unknown !== undefined) throw createError('HF-HIER-001', { tag: unknown });
  let changes: ChangeAnswer['changes'] = [];
  const judge = (request: RequestContext): Requested => {
    const current = request.snapshot.view.hierarchies[hierarchy.id] ?? hierarchy;
    const changed = applyChange(context, current, body);
    changes = [...compareHierarchies(current, changed, context.kits)];
    const isLive = (kit: string, field: string): boolean =>
      context.kits.get(kit)?.live?.includes(field) ?? false;
    return setHierarchyRequest(request, {
      hierarchy: changed,
      claims: claimsOf,
      isLive,
    });
  };
  await commitRequest(context, by, judge, { dryRun: body.dryRun });
  const plan = [{ act: 'record' as const, server: context.file.server, tag: null }];
  return answerChange(context, tag, { dryRun: body.dryRun, findings: [], plan, changes, operation: null });
}

function applyChange(
  context: ApiContext,
  hierarchy: Hierarchy,
  body: z.output<typeof changeRequest>,
): Hierarchy {
  return {
    ...hierarchy,
    priorities: { ...hierarchy.priorities, ...body.priorities },
    recovery: { ...hierarchy.recovery, ...withoutUndefined(body.recovery) },
    switchback: body.switchback ?? hierarchy.switchback,
    maintenance: body.maintenance ?? hierarchy.maintenance,
    resources: hierarchy.resources.map((resource) => {
      const change = body.resources?.[resource.tag];
      if (!change) return resource;
      const { parameters, perServer, checks, tunables } = change;
      refuseUnknownTunables(kitsOf(context, resource), tunables);
      const changed: Resource = {
        ...resource,
        checks: { ...resource.checks, ...withoutUndefined(checks) },
        tunables: applyTunables(resource.tunables, tunables),
        parameters: { ...resource.parameters, ...parameters },
        instances: Object.fromEntries(
          Object.entries(resource.instances).map(([server, own]) => [
            server,
            { ...own, ...perServer?.[server] },
          ]),
        ),
      };
      refuseUnfit(context, changed);
      return changed;
    }),
  };
}

function kitsOf({ kits }: ApiContext, { kit: name }: Resource): readonly Kit[] {
  const kit = kits.get(name);
  return kit ? [kit] : [];
}

/** Throws HF-HIER-019 where the parameters are not those of the kit, on any of its servers. */
export function refuseUnfit(context: ApiContext, resource: Resource): void {
  const kit = context.kits.get(resource.kit);
  for (const server of Object.keys(resource.instances)) {
    const parsed = kit?.schema.safeParse(parametersOn(resource, server));
    if (!parsed || parsed.success) continue;
    const issue = parsed.error.issues[0];
    const field = issue?.path.map(String).join('.') ?? '';
    throw createError('HF-HIER-019', { field, tag: resource.tag, problem: issue?.message ?? 'not valid' });
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T | undefined): Defined<T> {
  const entries = Object.entries(value ?? {}).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}

function refuseFailed(server: string, findings: readonly PlacedFinding[]): void {
  const failed = findings.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0)
    throw new ChangeError(createError('HF-HIER-003', { failed: failed.length, server }), { findings });
}
