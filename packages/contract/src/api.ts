import { z } from 'zod';
import { priority, recoveryPolicy, tagName } from './records.ts';
import { clusterName, serverName } from './server-file.ts';

/**
 * The API under `/api/v1`, as the daemon answers it and command line and console use it (U-02). Requests are
 * strict: an unknown field is an error. Answers may grow fields, so readers pass over what they do not know.
 * Wherever an address has `:tag`, any tag of a hierarchy names the hierarchy. Times of people are ISO 8601 in
 * UTC.
 */
export const apiRoot = '/api/v1';

const wallTime = z.iso.datetime();
const milliseconds = z.int().min(0);
const parameters = z.record(z.string(), z.unknown());
const profileName = z.enum(['safe', 'normal', 'fast', 'fastest', 'test']);

export const reasonBody = z
  .object({
    code: z.string(),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  })
  .meta({ id: 'Reason' });

/** Result of one check before a change; all of them are shown together (K-05, K-10). */
export const findingBody = z
  .object({
    check: z.string(),
    outcome: z.enum(['passed', 'warned', 'failed']),
    reason: reasonBody,
    server: serverName,
    tag: tagName.nullable(),
  })
  .meta({ id: 'Finding' });
export type FindingBody = z.infer<typeof findingBody>;

/**
 * Every answer that is not 2xx. `message` and `remedy` are in the language of `Accept-Language`: `en` or
 * `ja`.
 */
export const errorBody = z
  .object({
    code: z.string(),
    message: z.string(),
    facts: reasonBody.shape.facts,
    remedy: z.string(),
    /** The checks that failed, where the error is that checks failed. */
    findings: z.array(findingBody).optional(),
  })
  .meta({ id: 'Error' });
export type ErrorBody = z.infer<typeof errorBody>;

export const instanceState = z
  .enum(['in-service', 'standby', 'starting', 'stopping', 'failed', 'degraded', 'unknown'])
  .meta({ id: 'InstanceState' });
export type InstanceStateName = z.infer<typeof instanceState>;

export const hierarchySummary = z
  .enum(['normal', 'warning', 'failed', 'unknown', 'out-of-service'])
  .meta({ id: 'HierarchySummary' });
export type HierarchySummaryName = z.infer<typeof hierarchySummary>;

export const pathBody = z
  .object({
    id: z.string(),
    /** The server at the other end. */
    peer: serverName,
    state: z.enum(['alive', 'dead', 'unknown']),
    roundTripMs: z.number().nullable(),
    misses: z.int(),
    flaps: z.int(),
  })
  .meta({ id: 'Path' });

export const serverBody = z
  .object({
    name: serverName,
    role: z.enum(['member', 'witness']),
    state: z.enum(['alive', 'warning', 'dead', 'unknown']),
    /** Why it is not simply alive. */
    reason: reasonBody.nullable(),
    version: z.string().nullable(),
    addresses: z.array(z.string()),
    port: z.int(),
    /** `good`: it holds a lease. Of another server: its session is in the store. */
    lease: z.enum(['good', 'lost', 'unknown']),
    /** How much longer the lease is good without a renewal; only of the server that answers. */
    leaseGoodForMs: z.number().nullable(),
    /**
     * Its communication paths, as this end sees them; empty of a server that the answering one cannot ask.
     */
    paths: z.array(pathBody),
  })
  .meta({ id: 'Server' });
export type ServerBody = z.infer<typeof serverBody>;

export const instanceBody = z
  .object({
    state: instanceState,
    reason: reasonBody.nullable(),
  })
  .meta({ id: 'Instance' });

export const resourceBody = z
  .object({
    tag: tagName,
    kit: z.string(),
    children: z.array(tagName),
    /** One for each server that the hierarchy is extended to. */
    instances: z.record(serverName, instanceBody),
  })
  .meta({ id: 'Resource' });
