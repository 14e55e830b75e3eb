import { z } from 'zod';
import { serverName } from '../server-file.ts';
import { findingBody, wallTime } from './common.ts';

/** GET /doctor?server=server1,server2: names with commas between them; all servers where it is left out. */
export const doctorQuery = z.strictObject({
  server: z
    .string()
    .max(2_100)
    .regex(/^[a-z0-9-]{1,63}(,[a-z0-9-]{1,63})*$/)
    .optional(),
});

/** A finding in words: `message` and `remedy` are in the language of `Accept-Language`. */
export const doctorFinding = findingBody
  .extend({
    message: z.string(),
    /** What to do, with the line to copy; `null` where nothing is to be done. */
    remedy: z.string().nullable(),
  })
  .meta({ id: 'DoctorFinding' });
export type DoctorFinding = z.infer<typeof doctorFinding>;

/** GET /doctor. No check changes anything; one that could not find out says so as a warning. */
export const doctorAnswer = z.object({
  answeredBy: serverName,
  at: wallTime,
  servers: z.array(
    z.object({
      server: serverName,
      /** A server that does not answer has been checked by nobody: that is its one failed finding. */
      answered: z.boolean(),
      findings: z.array(doctorFinding),
    }),
  ),
});
export type DoctorAnswer = z.infer<typeof doctorAnswer>;
