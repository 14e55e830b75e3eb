import { z } from 'zod';
import { dryRun } from './common.ts';

/** GET /configuration: the text of the file that `holdfast export` writes. */
export const configurationAnswer = z.object({ text: z.string() });

/** POST /configuration */
export const configurationRequest = z.strictObject({ text: z.string().max(900_000), dryRun });
export type ConfigurationRequest = z.input<typeof configurationRequest>;

/** One value that differs. `null`: it is not there. */
export const configurationDifference = z
  .object({
    /** Of the file. */
    line: z.int().min(1),
    /** As it stands in the file, for instance `hierarchies.pgsql-5432.priorities.server2`. */
    field: z.string(),
    before: z.unknown(),
    after: z.unknown(),
    /** The command that does the same, where there is one. */
    command: z.string().nullable(),
  })
  .meta({ id: 'ConfigurationDifference' });
export type ConfigurationDifference = z.infer<typeof configurationDifference>;

/** What was changed; of a dry run what would be. All of it is one transaction. */
export const importAnswer = z.object({
  dryRun: z.boolean(),
  differences: z.array(configurationDifference),
  /** Commands that an operator gives next: nothing is started by an import. */
  next: z.array(z.string()),
});
export type ImportAnswer = z.infer<typeof importAnswer>;