export type ResourceBody = z.infer<typeof resourceBody>;

export const hierarchyBody = z
  .object({
    id: tagName,
    summary: hierarchySummary,
    desired: z.enum(['in-service', 'out-of-service']),
    /** Where a move under way leads. */
    target: serverName.nullable(),
    owner: z.object({ server: serverName, term: z.int() }).nullable(),
    /** The operation that is going on. */
    operation: z.string().nullable(),
    priorities: z.record(serverName, priority),
    /** Children come after their parents, the root first. */
    resources: z.array(resourceBody),
    /** What keeps a second writer from the data: the lease always, and what the storage adds (C-13). */
    protection: z.array(z.enum(['lease', 'volume-record', 'reservation', 'mirror', 'fencing', 'watchdog'])),
    /** What a person should know: `protected-by-the-lease-only`, no usable backup, … */
    warnings: z.array(reasonBody),
  })
  .meta({ id: 'Hierarchy' });
export type HierarchyBody = z.infer<typeof hierarchyBody>;

/** GET /status */
export const statusAnswer = z.object({
  cluster: clusterName,
  /** The server whose daemon answers: what follows is what it knows. */
  answeredBy: serverName,
  at: wallTime,
  profile: profileName,
  /** `unavailable`: etcd did not answer lately, and the rest is as it was last known. */
  store: z.object({ state: z.enum(['available', 'unavailable']), reason: reasonBody.nullable() }),
  servers: z.array(serverBody),
  hierarchies: z.array(hierarchyBody),
});
export type StatusAnswer = z.infer<typeof statusAnswer>;

/** GET /hierarchies/:tag */
export const hierarchyAnswer = hierarchyBody
  .extend({
    resources: z.array(
      resourceBody.extend({
        parameters,
        /** Parameters that belong to one server, over the shared ones. */
        perServer: z.record(serverName, parameters),
        quickCheckEveryMs: milliseconds,
        deepCheckEveryMs: milliseconds,
        badDeepChecks: z.int(),
      }),
    ),
    recovery: recoveryPolicy,
  })
  .meta({ id: 'HierarchyWithParameters' });
export type HierarchyAnswer = z.infer<typeof hierarchyAnswer>;

/** GET /operations/:id. It ends as done or failed, whatever dies in between (H-07). */
export const operationBody = z
  .object({
    id: z.string(),
    kind: z.enum(['in-service', 'out-of-service']),
    hierarchy: tagName,
    target: serverName.nullable(),
    state: z.enum(['running', 'done', 'failed']),
    by: z.string(),
    at: wallTime,
    /** Why it failed. */
    reason: reasonBody.nullable(),
  })
  .meta({ id: 'Operation' });
export type OperationBody = z.infer<typeof operationBody>;

/** One step of what a change does, in the order in which it happens (H-06). */
export const planStep = z
  .object({
    act: z.enum(['record', 'adopt', 'let-go', 'stop', 'hand-over', 'start']),
    server: serverName,
    /** The resource; `null` where the step is about the whole hierarchy. */
    tag: tagName.nullable(),
  })
  .meta({ id: 'PlanStep' });
export type PlanStep = z.infer<typeof planStep>;

/**
 * Answer of every change of a hierarchy: 200 when it is complete or was a dry run, 202 while `operation` goes
 * on. `hierarchy` is what it is now, or what it would be; `null` after a deletion.
 */
export const changeAnswer = z
  .object({
    dryRun: z.boolean(),
    findings: z.array(findingBody),
    plan: z.array(planStep),
    hierarchy: hierarchyAnswer.nullable(),
    operation: operationBody.nullable(),
  })
  .meta({ id: 'Change' });
export type ChangeAnswer = z.infer<typeof changeAnswer>;

const dryRun = z.boolean().default(false);

