import { profiles, type Hierarchy, type Resource } from '@holdfast/core';
import type { Snapshot } from '@holdfast/engine';
import {
  examineSpace,
  examineWithin,
  failedFinding,
  warnedFinding,
  type ExamineContext,
  type Finding,
} from '@holdfast/kits';
import { z } from 'zod';
import { parametersOn, type PlacedFinding } from '../api/assemble.ts';
import { reasonOfFailsafe } from '../api/status.ts';
import { createCheckContext, type ApiContext } from '../api/context.ts';
import {
  judgeCertificates,
  judgeEtcdVersions,
  judgeFailsafe,
  judgeMemory,
  judgePaths,
  judgeProtection,
  judgeVersions,
  judgeWatchdog,
  type Demand,
} from './judge-server.ts';
import { certificatesIn, inspectCertificate } from '../pki/inspect.ts';
import { measureLatency } from './latency.ts';
import { judgeTiming } from './profile-fit.ts';
import { currentSnapshot, toldByTag, type ToldByTag } from './told.ts';
import { volumesOf } from './volumes.ts';

export const examineRequest = z.strictObject({ told: toldByTag });

/** Milliseconds for the checks of this server, and for those of one resource. */
export const examineLimitMs = 12_000;
const checkLimitMs = 8_000;

/** Every check of this server and of the resources on it (the doctor's part that runs on each server). */
export async function examineServer(context: ApiContext, told: ToldByTag): Promise<readonly PlacedFinding[]> {
  const snapshot = await currentSnapshot(context);
  const place = (tag: string | null, findings: readonly Finding[]): readonly PlacedFinding[] =>
    findings.map((finding) => ({ ...finding, server: context.file.server, tag }));
  const hierarchies = Object.values(snapshot?.view.hierarchies ?? {});
  // Alone and first: every other check keeps this server busy, and etcd with it.
  const timing = await examineWithin('etcd-latency', checkLimitMs, () => examineTiming(context));
  const found = await Promise.all([
    examineMachine(context, snapshot, told).then((findings) => place(null, findings)),
    ...hierarchies.flatMap((hierarchy) =>
      hierarchy.resources
        .filter((resource) => resource.instances[context.file.server] !== undefined)
        .map(async (resource) =>
          place(resource.tag, await examineResource(context, { snapshot, hierarchy, resource, told })),
        ),
    ),
  ]);
  return [...place(null, timing), ...found.flat()];
}

/** What is true of the server whether or not there is a hierarchy. */
async function examineMachine(
  context: ApiContext,
  snapshot: Snapshot | undefined,
  told: ToldByTag,
): Promise<readonly Finding[]> {
  const { file, host, instruments, version } = context;
  const limited = (check: string, make: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> =>
    examineWithin(check, checkLimitMs, make);
  const sessions = Object.values(snapshot?.view.sessions ?? {});
  const found = await Promise.all([
    limited('etcd-version', async () => [judgeEtcdVersions(await instruments.etcdVersions())]),
    limited('memory', async () => [
      judgeMemory(demandsOn(context, snapshot, told), await host.capacity.memory()),
    ]),
    limited('space', async () => [await examineSpace(host, instruments.stateDirectory)]),
    limited('watchdog', async () => {
      const device = file.watchdog === null ? undefined : await host.files.stat(file.watchdog);
      return [judgeWatchdog(file.watchdog, device !== undefined)];
    }),
  ]);
  return [
    ...found.flat(),
    judgePaths(context.paths()),
    judgeFailsafe(snapshot?.settings?.failsafe !== false, reasonOfFailsafe(context.failsafe())),
    judgeCertificates(
      snapshot?.view.servers[file.server],
      firstEndOf(context),
      Date.parse(host.clock.wallTime()),
    ),
    judgeVersions(
      version,
      sessions.map((session) => session.version),
    ),
  ];
}

/** When the first of the authorities ends that this server trusts. */
function firstEndOf({ certificates }: ApiContext): string {
  const ends = certificatesIn(certificates.authorities()).map((one) => inspectCertificate(one).notAfter);
  return ends.toSorted()[0] ?? '';
}

/** etcd's latency and this server's stalls; what fits follows from both. */
async function examineTiming(context: ApiContext): Promise<readonly Finding[]> {
  const { store, keys, instruments } = context;
  const stalls = instruments.stalls();
  try {
    return judgeTiming(context.profile(), { ...(await measureLatency(store, keys)), ...stalls });
  } catch (error) {
    const problem = String(error).slice(0, 300);
    const unknown = warnedFinding('profile', 'profile-unknown', {
      profile: profiles[context.profile()].name,
    });
    return [warnedFinding('etcd-latency', 'etcd-not-measured', { problem }), unknown];
  }
}

/** Resources that this server may get and does not have now, of kits that need memory. */
function demandsOn(
  { file, kits }: ApiContext,
  snapshot: Snapshot | undefined,
  told: ToldByTag,
): readonly Demand[] {
  const away = Object.values(snapshot?.view.hierarchies ?? {}).filter(
    ({ id, priorities }) =>
      priorities[file.server] !== undefined && snapshot?.view.owners[id]?.server !== file.server,
  );
  return away
    .flatMap(({ resources }) => resources)
    .filter(({ kit }) => kits.get(kit)?.tell !== undefined)
    .map(({ tag }) => {
      const bytes = told[tag]?.['memoryBytes'];
      return { tag, memoryBytes: typeof bytes === 'number' ? bytes : undefined };
    });
}

interface Subject {
  readonly snapshot: Snapshot | undefined;
  readonly hierarchy: Hierarchy;
  readonly resource: Resource;
  readonly told: ToldByTag;
}

async function examineResource(context: ApiContext, subject: Subject): Promise<readonly Finding[]> {
  const { snapshot, hierarchy, resource, told } = subject;
  const { server } = context.file;
  const kit = context.kits.get(resource.kit);
  if (!kit) return [failedFinding('kit', 'kit-missing', { kit: resource.kit, tag: resource.tag, server })];
  const { examine } = kit;
  const parameters = parametersOn(resource, server);
  const facts = told[resource.tag];
  const check: ExamineContext<typeof parameters> = {
    ...createCheckContext({ ...context, checkLimitMs }, resource.tag, parameters),
    role: snapshot?.view.owners[hierarchy.id]?.server === server ? 'in-service' : 'standby',
    volumes: volumesOf(
      hierarchy.resources.map((one) => ({
        kit: context.kits.get(one.kit),
        parameters: parametersOn(one, server),
      })),
    ),
    ...(facts && { told: facts }),
  };
  const found = examine ? await examineWithin(kit.name, checkLimitMs, () => examine(check)) : [];
  return kit.provides ? [...found, judgeProtection(context.file.watchdog)] : found;
}
