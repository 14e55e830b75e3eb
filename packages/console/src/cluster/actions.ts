import type { HierarchyBody, Role, ServerBody, StatusAnswer } from '@holdfast/contract';
import type { Message, PlainKey } from '../i18n/text.ts';
import { judgeRole } from '../shell/judge-role.ts';

/** What a menu of the cluster page is about. A resource is in a hierarchy; an instance is on a server as well. */
export type MenuTarget =
  | { readonly kind: 'server'; readonly server: string }
  | { readonly kind: 'resource'; readonly hierarchy: string; readonly tag: string }
  | { readonly kind: 'instance'; readonly hierarchy: string; readonly tag: string; readonly server: string };

export const actionNames = [
  'in-service',
  'out-of-service',
  'extend',
  'unextend',
  'add-dependency',
  'remove-dependency',
  'delete',
  'explain',
  'properties',
  'create',
  'server',
  'create-path',
  'paths',
] as const;
export type ActionName = (typeof actionNames)[number];

export interface Action {
  readonly name: ActionName;
  readonly title: PlainKey;
  /** The address of the dialog that does it, or of the page that shows it. */
  readonly path: string;
  /** Why it cannot be done now. */
  readonly refusal: Message | undefined;
}

export interface Situation {
  readonly status: StatusAnswer;
  readonly role: Role;
  /** What is shown is current: nothing is done on the strength of old news. */
  readonly isCurrent: boolean;
}

interface Place {
  readonly situation: Situation;
  readonly hierarchy: HierarchyBody;
  readonly tag: string;
  readonly server: ServerBody | undefined;
}

const needed: Readonly<Record<ActionName, Role>> = {
  'in-service': 'operator',
  'out-of-service': 'operator',
  extend: 'administrator',
  unextend: 'administrator',
  'add-dependency': 'administrator',
  'remove-dependency': 'administrator',
  delete: 'administrator',
  create: 'administrator',
  'create-path': 'administrator',
  explain: 'guest',
  properties: 'guest',
  server: 'guest',
  paths: 'guest',
};

/** Everything that may be asked for at a place, and why some of it cannot be done now. The daemon judges again. */
export function listActions(target: MenuTarget, situation: Situation): readonly Action[] {
  const { status } = situation;
  if (target.kind === 'server') return listServerActions(target.server, situation);
  const hierarchy = status.hierarchies.find(({ id }) => id === target.hierarchy);
  if (!hierarchy) return [];
  const server =
    target.kind === 'instance' ? status.servers.find(({ name }) => name === target.server) : undefined;
  const place: Place = { situation, hierarchy, tag: target.tag, server };
  const tag = encodeURIComponent(target.tag);
  const on = server ? `?server=${encodeURIComponent(server.name)}` : '';
  const entry = (name: ActionName, title: PlainKey, path: string): Action => ({
    name,
    title,
    path,
    refusal: judgeAction(name, place),
  });
  return [
    entry('in-service', server ? 'action.inServiceHere' : 'action.inService', `/in-service/${tag}${on}`),
    entry('out-of-service', 'action.outOfService', `/out-of-service/${tag}`),
    entry('extend', server ? 'action.extendHere' : 'action.extend', `/extend/${tag}${on}`),
    entry('unextend', server ? 'action.unextendHere' : 'action.unextend', `/unextend/${tag}${on}`),
    ...(server
      ? []
      : [
          entry('add-dependency', 'action.addDependency', `/add-dependency/${tag}`),
          entry('remove-dependency', 'action.removeDependency', `/remove-dependency/${tag}`),
          entry('delete', 'action.delete', `/delete/${tag}`),
        ]),
    entry('explain', 'action.explain', `/explain/${tag}`),
    entry('properties', 'action.properties', `/properties/${tag}${on}`),
  ];
}

