import { describeReason, type HierarchyBody, type ServerBody, type StatusAnswer } from '@holdfast/contract';
import { colourOf, type Style } from './style.ts';
import { renderTable, type Cell } from './table.ts';
import type { Word } from './words.ts';

/**
 * The state of the cluster: the servers, then the hierarchies down and the servers across, then what is
 * wrong.
 */
export function renderStatus(status: StatusAnswer, style: Style): string {
  const { say, paint, language } = style;
  const head =
    `${paint({ text: `${say('cluster')} ${status.cluster}`, colour: 'bold' })}  ` +
    `${say('profile')} ${status.profile}  ${say('seenFrom')} ${status.answeredBy}\n`;
  const { state, reason } = status.store;
  const why = reason ? ` (${describeReason(reason, language)})` : '';
  const store =
    state === 'available' ? '' : `${paint({ text: `${say('asLastKnown')}${why}`, colour: 'red' })}\n`;
  const hierarchies =
    status.hierarchies.length === 0
      ? `${say('noHierarchy')}\n`
      : renderHierarchies(status.hierarchies, status.servers, style);
  return [
    `${head}${store}`,
    renderServers(status.servers, style),
    hierarchies,
    ...remarks(status, style),
  ].join('\n');
}

function renderServers(servers: readonly ServerBody[], { say, paint }: Style): string {
  const head = (['server', 'role', 'state', 'lease', 'address', 'version', 'paths'] as const).map(heading);
  const rows = servers.map((server): Cell[] => [
    { text: server.name },
    { text: say(server.role) },
    { text: say(server.state), colour: colourOf(server.state) },
    { text: say(server.lease), colour: colourOf(server.lease) },
    { text: `${server.addresses.join(', ')}:${server.port}` },
    { text: server.version ?? '-' },
    { text: describePaths(server.paths, say) },
  ]);
  return renderTable([head, ...rows], paint);

  function heading(word: Word): Cell {
    return { text: say(word), colour: 'bold' };
  }
}

/** Each other server once, with all paths to it. */
function describePaths(paths: ServerBody['paths'], say: Style['say']): string {
  const peers = Map.groupBy(paths, ({ peer }) => peer);
  return [...peers]
    .map(([peer, own]) => `${peer} ${own.map((path) => describePath(path, say)).join(' + ')}`)
    .join(', ');
}

function describePath({ state, roundTripMs }: ServerBody['paths'][number], say: Style['say']): string {
  return state === 'alive' && roundTripMs !== null
    ? `${say(state)} ${roundTripMs.toFixed(1)} ms`
    : say(state);
}

/**
 * One row for each hierarchy with its priorities, and one for each resource with its state on each server.
 */
export function renderHierarchies(
  hierarchies: readonly HierarchyBody[],
  servers: readonly { readonly name: string; readonly role: string }[],
  { say, paint }: Style,
): string {
  const columns = servers.filter(({ role }) => role === 'member').map(({ name }) => name);
  const head: Cell[] = [say('hierarchy'), say('state'), ...columns].map((text) => ({ text, colour: 'bold' }));
  const rows = hierarchies.flatMap((hierarchy) => [
    [
      { text: hierarchy.id },
      { text: say(hierarchy.summary), colour: colourOf(hierarchy.summary) },
      ...columns.map((server): Cell => {
        const priority = hierarchy.priorities[server];
        return { text: priority === undefined ? '' : `(${priority})`, colour: 'gray' };
      }),
    ],
    ...resourceLines(hierarchy).map(({ resource, branch }) => [
      { text: `${branch}${resource.tag}` },
      { text: '' },
      ...columns.map((server): Cell => {
        const instance = resource.instances[server];
        return instance ? { text: say(instance.state), colour: colourOf(instance.state) } : { text: '' };
      }),
    ]),
  ]);
  return renderTable([head, ...rows], paint);
}

interface Line {
  readonly resource: HierarchyBody['resources'][number];
  readonly branch: string;
}

/** The resources as a tree. One that several parents need stands beneath the first of them. */
function resourceLines({ resources }: HierarchyBody): readonly Line[] {
  const byTag = new Map(resources.map((resource) => [resource.tag, resource]));
  const children = new Set(resources.flatMap((resource) => resource.children));
  const shown = new Set<string>();
  const lines: Line[] = [];
  const show = (tag: string, lead: string, isLast: boolean): void => {
    const resource = byTag.get(tag);
    if (!resource || shown.has(tag)) return;
    shown.add(tag);
    lines.push({ resource, branch: `${lead}${isLast ? '└ ' : '├ '}` });
    const below = resource.children.filter((child) => !shown.has(child));
    below.forEach((child, index) =>
      show(child, `${lead}${isLast ? '  ' : '│ '}`, index === below.length - 1),
    );
  };
  const roots = resources.filter(({ tag }) => !children.has(tag));
  roots.forEach(({ tag }, index) => show(tag, '', index === roots.length - 1));
  return lines;
}

/** What a person should know, one line each: why something is not as it should be. */
function remarks(status: StatusAnswer, style: Style): readonly string[] {
  const { language } = style;
  const ofServers = status.servers.flatMap(({ name, reason }) =>
    reason ? [`${name}: ${describeReason(reason, language)}`] : [],
  );
  const lines = [
    ...(status.maintenance ? [describeReason({ code: 'cluster-in-maintenance', facts: {} }, language)] : []),
    ...ofServers,
    ...status.servers.flatMap((server) => policyRemarks(server, style)),
    ...status.hierarchies.flatMap((hierarchy) => hierarchyRemarks(hierarchy, style)),
  ];
  return lines.length === 0
    ? []
    : [lines.map((line) => `${style.paint({ text: '!', colour: 'yellow' })} ${line}\n`).join('')];
}

/** That its vote is still on its way, and what an administrator might have forgotten that is set for it (R-07, C-07). */
function policyRemarks(
  { name, etcd, confirmFailover, blockFailover, shutdownStrategy }: ServerBody,
  { language }: Style,
): readonly string[] {
  const facts = { server: name };
  const codes = [
    ...(etcd === 'learner' ? ['etcd-no-vote-yet'] : []),
    ...(confirmFailover ? ['failover-to-be-confirmed'] : []),
    ...(blockFailover ? ['failover-blocked'] : []),
    ...(shutdownStrategy === 'stop' ? ['shutdown-stops'] : []),
  ];
  return codes.map((code) => describeReason({ code, facts }, language));
}

/** Warnings of a hierarchy, and the reasons of its instances. */
export function hierarchyRemarks(hierarchy: HierarchyBody, { language }: Style): readonly string[] {
  const warnings = hierarchy.warnings.map(
    (warning) => `${hierarchy.id}: ${describeReason(warning, language)}`,
  );
  const instances = hierarchy.resources.flatMap(({ tag, instances: on }) =>
    Object.entries(on).flatMap(([server, { reason }]) =>
      reason ? [`${tag} ${server}: ${describeReason(reason, language)}`] : [],
    ),
  );
  return [...warnings, ...instances];
}
