import { configurationFormat, type ConfigurationFile, type ConfiguredHierarchy } from '@holdfast/contract';
import type { Hierarchy, Server, Settings } from '@holdfast/core';
import type { Snapshot } from '@holdfast/engine';
import { stringify } from 'yaml';

/** What of a server an administrator sets; a witness runs nothing. */
export function propertiesOf(server: Server): Readonly<Record<string, unknown>> {
  const { role, confirmFailover, blockFailover, shutdownStrategy } = server;
  return role === 'witness' ? {} : { confirmFailover, blockFailover, shutdownStrategy };
}

/** The configuration as a file has it. `settings`: what holds now, also where nobody has set anything. */
export function configurationOf(
  { view }: Snapshot,
  { cluster, settings }: { readonly cluster: string; readonly settings: Settings },
): ConfigurationFile {
  const sorted = <T>(record: Readonly<Record<string, T>>): [string, T][] =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    holdfast: configurationFormat,
    cluster,
    settings: describeSettings(settings),
    servers: Object.fromEntries(sorted(view.servers).map(([name, server]) => [name, propertiesOf(server)])),
    paths: [...view.paths]
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ ends, priority, intervalMs, misses }) => ({
        ends: Object.fromEntries(ends.map(({ server, address }) => [server, address])),
        ...{ priority, intervalMs, misses },
      })),
    hierarchies: Object.fromEntries(
      sorted(view.hierarchies).map(([id, hierarchy]) => [id, describeHierarchy(hierarchy)]),
    ),
  };
}

/** A setting that the file does not know yet does not compile. */
export function describeSettings(settings: Settings): Required<Settings> & ConfigurationFile['settings'] {
  const { profile, maintenance, failsafe = true, tunables, ...others } = settings;
  others satisfies Record<string, never>;
  return { profile, maintenance, failsafe, tunables: { ...tunables } };
}

function describeHierarchy(hierarchy: Hierarchy): ConfiguredHierarchy {
  const { priorities, recovery, switchback, maintenance, resources } = hierarchy;
  return {
    priorities: { ...priorities },
    recovery: { ...recovery },
    switchback: { ...switchback },
    maintenance,
    resources: Object.fromEntries(
      resources.map(({ tag, kit, children, parameters, instances, checks, tunables }) => [
        tag,
        {
          kit,
          children: [...children],
          parameters: { ...parameters },
          servers: Object.fromEntries(Object.entries(instances).map(([server, own]) => [server, { ...own }])),
          checks: { ...checks },
          tunables: { ...tunables },
        },
      ]),
    ),
  };
}

/** The text of the file (C-11). */
export function formatConfiguration(
  file: ConfigurationFile,
  { server, at }: { readonly server: string; readonly at: string },
): string {
  const head = [
    `# What is configured in the cluster, as ${server} exported it at ${at}; "holdfast import" reads it.`,
    '# What the file does not name stays as it is. There are no accounts, certificates or passwords in it.',
  ];
  return `${head.join('\n')}\n${stringify(file, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
