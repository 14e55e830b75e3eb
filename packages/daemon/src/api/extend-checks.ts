import type { Hierarchy, Parameters } from '@holdfast/core';
import { failedFinding, passedFinding, type Finding, type Kit, type StandbyContext } from '@holdfast/kits';
import { z } from 'zod';
import { clockPortsOf, examineClocks } from '../doctor/clocks.ts';
import { judgeMemory } from '../doctor/judge-server.ts';
import { collectTold, toldByTag } from '../doctor/told.ts';
import { volumesOf } from '../doctor/volumes.ts';
import { completeParameters, splitParameters, type PlacedFinding } from './assemble.ts';
import { createCheckContext, findingLimitMs, type ApiContext } from './context.ts';
import { findMissingPassword, placedFindings } from './findings.ts';

const parameters = z.record(z.string(), z.unknown());

export const extendChecksRequest = z.strictObject({
  /** The resource whose checks are asked for; `null` for those of the server itself. */
  part: z.string().nullable(),
  /** The server that has the hierarchy in service, or would. */
  from: z.string(),
  /** What it tells of its resources. */
  told: toldByTag,
  resources: z
    .array(
      z.strictObject({
        tag: z.string(),
        kit: z.string(),
        parameters,
        own: parameters,
        template: parameters,
        /** A password of the service's account is there; it is not needed to see whether one is missing. */
        passwordGiven: z.boolean().default(false),
      }),
    )
    .max(64),
});
type ExtendChecksRequest = z.output<typeof extendChecksRequest>;

const extendChecksAnswer = z.object({
  instances: z.record(z.string(), parameters),
  findings: placedFindings,
});

/** What an extension found out: the parameters of each resource on the target, and every finding. */
export interface ExtensionChecked {
  readonly instances: Readonly<Record<string, Parameters>>;
  readonly findings: readonly PlacedFinding[];
}

/** Is told what has been found as soon as a part of the checks has ended. */
export type TellFindings = (findings: readonly PlacedFinding[]) => void;

/**
 * Has the target make the checks of an extension, and compares its clock with that of the server it is extended from
 * (K-10): each resource, the server itself and the clocks side by side. `given`: parameters by tag that an administrator
 * has given. Rejects like `ask`.
 */
export async function checkExtension(
  context: ApiContext,
  hierarchy: Hierarchy,
  of: {
    readonly owner: string | undefined;
    readonly server: string;
    readonly given: Readonly<Record<string, Parameters>>;
    readonly passwords?: Readonly<Record<string, string>>;
  },
  tell: TellFindings = () => undefined,
): Promise<ExtensionChecked> {
  const { owner, server, given, passwords = {} } = of;
  const from = owner ?? preferredServer(hierarchy);
  const request: Omit<ExtendChecksRequest, 'part'> = {
    from,
    told: mutable(await collectTold(context, hierarchy, owner)),
    resources: hierarchy.resources.map(({ tag, kit, parameters: shared, instances }) => ({
      tag,
      kit,
      parameters: { ...shared },
      own: { ...given[tag] },
      template: { ...instances[from] },
      passwordGiven: (passwords[tag] ?? '').trim() !== '',
    })),
  };
  const ask = async (part: string | null): Promise<unknown> =>
    server === context.file.server
      ? runExtendChecks(context, { ...request, part })
      : context.ask(server, 'api/extend-checks', { ...request, part }, findingLimitMs);
  const checkPart = async (part: string | null): Promise<ExtensionChecked> => {
    const { instances, findings } = extendChecksAnswer.parse(await ask(part));
    return { instances, findings: findings.map((one) => ({ ...one, server })) };
  };
  const checkClocks = async (): Promise<ExtensionChecked> => {
    const clock = await examineClocks(clockPortsOf(context), { server, reference: from });
    return { instances: {}, findings: [{ ...clock, tag: null, server }] };
  };
  const tags = hierarchy.resources.map(({ tag }) => tag);
  const parts = await Promise.all(
    [checkPart(null), ...tags.map((tag) => checkPart(tag)), checkClocks()].map(async (part) => {
      const checked = await part;
      tell(checked.findings);
      return checked;
    }),
  );
  return {
    instances: Object.assign({}, ...parts.map(({ instances }) => instances)),
    findings: parts.flatMap(({ findings }) => findings),
  };
}