function listServerActions(name: string, situation: Situation): readonly Action[] {
  const server = situation.status.servers.find((one) => one.name === name);
  const runsNothing: Message | undefined =
    server?.role === 'witness' ? { key: 'refusal.witness' } : undefined;
  const query = `?server=${encodeURIComponent(name)}`;
  return [
    {
      name: 'create',
      title: 'action.createHere',
      path: `/create${query}`,
      refusal: judgeCaller('create', situation) ?? runsNothing ?? judgeAnswers(server),
    },
    {
      name: 'server',
      title: 'action.serverProperties',
      path: `/server/${encodeURIComponent(name)}`,
      refusal: undefined,
    },
    {
      name: 'create-path',
      title: 'action.createPath',
      path: `/servers/new-path${query}`,
      refusal: judgeCaller('create-path', situation),
    },
    { name: 'paths', title: 'page.servers', path: '/servers', refusal: undefined },
  ];
}

function judgeAction(name: ActionName, place: Place): Message | undefined {
  const refused = judgeCaller(name, place.situation);
  if (refused) return refused;
  switch (name) {
    case 'in-service':
      return judgeMoving(place) ?? (place.server ? judgeHere(place, place.server) : undefined);
    case 'out-of-service':
      return judgeMoving(place) ?? judgeStop(place.hierarchy);
    case 'extend':
      return judgeExtend(place);
    case 'unextend':
      return judgeUnextend(place);
    case 'remove-dependency':
      return place.hierarchy.resources.some(({ tag, children }) => tag === place.tag && children.length > 0)
        ? undefined
        : { key: 'refusal.noChildren', facts: { tag: place.tag } };
    case 'add-dependency':
    case 'delete':
      return judgeIdle(place);
    case 'create':
    case 'create-path':
    case 'explain':
    case 'properties':
    case 'server':
    case 'paths':
      return undefined;
    default:
      return name satisfies never;
  }
}

function judgeCaller(name: ActionName, situation: Situation): Message | undefined {
  return judgeRole(needed[name], situation);
}

function judgeIdle({ hierarchy }: Place): Message | undefined {
  return hierarchy.operation === null ? undefined : { key: 'refusal.operation' };
}

function judgeMoving(place: Place): Message | undefined {
  const maintained = place.hierarchy.warnings.some(
    ({ code }) => code === 'in-maintenance' || code === 'cluster-in-maintenance',
  );
  return judgeIdle(place) ?? (maintained ? { key: 'refusal.maintenance' } : undefined);
}

function judgeHere({ hierarchy }: Place, server: ServerBody): Message | undefined {
  if (server.role === 'witness') return { key: 'refusal.witness' };
  if (!(server.name in hierarchy.priorities)) return { key: 'refusal.notExtended' };
  const states = hierarchy.resources.map(({ instances }) => instances[server.name]?.state);
  const runs = states.every((state) => state === 'in-service' || state === 'degraded');
  if (hierarchy.owner?.server === server.name && runs) return { key: 'refusal.alreadyHere' };
  return judgeAnswers(server);
}

function judgeAnswers(server: ServerBody | undefined): Message | undefined {
  return server?.state === 'alive' || server?.state === 'warning'
    ? undefined
    : { key: 'refusal.serverSilent', facts: { server: server?.name ?? '' } };
}

function judgeStop({ desired, owner }: HierarchyBody): Message | undefined {
  return desired === 'out-of-service' && owner === null ? { key: 'refusal.alreadyOut' } : undefined;
}

function judgeExtend(place: Place): Message | undefined {
  const { hierarchy, server, situation } = place;
  const open = situation.status.servers.filter(
    ({ name, role }) => role === 'member' && !(name in hierarchy.priorities),
  );
  if (server?.role === 'witness') return { key: 'refusal.witness' };
  if (server && server.name in hierarchy.priorities) return { key: 'refusal.extendedAlready' };
  if (open.length === 0) return { key: 'refusal.extendedEverywhere' };
  return judgeIdle(place) ?? (server ? judgeAnswers(server) : undefined);
}

function judgeUnextend(place: Place): Message | undefined {
  const { hierarchy, server } = place;
  if (server && !(server.name in hierarchy.priorities)) return { key: 'refusal.notExtended' };
  if (Object.keys(hierarchy.priorities).length < 2) return { key: 'refusal.lastServer' };
  if (server && hierarchy.owner?.server === server.name) return { key: 'refusal.runsHere' };
  return judgeIdle(place);
}
