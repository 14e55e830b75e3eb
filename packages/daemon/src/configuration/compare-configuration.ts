import {
  createError,
  type ConfigurationFile,
  type ConfiguredHierarchy,
  type ConfiguredPath,
} from '@holdfast/contract';
import {
  defaultChecks,
  defaultRecovery,
  type CommunicationPath,
  type Hierarchy,
  type Settings,
} from '@holdfast/core';
import {
  createPathRequest,
  restoreHierarchyRequest,
  setHierarchyRequest,
  setPathRequest,
  setServerRequest,
  setSettingsRequest,
  type RequestContext,
  type Requested,
  type Snapshot,
} from '@holdfast/engine';
import { claimsOf } from '../api/assemble.ts';
import { describeSettings, propertiesOf } from './export-configuration.ts';
import { commandFor } from './commands.ts';

type Place = readonly (string | number)[];

/** One value that differs. */
export interface Difference {
  readonly place: Place;
  readonly before: unknown;
  readonly after: unknown;
  readonly command: string | undefined;
}

/** Everything of one thing that differs, and the request that changes it. */
export interface Change {
  readonly place: Place;
  readonly differences: readonly Difference[];
  /** The hierarchy as it is to be, where the change is one's. */
  readonly hierarchy?: Hierarchy;
  /** It is not there yet. */
  readonly isRestored?: boolean;
  judge(context: RequestContext): Requested;
}

export interface CompareOptions {
  /** What holds where nobody has set anything. */
  readonly initial: Settings;
  readonly lineOf: (place: Place) => number;
  readonly isLive: (kit: string, field: string) => boolean;
}

const pathDefaults = { priority: 1, intervalMs: 1_000, misses: 5 };

/**
 * What a configuration file changes, in the order in which it is to be judged. Throws HF-CFG-023 where it has other servers
 * or resources in a hierarchy than the cluster: those are looked at on servers before they are changed.
 */
export function compareConfiguration(
  snapshot: Snapshot,
  file: ConfigurationFile,
  options: CompareOptions,
): readonly Change[] {
  const { hierarchies = {} } = file;
  return [
    ...compareSettings(snapshot, file, options),
    ...Object.entries(file.servers ?? {}).map(([name, properties]) =>
      compareServer(snapshot, name, properties),
    ),
    ...(file.paths ?? []).map((path, index) => comparePath(snapshot, path, index)),
    ...Object.entries(hierarchies).map(([id, configured]) => {
      const present = snapshot.view.hierarchies[id];
      return present ? compareHierarchy(present, configured, options) : restoreHierarchy(id, configured);
    }),
  ].filter(({ differences }) => differences.length > 0);
}

function compareSettings(
  { settings }: Snapshot,
  file: ConfigurationFile,
  { initial }: CompareOptions,
): readonly Change[] {
  if (!file.settings) return [];
  const before = describeSettings(settings ?? initial);
  const after: Settings = { ...before, ...definedOf(file.settings) };
  return [
    {
      place: ['settings'],
      differences: differencesOf(['settings'], before, after),
      judge: (context) => setSettingsRequest(context, { settings: after, initial }),
    },
  ];
}

function compareServer({ view }: Snapshot, name: string, given: Readonly<Record<string, unknown>>): Change {
  const server = view.servers[name];
  const before = server ? propertiesOf(server) : {};
  const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const place = ['servers', name];
  const unknown = server ? [] : [{ place, before: null, after: changes, command: undefined }];
  return {
    place,
    differences: [...unknown, ...differencesOf(place, before, { ...before, ...changes })],
    judge: (context) => setServerRequest(context, { server: name, changes }),
  };
}

function comparePath({ view }: Snapshot, path: ConfiguredPath, index: number): Change {
  const place = ['paths', index];
  const [one = ['', ''], other = ['', '']] = Object.entries(path.ends).sort(([a], [b]) => (a < b ? -1 : 1));
  const ends: CommunicationPath['ends'] = [
    { server: one[0], address: one[1] },
    { server: other[0], address: other[1] },
  ];
  const present = view.paths.find((known) =>
    known.ends.every((end) => path.ends[end.server] === end.address),
  );
  const { priority, intervalMs, misses } = { ...pathDefaults, ...present, ...definedOf(path) };
  const properties = { priority, intervalMs, misses };
  if (!present) {
    const command = `holdfast path create ${ends.map(({ server, address }) => `${server}=${address}`).join(' ')} --priority ${priority} --interval ${intervalMs}ms --misses ${misses}`;
    return {
      place,
      differences: [{ place, before: null, after: { ...path }, command }],
      judge: (context) => createPathRequest(context, { ends, properties }),
    };
  }
  const before = { priority: present.priority, intervalMs: present.intervalMs, misses: present.misses };
  return {
    place,
    differences: differencesOf(place, before, properties, present.id),
    judge: (context) => setPathRequest(context, { id: present.id, properties }),
  };
}

