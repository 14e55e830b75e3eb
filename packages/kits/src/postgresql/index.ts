import { because, type Tunables } from '@holdfast/core';
import type { ActionResult, KillStep } from '@holdfast/engine/ports';
import type { Host } from '../host.ts';
import type { CheckContext, Kit, KitContext } from '../kit.ts';
import { performDeepCheck, performQuickCheck, watchPostmaster } from './check.ts';
import type { Cluster, KitState } from './cluster.ts';
import { createConnectionKeeper } from './connection-keeper.ts';
import { findDefaults } from './discover.ts';
import { checkedFields, performJudgeForm } from './form.ts';
import { performEstimate } from './estimate.ts';
import { performExamine } from './examine.ts';
import { performFixPort } from './fix-port.ts';
import { performTell } from './inspect.ts';
import { limitsOf, stopLimitMs, type Limits } from './limits.ts';
import { judgeListening } from './listen-addresses.ts';
import {
  defaultTag,
  liveFields,
  perServerFields,
  postgresPath,
  postgresqlFields,
  postgresqlParameters,
  type PostgresqlParameters,
} from './parameters.ts';
import { passwordFilePath } from './password-file.ts';
import { findRequirements } from './requirements.ts';
import { performAdopt, performLetGo } from './service.ts';
import { performRestore } from './start.ts';
import { performRemove } from './stop.ts';
import { postgresqlTunables } from './tunables.ts';
import { performPrepareExtend, performValidate } from './validate.ts';

export { limitsOf, type Limits } from './limits.ts';
export type { PostgresqlParameters } from './parameters.ts';

export interface PostgresqlKitOptions {
  /** How long steps may take, from the tunables of each action (K-18). */
  readonly limits?: (tunables: Tunables) => Limits;
  /** Where the administrator's password stands, if one is needed; default: the daemon user's own file (K-22). */
  readonly passwordFile?: string;
}

/** The PostgreSQL recovery kit. `close` ends the sessions that it keeps for its checks. */
export type PostgresqlKit = Kit<PostgresqlParameters> & { close(): void };

/** Makes the recovery kit for PostgreSQL database clusters (SPEC.md, K-01 to K-26). */
export function createPostgresqlKit(options: PostgresqlKitOptions = {}): PostgresqlKit {
  const state: KitState = {
    connections: createConnectionKeeper(),
    sightings: new Map(),
    replayRates: new Map(),
    passwordFile: options.passwordFile ?? passwordFilePath(),
  };
  const limits = options.limits ?? limitsOf;
  const clusterOf = (parameters: PostgresqlParameters, host: Host, tunables: Tunables = {}): Cluster => ({
    host,
    parameters,
    state,
    limits: limits(tunables),
  });
  const of = ({
    parameters,
    host,
    tunables,
    password,
  }: Pick<CheckContext<PostgresqlParameters>, 'parameters' | 'host' | 'tunables' | 'password'>): Cluster => ({
    ...clusterOf(parameters, host, tunables),
    password,
  });
  return {
    name: 'postgresql',
    schema: postgresqlParameters,
    fields: postgresqlFields,
    perServer: perServerFields,
    live: liveFields,
    tunables: postgresqlTunables,
    defaults: (given, host) => findDefaults(given, host, state.passwordFile),
    defaultTag,
    judgeForm: performJudgeForm,
    checkedFields,
    judgeChildren: (context, children) => judgeListening(of(context), children, context.deadline),
    validate: (context) => performValidate(of(context), context.deadline),
    fix: (context) => performFixPort(of(context), context),
    prepareExtend: (context) => performPrepareExtend(of(context), context),
    tell: async (context) => ({ ...(await performTell(of(context), context.deadline)) }),
    examine: (context) => performExamine(of(context), context),
    requirements: (context) => findRequirements(of(context), context.deadline),
    restore: (context: KitContext<PostgresqlParameters>) => performRestore(of(context), context),
    remove: (context) => performRemove(of(context), context),
    quickCheck: (context) => inTime(context, performQuickCheck(of(context))),
    deepCheck: (context) => inTime(context, performDeepCheck(of(context), context.deadline)),
    adopt: (context) => performAdopt(of(context), context),
    letGo: (context) => performLetGo(of(context)),
    watch: (parameters, host, onEnd) => watchPostmaster(clusterOf(parameters, host), onEnd),
    killPlan,
    removeLimitMs: stopLimitMs,
    estimateTakeover: (context) => performEstimate(of(context), context.deadline),
    close: () => state.connections.close(),
  };
}

/** A disk that hangs may keep a look at a file: then nothing is known, which is neither stopped nor dead (S5). */
async function inTime(
  context: CheckContext<PostgresqlParameters>,
  check: Promise<ActionResult>,
): Promise<ActionResult> {
  const late = Promise.withResolvers<ActionResult>();
  const { dataDirectory } = context.parameters;
  const leftMs = Math.max(0, context.deadline - context.host.clock.now());
  const timer = setTimeout(
    () => late.resolve({ state: 'unknown', reason: because('check-too-late', { dataDirectory }) }),
    leftMs,
  );
  check.catch(() => undefined);
  try {
    return await Promise.race([check, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A unit is killed first, so that its service manager starts nothing again; then whatever else is of the family. Where
 * several servers share the machine, a guard that wakes late must not end what the next owner has started meanwhile.
 */
function killPlan(parameters: PostgresqlParameters, host: Host): readonly KillStep[] {
  const mark = host.processScope === 'own' ? host.services.mark(parameters.service) : undefined;
  const family: KillStep = {
    kind: 'processes',
    executable: postgresPath(parameters),
    directory: parameters.dataDirectory,
    ...(mark === undefined ? {} : { mark }),
  };
  const unit = parameters.service.endsWith('.service') ? parameters.service : `${parameters.service}.service`;
  return host.services.kind === 'systemd' ? [{ kind: 'unit', unit }, family] : [family];
}
