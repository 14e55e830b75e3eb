import { z } from 'zod';
import {
  checks,
  priority,
  recoveryPolicy,
  shutdownStrategy,
  switchback,
  tagName,
  tunables,
} from '../records.ts';
import { clusterName, serverName } from '../server-file.ts';
import { parameters, profileName, reasonBody, wallTime } from './common.ts';

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
    /**
     * `voter`: its etcd member has a vote; `learner`: it is getting one; `client`: it turns to the voters; `external`: its
     * etcd is tended by somebody else.
     */
    etcd: z.enum(['voter', 'learner', 'client', 'external']),
    /**
     * `good`: it holds a lease; of another server: its session is in the store. `held`: the lease cannot be renewed, and what
     * runs goes on because all others have promised to take nothing (C-08).
     */
    lease: z.enum(['good', 'held', 'lost', 'unknown']),
    /** How much longer what runs may go on without a renewal or another promise; only of the server that answers. */
    leaseGoodForMs: z.number().nullable(),
    /** What its death leaves is taken over only once an operator has confirmed it. */
    confirmFailover: z.boolean(),
    /** What fails there stays there, and nothing comes there by itself. */
    blockFailover: z.boolean(),
    /** Whether what runs there goes to the next server when it is shut down in order, or waits for its return (C-07). */
    shutdownStrategy,
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
    /** What a person should know: `in-maintenance`, `waiting-for-confirmation`, no usable backup, … */
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
  /** The whole cluster is in maintenance. */
  maintenance: z.boolean(),
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
        checks,
        tunables,
      }),
    ),
    recovery: recoveryPolicy,
    switchback,
    maintenance: z.boolean(),
  })
  .meta({ id: 'HierarchyWithParameters' });
export type HierarchyAnswer = z.infer<typeof hierarchyAnswer>;