function compareHierarchy(
  present: Hierarchy,
  configured: ConfiguredHierarchy,
  { lineOf, isLive }: CompareOptions,
): Change {
  const place = ['hierarchies', present.id];
  const after = buildHierarchy(present.id, configured, present);
  refuseOtherShape(present, after, lineOf);
  return {
    place,
    differences: differencesOf(place, flatten(present), flatten(after)),
    hierarchy: after,
    judge: (context) => setHierarchyRequest(context, { hierarchy: after, claims: claimsOf, isLive }),
  };
}

function restoreHierarchy(id: string, configured: ConfiguredHierarchy): Change {
  const place = ['hierarchies', id];
  const hierarchy = buildHierarchy(id, configured, undefined);
  const judge = (context: RequestContext): Requested =>
    // Above the terms that volumes remember of a store that is lost: owners change less than once in a second.
    restoreHierarchyRequest(context, {
      hierarchy,
      claims: claimsOf,
      atLeast: Math.floor(Date.parse(context.wallTime) / 1000),
    });
  const difference = { place, before: null, after: configured, command: undefined };
  return { place, differences: [difference], hierarchy, isRestored: true, judge };
}

/** The hierarchy of the file; what the file leaves out is as it is, or as it is for a new one. */
function buildHierarchy(
  id: string,
  configured: ConfiguredHierarchy,
  present: Hierarchy | undefined,
): Hierarchy {
  const { priorities, recovery, switchback, maintenance, resources } = configured;
  return {
    id,
    priorities,
    recovery: { ...defaultRecovery, ...present?.recovery, ...definedOf(recovery) },
    switchback: switchback ?? present?.switchback ?? { kind: 'intelligent' },
    maintenance: maintenance ?? present?.maintenance ?? false,
    resources: Object.entries(resources).map(([tag, { kit, children, parameters, servers, ...own }]) => {
      const before = present?.resources.find((one) => one.tag === tag);
      return {
        ...{ tag, kit, children, parameters },
        instances: Object.fromEntries(
          Object.keys(priorities).map((server) => [server, servers[server] ?? {}]),
        ),
        checks: { ...defaultChecks, ...before?.checks, ...definedOf(own.checks) },
        tunables: own.tunables ?? before?.tunables ?? {},
      };
    }),
  };
}

function refuseOtherShape(present: Hierarchy, after: Hierarchy, lineOf: CompareOptions['lineOf']): void {
  const shapes = [present, after].map(({ priorities, resources }) => ({
    priorities: Object.keys(priorities).sort(),
    ...Object.fromEntries(
      resources.map(({ tag, kit, children }) => [`resources.${tag}`, [kit, ...[...children].sort()]]),
    ),
  }));
  const [was = {}, is = {}]: readonly Readonly<Record<string, unknown>>[] = shapes;
  const field = [...new Set([...Object.keys(is), ...Object.keys(was)])].find(
    (name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]),
  );
  if (field === undefined) return;
  const place = ['hierarchies', present.id, ...field.split(/\.(.*)/s).filter((part) => part !== '')];
  throw createError('HF-CFG-023', { line: lineOf(place), field: place.join('.') });
}

/** A hierarchy with its resources by tag, as the file has them. */
function flatten({ resources, priorities, recovery, switchback, maintenance }: Hierarchy): object {
  const servers = Object.keys(priorities);
  return {
    ...{ priorities, recovery, switchback, maintenance },
    resources: Object.fromEntries(
      resources.map(({ tag, kit, parameters, instances, checks, tunables }) => [
        tag,
        {
          ...{ kit, parameters, checks, tunables },
          servers: Object.fromEntries(servers.map((server) => [server, instances[server] ?? {}])),
        },
      ]),
    ),
  };
}

/** Every single value in which two things differ. */
function differencesOf(place: Place, before: unknown, after: unknown, name?: string): readonly Difference[] {
  if (sorted(before) === sorted(after)) return [];
  if (!isRecord(before) || !isRecord(after)) {
    const command = commandFor(place, after, name);
    return [{ place, before: before ?? null, after: after ?? null, command }];
  }
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((field) => differencesOf([...place, field], before[field], after[field], name));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As text in which the order of fields says nothing. */
function sorted(value: unknown): string {
  return (
    JSON.stringify(value, (_, one: unknown) =>
      isRecord(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
    ) ?? 'null'
  );
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function definedOf<T extends object>(value: T | undefined): Defined<T> {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, one]) => one !== undefined)) as Defined<T>;
}
