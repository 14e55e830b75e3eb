import { z } from 'zod';
import {
  checks,
  hierarchyRecord,
  pathRecord,
  priority,
  recoveryPolicy,
  settingsRecord,
  switchback,
  tagName,
  tunables,
} from './records.ts';
import { serverRequest } from './api/servers.ts';
import { clusterName, serverName } from './server-file.ts';

/** The newest form of an exported configuration that this program understands. */
export const configurationFormat = 1;

const parameters = z.record(z.string(), z.unknown());

const resource = z.strictObject({
  kit: z.string(),
  children: z.array(tagName).default([]),
  parameters: parameters.default({}),
  /** Parameters of one server, laid over the shared ones. */
  servers: z.record(serverName, parameters).default({}),
  checks: checks.partial().optional(),
  tunables: tunables.optional(),
});

const hierarchy = z.strictObject({
  priorities: z.record(serverName, priority),
  recovery: recoveryPolicy.partial().optional(),
  switchback: switchback.optional(),
  maintenance: z.boolean().optional(),
  /** By tag, in the order in which the hierarchy has them. */
  resources: z.record(tagName, resource),
});

const path = z.strictObject({
  /** The address of each of the two servers. */
  ends: z
    .record(serverName, z.union([z.ipv4(), z.ipv6()]))
    .refine((ends) => Object.keys(ends).length === 2, 'a path has two servers'),
  priority: pathRecord.shape.priority.optional(),
  intervalMs: pathRecord.shape.intervalMs.optional(),
  misses: pathRecord.shape.misses.optional(),
});

/**
 * What an administrator has configured, as `holdfast export` writes it in YAML (C-11). What it does not name stays as it is.
 * No accounts, no certificates, no passwords.
 */
export const configurationFile = z.strictObject({
  holdfast: z.literal(configurationFormat),
  cluster: clusterName.optional(),
  settings: z
    .strictObject({
      profile: settingsRecord.shape.profile.optional(),
      maintenance: z.boolean().optional(),
      failsafe: z.boolean().optional(),
      tunables: tunables.optional(),
    })
    .optional(),
  servers: z.record(serverName, serverRequest.omit({ dryRun: true })).optional(),
  paths: z.array(path).max(256).optional(),
  hierarchies: z.record(hierarchyRecord.shape.id, hierarchy).optional(),
});
export type ConfigurationFile = z.output<typeof configurationFile>;
export type ConfiguredHierarchy = z.output<typeof hierarchy>;
export type ConfiguredPath = z.output<typeof path>;
