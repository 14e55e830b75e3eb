import { z } from 'zod';
import { checks, priority, recoveryPolicy, switchback, tagName } from '../records.ts';
import { serverName } from '../server-file.ts';
import { dryRun, errorBody, findingBody, parameters, planStep, reasonBody, wallTime } from './common.ts';
import { settingChange } from './settings.ts';
import { hierarchyAnswer } from './status.ts';

/** GET /operations/:id. It ends as done or failed, whatever dies in between (H-07). */
export const operationBody = z
  .object({
    id: z.string(),
    kind: z.enum(['in-service', 'out-of-service', 'create', 'extend']),
    hierarchy: tagName,
    target: serverName.nullable(),
    state: z.enum(['running', 'done', 'failed']),
    by: z.string(),
    at: wallTime,
    /** Why it failed. */
    reason: reasonBody.nullable(),
    /** Of a creation or extension that failed: why, and what was taken back. */
    error: errorBody.optional(),
    /** Of a creation or extension that is done: what its checks have found. */
    findings: z.array(findingBody).optional(),
  })
  .meta({ id: 'Operation' });
export type OperationBody = z.infer<typeof operationBody>;

/** GET /operations */
export const operationsAnswer = z.object({ operations: z.array(operationBody) });
export type OperationsAnswer = z.infer<typeof operationsAnswer>;

/**
 * Answer of every change of a hierarchy: 200 when it is complete or was a dry run, 202 while `operation` goes
 * on. `hierarchy` is what it is now, or what it would be; `null` after a deletion.
 */
export const changeAnswer = z
  .object({
    dryRun: z.boolean(),
    findings: z.array(findingBody),
    plan: z.array(planStep),
    /** Of a change of properties: each with what it was, what it is or would be, and what it means (H-06). */
    changes: z.array(settingChange).optional(),
    hierarchy: hierarchyAnswer.nullable(),
    operation: operationBody.nullable(),
  })
  .meta({ id: 'Change' });
export type ChangeAnswer = z.infer<typeof changeAnswer>;

/** Media type of an answer in lines, each an object in JSON. */
export const linesOfJson = 'application/x-ndjson';

/** One line of such an answer to a change: findings as the checks end, and last the answer or the error. */
export const changeLine = z.union([
  z.object({ findings: z.array(findingBody) }),
  z.object({ answer: changeAnswer }),
  z.object({ error: errorBody, status: z.int() }),
]);
export type ChangeLine = z.infer<typeof changeLine>;

/** POST /hierarchies: several resources of one hierarchy, in one transaction; H-01. */
export const createRequest = z.strictObject({
  /**
   * The first is the root. A resource that no `children` list names is put beneath the root. `children` names
   * tags of this request or existing resources: then the new ones become part of the hierarchy that has
   * them, on all its servers. So they do when what they need lies on a volume that it protects (K-07, K-25).
   */
  resources: z
    .array(
      z.strictObject({
        kit: z.string(),
        /** Made by the kit from the parameters where it is left out (K-01). */
        tag: tagName.optional(),
        /** Those that are left out are looked up on the server. */
        parameters: parameters.default({}),
        children: z.array(tagName).max(64).default([]),
        /** Of the account that a new service runs as, where the service manager wants it. Kept nowhere (K-04). */
        password: z.string().max(1024).optional(),
      }),
    )
    .min(1)
    .max(64),
  /** Where it is created and runs; the server that is asked when left out. */
  server: serverName.optional(),
  priority: priority.default(1),
  recovery: recoveryPolicy.partial().optional(),
  /** Puts right what can be: a missing `-p port` is given to the service, which is restarted (K-06). */
  fix: z.boolean().default(false),
  /**
   * Yes: the answer comes when it is complete, and a client that goes away cancels it (K-09). No: 202 with an
   * operation, which goes on whoever goes away.
   */
  wait: z.boolean().default(true),
  dryRun,
});
export type CreateRequest = z.input<typeof createRequest>;

/** POST /hierarchies/:tag/extend */
export const extendRequest = z.strictObject({
  server: serverName,
  /** The next free ten when left out (K-11). */
  priority: priority.optional(),
  /** By tag: what differs on that server. */
  parameters: z.record(tagName, parameters).default({}),
  /** By tag: of the account that a new service runs as there, where its manager wants it. Kept nowhere (K-04). */
  passwords: z.record(tagName, z.string().max(1024)).default({}),
  /** No: 202 with an operation, which goes on whoever goes away. */
  wait: z.boolean().default(true),
  dryRun,
});
export type ExtendRequest = z.input<typeof extendRequest>;

/**
 * POST /hierarchies/:tag/unextend (K-12). `force`: also from a server that is not there to say that nothing of it is
 * active; it lets go when it is back.
 */
export const unextendRequest = z.strictObject({
  server: serverName,
  force: z.boolean().default(false),
  dryRun,
});
export type UnextendRequest = z.input<typeof unextendRequest>;

/** POST /hierarchies/:tag/dependencies: the resource of the address needs `child` from now on (H-02). */
export const dependencyRequest = z.strictObject({ child: tagName, dryRun });
export type DependencyRequest = z.input<typeof dependencyRequest>;

/** DELETE /hierarchies/:tag/dependencies/:child?dryRun=true */
export const dependencyQuery = z.strictObject({ dryRun: z.stringbool().default(false) });

/** POST /hierarchies/:tag/in-service. Without a server: the most preferred one that can run it. */
export const inServiceRequest = z.strictObject({ server: serverName.optional(), dryRun });
export type InServiceRequest = z.input<typeof inServiceRequest>;

/** POST /hierarchies/:tag/out-of-service */
export const outOfServiceRequest = z.strictObject({ dryRun });
export type OutOfServiceRequest = z.input<typeof outOfServiceRequest>;

/** DELETE /hierarchies/:tag?force=true&dryRun=true */
export const deleteQuery = z.strictObject({
  force: z.stringbool().default(false),
  dryRun: z.stringbool().default(false),
});

/** PATCH /hierarchies/:tag: only what is named changes, at once and everywhere. */
export const changeRequest = z.strictObject({
  priorities: z.record(serverName, priority).optional(),
  recovery: recoveryPolicy.partial().optional(),
  switchback: switchback.optional(),
  maintenance: z.boolean().optional(),
  /** By tag. */
  resources: z
    .record(
      tagName,
      z.strictObject({
        checks: checks.partial().optional(),
        /** `null` takes one back: what holds on the server or in the cluster counts again (K-18). */
        tunables: z.record(z.string(), z.int().min(0).nullable()).optional(),
        parameters: parameters.optional(),
        perServer: z.record(serverName, parameters).optional(),
      }),
    )
    .optional(),
  dryRun,
});
export type ChangeRequest = z.input<typeof changeRequest>;
