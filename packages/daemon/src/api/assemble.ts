import { createError, tagName } from '@holdfast/contract';
import {
  because,
  defaultChecks,
  defaultRecovery,
  type Hierarchy,
  type Parameters,
  type Resource,
} from '@holdfast/core';
import { relative } from 'node:path';
import type { Finding, Kit } from '@holdfast/kits';
import { createCheckContext, type ApiContext, type FindingContext } from './context.ts';

/** A resource that somebody asks for: its kit, and what they gave of its parameters. */
export interface AskedResource {
  readonly kit: string;
  readonly tag?: string | undefined;
  readonly parameters: Parameters;
  readonly children: readonly string[];
  readonly password?: string | undefined;
}

/** A finding with where it was made and of what. */
export interface PlacedFinding extends Finding {
  readonly server: string;
  readonly tag: string | null;
  readonly field?: string | undefined;
}

export interface Prepared {
  readonly resource: Resource;
  readonly kit: Kit;
  /** Shared and per-server parameters together, as the kit takes them. */
  readonly parameters: Parameters;
  readonly password?: (() => string) | undefined;
}

/** Fills in what was not given, checks it, and lays out the resources of a new hierarchy; the first is its root. */
export async function prepareResources(
  context: ApiContext,
  asked: readonly AskedResource[],
): Promise<readonly Prepared[]> {
  const prepared: Prepared[] = [];
  for (const one of asked) prepared.push(await prepareResource(context, one));
  const [root, ...rest] = prepared;
  if (!root) return [];
  const named = new Set(prepared.flatMap(({ resource }) => resource.children));
  const beneathRoot = rest.map(({ resource }) => resource.tag).filter((tag) => !named.has(tag));
  const children = [...new Set([...root.resource.children, ...beneathRoot])];
  return [{ ...root, resource: { ...root.resource, children } }, ...rest];
}

async function prepareResource(context: ApiContext, asked: AskedResource): Promise<Prepared> {
  const kit = context.kits.get(asked.kit);
  if (!kit) throw createError('HF-HIER-017', { kit: asked.kit });
  const parameters = await completeParameters(context, kit, asked);
  const tag = asked.tag ?? kit.defaultTag(parameters);
  if (!tagName.safeParse(tag).success)
    throw createError('HF-HIER-019', { field: 'tag', tag, problem: 'not a valid tag' });
  const { shared, own } = splitParameters(kit, parameters);
  const instances = { [context.file.server]: own };
  const children = [...asked.children];
  const { password } = asked;
  return {
    kit,
    parameters,
    ...(password !== undefined && { password: () => password }),
    resource: {
      tag,
      kit: kit.name,
      parameters: shared,
      children,
      instances,
      checks: defaultChecks,
      tunables: {},
    },
  };
}

/**
 * What was given, with what the kit finds on this server for the rest (K-01); last comes what holds on the server that the
 * hierarchy is extended from (K-11). Rejects with HF-HIER-019.
 */
export async function completeParameters(
  { host }: Pick<ApiContext, 'host'>,
  kit: Kit,
  asked: {
    readonly tag?: string | undefined;
    readonly parameters: Parameters;
    readonly template?: Parameters;
  },
): Promise<Parameters> {
  const { parameters: given, template = {} } = asked;
  const found = { ...template, ...definedOnly(await kit.defaults(given, host)), ...given };
  const parsed = kit.schema.safeParse({ ...(await kit.defaults(found, host)), ...found });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  throw createError('HF-HIER-019', {
    field,
    tag: asked.tag ?? kit.name,
    problem: issue?.message ?? 'not valid',
  });
}

function definedOnly(parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
}

export function splitParameters(
  kit: Kit,
  parameters: Parameters,
): { readonly shared: Parameters; readonly own: Parameters } {
  const entries = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return {
    shared: Object.fromEntries(entries.filter(([name]) => !kit.perServer.includes(name))),
    own: Object.fromEntries(entries.filter(([name]) => kit.perServer.includes(name))),
  };
}

/**
 * Finds the volumes beneath each resource (K-07): what a kit needs on protected storage must lie on a volume of the
 * same request, or on one that is protected already (`existing`), which becomes its child. What lies on none is a failed finding that names the path.
 */
export async function placeOnVolumes(
  context: FindingContext,
  prepared: readonly Prepared[],
  existing: readonly { readonly tag: string; readonly path: string }[] = [],
): Promise<{ readonly resources: readonly Resource[]; readonly findings: readonly PlacedFinding[] }> {
  const own = prepared.flatMap(({ kit, parameters, resource }) =>
    kit.provides ? [{ tag: resource.tag, path: kit.provides(parameters) }] : [],
  );
  const volumes = [...own, ...existing];
  const findings: PlacedFinding[] = [];
  const resources: Resource[] = [];
  for (const { kit, parameters, resource } of prepared) {
    const needed = await kit.requirements(createCheckContext(context, resource.tag, parameters));
    const children = new Set(resource.children);
    for (const { path, why } of needed) {
      const volume = volumes
        .filter((one) => liesIn(path, one.path))
        .sort((a, b) => b.path.length - a.path.length)[0];
      if (volume) children.add(volume.tag);
      findings.push({
        check: 'on-protected-volume',
        outcome: volume ? 'passed' : 'failed',
        reason: because(volume ? 'path-protected' : 'path-not-protected', {
          path,
          why,
          volume: volume?.tag ?? '',
        }),
        server: context.file.server,
        tag: resource.tag,
      });
    }
    resources.push({ ...resource, children: [...children] });
  }
  return { resources, findings };
}

function liesIn(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || (!way.startsWith('..') && !way.startsWith('/'));
}

/** The parameters of every resource as they hold on one server. */
export function parametersOn(resource: Resource, server: string): Parameters {
  return { ...resource.parameters, ...resource.instances[server] };
}

/** Ports, addresses and data directories that only one resource of the cluster may have (K-05, K-23). */
export function claimsOf(resource: Pick<Resource, 'kit' | 'parameters'>): readonly string[] {
  const { port, dataDirectory, address } = resource.parameters;
  return [
    ...(resource.kit === 'postgresql' && typeof port === 'number' ? [`port ${port}`] : []),
    ...(typeof dataDirectory === 'string' ? [`data directory ${dataDirectory}`] : []),
    ...(resource.kit === 'ip' && typeof address === 'string' ? [`address ${address}`] : []),
  ];
}

/** Fields of a hierarchy that nobody asked for. */
export function assembleHierarchy(
  server: string,
  resources: readonly Resource[],
  asked: { readonly priority: number; readonly recovery: Partial<Hierarchy['recovery']> },
): Hierarchy {
  return {
    id: resources[0]?.tag ?? '',
    resources,
    priorities: { [server]: asked.priority },
    recovery: { ...defaultRecovery, ...asked.recovery },
    switchback: { kind: 'intelligent' },
    maintenance: false,
  };
}
