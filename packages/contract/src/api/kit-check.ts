import { z } from 'zod';
import { tagName } from '../records.ts';
import { serverName } from '../server-file.ts';
import { errorBody, findingBody, parameters } from './common.ts';

/** A resource as somebody has filled in its form so far. An empty text is no answer yet. */
const filledIn = {
  /** What was typed, fit or not. */
  tag: z.string().max(1000).optional(),
  parameters: parameters.default({}),
  /** Existing resources beneath it. */
  children: z.array(tagName).max(64).default([]),
  /** Is there a password for the service's account? Whether it is right only the service manager can say. */
  passwordGiven: z.boolean().default(false),
};

/** POST /kits/:kit/check: a form that is half filled in is answered too, and nothing is changed. */
export const kitCheckRequest = z.strictObject({
  ...filledIn,
  /** Further resources of the same creation, beneath the first. */
  beneath: z
    .array(z.strictObject({ kit: z.string().max(100), ...filledIn }))
    .max(63)
    .default([]),
  /** Where it would be created; the server that is asked when left out. */
  server: serverName.optional(),
});
export type KitCheckRequest = z.input<typeof kitCheckRequest>;

/** What is wrong with one answer: an error of the catalogue and the field that it is about. */
export const fieldProblem = z
  .object({
    /** A field of the form, or `tag`, or `password`. */
    field: z.string(),
    ...errorBody.omit({ findings: true }).shape,
  })
  .meta({ id: 'FieldProblem' });
export type FieldProblem = z.infer<typeof fieldProblem>;

export const checkedField = z
  .object({
    name: z.string(),
    /** `null` while nothing is known. */
    value: z.unknown(),
    /** `found`: looked up on the server. `standard`: the same everywhere. `open`: nobody gave it or found it. */
    source: z.enum(['given', 'found', 'standard', 'open']),
    /** A person is asked for it, or asked whether the value fits. The others hardly ever need an answer. */
    asked: z.boolean(),
  })
  .meta({ id: 'CheckedField' });
export type CheckedField = z.infer<typeof checkedField>;

export const checkedResource = z
  .object({
    kit: z.string(),
    /** The tag that it would get; `null` while what it is made from is open. */
    tag: tagName.nullable(),
    /** Every field of the kit's form, in the order in which a person is asked. */
    fields: z.array(checkedField),
    /** The service is new, and its manager wants the account's password (K-01). */
    passwordNeeded: z.boolean(),
    problems: z.array(fieldProblem),
    /** What would be put beneath it without being asked for, because it holds `path` (K-07). */
    children: z.array(z.object({ tag: tagName, path: z.string(), why: z.string() })),
    /** Paths that lie on no volume of the hierarchy, with the parameters of one that would hold them. */
    unprotected: z.array(
      z.object({
        path: z.string(),
        why: z.string(),
        volume: z.object({ kit: z.string(), parameters }).nullable(),
      }),
    ),
  })
  .meta({ id: 'CheckedResource' });
export type CheckedResource = z.infer<typeof checkedResource>;

export const kitCheckAnswer = z.object({
  server: serverName,
  /** The first is the root; the others as they stand in `beneath`. */
  resources: z.array(checkedResource),
  /** Checks that could be made already; a creation makes them again. */
  findings: z.array(findingBody),
  /** Nothing is open and nothing is wrong: a creation with these answers would pass. */
  complete: z.boolean(),
});
export type KitCheckAnswer = z.infer<typeof kitCheckAnswer>;