function preferredServer({ priorities }: Hierarchy): string {
  return Object.entries(priorities).sort(([, a], [, b]) => a - b)[0]?.[0] ?? '';
}

function mutable(told: Readonly<Record<string, Finding['reason']['facts']>>): ExtendChecksRequest['told'] {
  return Object.fromEntries(Object.entries(told).map(([tag, facts]) => [tag, { ...facts }]));
}

/** One part of the checks of an extension, run on this server, which is the target (K-10). Rejects with HF-HIER-019. */
export async function runExtendChecks(
  context: ApiContext,
  request: ExtendChecksRequest,
): Promise<z.output<typeof extendChecksAnswer>> {
  const { part } = request;
  if (part === null) return { instances: {}, findings: await checkServer(context, request) };
  const completed = await Promise.all(
    request.resources
      .filter(({ tag, kit }) => tag === part || context.kits.get(kit)?.provides !== undefined)
      .map((resource) => completeOn(context, resource)),
  );
  const present = completed.filter((one) => one !== undefined);
  const checked = present.find(({ tag }) => tag === part);
  if (!checked) return { instances: {}, findings: [] };
  const { kit, tag, complete, passwordGiven } = checked;
  const told = request.told[tag];
  const check: StandbyContext<Parameters> = {
    ...createCheckContext(context, tag, complete),
    volumes: volumesOf(present.map((one) => ({ kit: one.kit, parameters: one.complete }))),
    ...(told && { told }),
  };
  const password = passwordGiven ? 'given' : undefined;
  const findings = [
    ...(await kit.prepareExtend(check)),
    ...(await findMissingPassword(context, kit, { parameters: complete, password })),
  ];
  return {
    instances: { [tag]: splitParameters(kit, complete).own },
    findings: findings.map((finding) => placed(finding, tag, kit.checkedFields[finding.check])),
  };
}

type Found = z.output<typeof extendChecksAnswer>['findings'];

/** The target itself: is it connected, does its memory do, and are the kits there? */
async function checkServer(context: ApiContext, request: ExtendChecksRequest): Promise<Found> {
  const { server } = context.file;
  const missing = request.resources.flatMap(({ kit, tag }) =>
    context.kits.has(kit) ? [] : [placed(failedFinding('kit', 'kit-missing', { kit, tag, server }), tag)],
  );
  const ofServer = [judgeConnection(context, request.from), await examineMemory(context, request)];
  return [...ofServer.map((finding) => placed(finding, null)), ...missing];
}

interface Completed {
  readonly kit: Kit;
  readonly tag: string;
  readonly complete: Parameters;
  readonly passwordGiven: boolean;
}

/** `undefined` where this server has no such kit. */
async function completeOn(
  context: ApiContext,
  resource: ExtendChecksRequest['resources'][number],
): Promise<Completed | undefined> {
  const { tag, parameters: shared, own, template, passwordGiven } = resource;
  const kit = context.kits.get(resource.kit);
  if (!kit) return undefined;
  const all = { ...shared, ...own };
  const complete = await completeParameters(context, kit, { tag, parameters: all, template });
  return { kit, tag, complete, passwordGiven };
}

function placed(
  { check, outcome, reason: { code, facts } }: Finding,
  tag: string | null,
  field?: string,
): z.output<typeof placedFindings>[number] {
  return {
    ...{ check, outcome, reason: { code, facts: { ...facts } }, tag },
    ...(field !== undefined && { field }),
  };
}

/** The target must reach the server that it is to take over from: over the paths they agree on what happens. */
function judgeConnection({ file, paths }: ApiContext, from: string): Finding {
  const facts = { from, server: file.server };
  return from === file.server || paths().some(({ peer, state }) => peer === from && state === 'alive')
    ? passedFinding('servers-connected', facts)
    : failedFinding('servers-connected', 'servers-not-connected', facts);
}

async function examineMemory({ host, kits }: ApiContext, request: ExtendChecksRequest): Promise<Finding> {
  const demands = request.resources
    .filter(({ kit }) => kits.get(kit)?.tell !== undefined)
    .map(({ tag }) => {
      const bytes = request.told[tag]?.['memoryBytes'];
      return { tag, memoryBytes: typeof bytes === 'number' ? bytes : undefined };
    });
  return judgeMemory(demands, await host.capacity.memory());
}
