import type { Hierarchy, Reason } from '@holdfast/core';
import type { Snapshot } from '@holdfast/engine';
import { z } from 'zod';
import { parametersOn } from '../api/assemble.ts';
import { createCheckContext, type ApiContext } from '../api/context.ts';

type Facts = Reason['facts'];

/** By tag: what the server that has a resource in service tells the others of it. */
export type ToldByTag = Readonly<Record<string, Facts>>;

export const toldByTag = z.record(
  z.string().max(256),
  z.record(z.string().max(64), z.union([z.string().max(1_024), z.number(), z.boolean()])),
);
export const tellRequest = z.strictObject({ hierarchy: z.string().max(256) });

const tellMs = 8_000;

/** What this server knows of the resources of a hierarchy that it has in service; nothing of any other. */
export async function tellOwn(context: ApiContext, id: string): Promise<ToldByTag> {
  const snapshot = await currentSnapshot(context);
  const hierarchy = snapshot?.view.hierarchies[id];
  const { server } = context.file;
  if (!snapshot || !hierarchy || snapshot.view.owners[id]?.server !== server) return {};
  const told = await Promise.all(
    hierarchy.resources.map(async (resource): Promise<readonly [string, Facts] | undefined> => {
      const kit = context.kits.get(resource.kit);
      if (!kit?.tell) return undefined;
      const limited = { ...context, checkLimitMs: tellMs };
      const check = createCheckContext(limited, resource.tag, parametersOn(resource, server));
      const facts = await kit.tell(check).catch(() => undefined);
      return facts && [resource.tag, { ...facts }];
    }),
  );
  return Object.fromEntries(told.filter((one) => one !== undefined));
}

/** Asks the server that has the hierarchy in service. What it does not tell stays unknown. */
export async function collectTold(
  context: ApiContext,
  hierarchy: Hierarchy,
  owner: string | undefined,
): Promise<ToldByTag> {
  if (owner === undefined) return {};
  if (owner === context.file.server) return tellOwn(context, hierarchy.id).catch(() => ({}));
  const asked = context.ask(owner, 'api/tell', { hierarchy: hierarchy.id }, tellMs + 1_000);
  const parsed = toldByTag.safeParse(await asked.catch(() => undefined));
  return parsed.success ? parsed.data : {};
}

/** The newest look at the store; the last one where the store does not answer. */
export async function currentSnapshot({ engine }: Pick<ApiContext, 'engine'>): Promise<Snapshot | undefined> {
  return engine.refresh().catch(() => engine.state().snapshot);
}
