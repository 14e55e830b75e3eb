import { z } from 'zod';
import { tagName } from '../records.ts';
import { serverName } from '../server-file.ts';
import { dryRun, profileName, reasonBody } from './common.ts';

const text = z.object({ en: z.string(), ja: z.string() }).meta({ id: 'Text' });

/** One setting as it holds on the server that answers (K-18, R-01). */
export const settingBody = z
  .object({
    /** As the command line and the defaults file name it. */
    name: z.string(),
    /** The resource that it holds for; `null`: the whole cluster or, of a tag that was asked for, its hierarchy. */
    tag: tagName.nullable(),
    value: z.union([z.string(), z.number(), z.boolean()]),
    unit: text.nullable(),
    /** Where the value comes from: `server` is that server's defaults file. */
    source: z.enum(['default', 'server', 'cluster', 'hierarchy', 'resource']),
    /** When a new value takes effect. */
    effect: text,
    label: text,
    help: text,
    /** A smaller value counts as this one. */
    minimum: z.number().nullable(),
    /** Why another value holds than the one that was set. */
    warning: reasonBody.nullable(),
  })
  .meta({ id: 'Setting' });
export type SettingBody = z.infer<typeof settingBody>;

/** GET /settings?tag=: of the cluster, or with a tag of its hierarchy and the resource that has it. */
export const settingsQuery = z.strictObject({ tag: tagName.optional() });

/** GET /settings */
export const settingsAnswer = z.object({
  profile: profileName,
  /** The server that answers: its defaults file counts. */
  server: serverName,
  defaultsFile: z.string(),
  settings: z.array(settingBody),
});
export type SettingsAnswer = z.infer<typeof settingsAnswer>;

/** One setting that a change changes, with what it means (H-06). `null`: not set, what holds by default counts. */
export const settingChange = z
  .object({
    name: z.string(),
    /** The resource; `null`: of the whole cluster or hierarchy. */
    tag: tagName.nullable(),
    /** The server for which it holds; `null`: for all. */
    server: serverName.nullable(),
    from: z.union([z.string(), z.number(), z.boolean()]).nullable(),
    to: z.union([z.string(), z.number(), z.boolean()]).nullable(),
    unit: text.nullable(),
    label: text,
    help: text,
  })
  .meta({ id: 'SettingChange' });
export type SettingChange = z.infer<typeof settingChange>;

/** PATCH /settings: what holds, and what has changed; of a dry run what would. */
export const settingsChangeAnswer = settingsAnswer.extend({
  dryRun: z.boolean(),
  changes: z.array(settingChange),
});
export type SettingsChangeAnswer = z.infer<typeof settingsChangeAnswer>;

export const settingsRequest = z.strictObject({
  profile: profileName.optional(),
  /** Every hierarchy is in maintenance. */
  maintenance: z.boolean().optional(),
  /** What runs goes on while etcd has no majority and all servers see each other (C-08). */
  failsafe: z.boolean().optional(),
  /** `null` takes one back: what the defaults file of each server says counts again (K-18). */
  tunables: z.record(z.string(), z.int().min(0).nullable()).optional(),
  dryRun,
});
export type SettingsRequest = z.input<typeof settingsRequest>;