/** POST /hierarchies: several resources of one hierarchy, in one transaction; H-01. */
export const createRequest = z.strictObject({
  /**
   * The first is the root. A resource that no `children` list names is put beneath the root. `children` names
   * tags of this request or existing resources; a hierarchy that has an existing one becomes part of the new
   * one.
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
      }),
    )
    .min(1)
    .max(64),
  /** Where it is created and runs; the server that is asked when left out. */
  server: serverName.optional(),
  priority: priority.default(1),
  recovery: recoveryPolicy.partial().optional(),
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
  dryRun,
});
export type ExtendRequest = z.input<typeof extendRequest>;

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
  /** By tag. */
  resources: z
    .record(
      tagName,
      z.strictObject({
        quickCheckEveryMs: milliseconds.optional(),
        deepCheckEveryMs: milliseconds.optional(),
        badDeepChecks: z.int().min(1).max(100).optional(),
        parameters: parameters.optional(),
        perServer: z.record(serverName, parameters).optional(),
      }),
    )
    .optional(),
  dryRun,
});
export type ChangeRequest = z.input<typeof changeRequest>;

/** GET and PATCH /settings */
export const settingsAnswer = z.object({ profile: profileName });
export type SettingsAnswer = z.infer<typeof settingsAnswer>;
export const settingsRequest = z.strictObject({ profile: profileName.optional() });
export type SettingsRequest = z.input<typeof settingsRequest>;

export const eventBody = z
  .object({
    /** Grows with time: give it as `since` to get what came after it. */
    id: z.string(),
    at: wallTime,
    /** Milliseconds of that server's monotonic clock: for durations between events of one server (S9). */
    instant: z.number().optional(),
    code: z.string(),
    severity: z.enum(['info', 'warning', 'alarm']),
    server: serverName,
    hierarchy: tagName.nullable(),
    tag: tagName.nullable(),
    facts: reasonBody.shape.facts,
  })
  .meta({ id: 'Event' });
export type EventBody = z.infer<typeof eventBody>;

/**
 * GET /events: the last `limit` events after `since`, oldest first. With `follow=true` the answer is a stream
 * of server-sent events (`text/event-stream`): each event as `id:` and one `data:` line with an {@link
 * eventBody}, and a comment line at least every {@link eventStreamQuietMs}.
 */
export const eventsQuery = z.strictObject({
  since: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  follow: z.stringbool().default(false),
  hierarchy: tagName.optional(),
});
export const eventsAnswer = z.object({ events: z.array(eventBody) });
export type EventsAnswer = z.infer<typeof eventsAnswer>;

/** A stream of events that is silent for longer has been cut. */
export const eventStreamQuietMs = 15_000;

/** GET /explain/:tag (B-02) */
export const explainAnswer = z.object({
  tag: tagName,
  hierarchy: tagName,
  summary: hierarchySummary,
  owner: serverName.nullable(),
  /** Why it is where it is; `rule` is the number of the requirement or safety rule that says so. */
  why: z.array(z.object({ reason: reasonBody, rule: z.string().nullable() })),
  /** Every server it is extended to, the most preferred first. `reason` says why it cannot take over. */
  candidates: z.array(
    z.object({
      server: serverName,
      priority,
      eligible: z.boolean(),
      reason: reasonBody.nullable(),
    }),
  ),
  /** What happens if the owner dies now: who takes over, or why nobody does. `null` while it has no owner. */
  ifOwnerDied: z.object({ server: serverName.nullable(), reason: reasonBody }).nullable(),
});
export type ExplainAnswer = z.infer<typeof explainAnswer>;

/** POST /tokens: a join token for one server. The secret in it is never kept (S-01). */
export const tokenRequest = z.strictObject({
  validForMs: z.int().min(60_000).max(86_400_000).default(3_600_000),
});
export type TokenRequest = z.input<typeof tokenRequest>;
export const tokenAnswer = z.object({ token: z.string(), expiresAt: wallTime });
export type TokenAnswer = z.infer<typeof tokenAnswer>;
