import { z } from 'zod';
import { serverName } from '../server-file.ts';
import { errorBody, milliseconds } from './common.ts';

/** Of a remote command, where nothing else is said, and at most. */
export const execLimits = { timeLimitMs: 30_000, longestMs: 3_600_000 } as const;

/** POST /exec: a program of a server with its arguments, without a shell (C-04). */
export const execRequest = z.strictObject({
  server: serverName,
  /** The program, by its absolute path or a name that the daemon's PATH leads to, and its arguments. */
  command: z
    .array(
      z
        .string()
        .max(32_768)
        .refine((text) => !text.includes('\0'), 'a zero byte'),
    )
    .min(1)
    .max(256),
  /** After so many milliseconds the command is ended. */
  timeLimitMs: z.int().min(1_000).max(execLimits.longestMs).default(execLimits.timeLimitMs),
});
export type ExecRequest = z.input<typeof execRequest>;

/** Output of a remote command, in the order in which it was read. `data` is base64. */
export const execOutput = z.object({ kind: z.enum(['stdout', 'stderr']), data: z.base64() });

/** How a remote command ended by itself. `exitCode` is 128+n after the signal n. */
export const execEnd = z.object({
  kind: z.literal('ended'),
  exitCode: z.int().min(0).max(255),
  signal: z.string().nullable(),
  durationMs: milliseconds,
});

/**
 * One line of the answer to POST /exec: JSON, ended by a line feed. The last one is `ended`, or `failed` where the
 * command was broken off; an answer without either has been cut off, and the command with it.
 */
export const execLine = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('started') }),
    execOutput,
    execEnd,
    z.object({ kind: z.literal('failed'), error: errorBody }),
  ])
  .meta({ id: 'ExecLine' });
export type ExecLine = z.infer<typeof execLine>;

/** Most that one such line may have. */
export const execLineBytes = 256 * 1024;
