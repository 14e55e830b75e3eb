import type { ChangeAnswer, dependencyQuery, dependencyRequest } from '@holdfast/contract';
import { because, startOrder } from '@holdfast/core';
import {
  addDependencyRequest,
  removeDependencyRequest,
  shapeWithDependency,
  shapeWithoutDependency,
  type RequestContext,
  type Requested,
  type Reshaping,
} from '@holdfast/engine';
import type { z } from 'zod';
import { claimsOf, type PlacedFinding } from './assemble.ts';
import { answerChange, commitRequest, requireHierarchy } from './commit-change.ts';
import type { ApiContext } from './context.ts';
import { refusalError } from './refusal.ts';

/** POST /hierarchies/:tag/dependencies (H-02). Between two hierarchies it makes them one; nothing is stopped. */
export async function addDependency(
  context: ApiContext,
  parent: string,
  body: z.output<typeof dependencyRequest>,
  by: string,
): Promise<ChangeAnswer> {
  const asked = { parent, child: body.child, claims: claimsOf };
  const { snapshot } = await requireHierarchy(context, parent);
  const shaped = shapeWithDependency(snapshot.view, asked);
  if (!shaped.allowed) throw refusalError(shaped.reason);
  const judge = (request: RequestContext): Requested => addDependencyRequest(request, asked);
  await commitRequest(context, by, judge, { dryRun: body.dryRun });
  return answer(context, { parent, dryRun: body.dryRun, shape: shaped.shape });
}

/** DELETE /hierarchies/:tag/dependencies/:child (H-02). What nothing joins any more becomes a hierarchy of its own. */
export async function removeDependency(
  context: ApiContext,
  { parent, child }: { readonly parent: string; readonly child: string },
  query: z.output<typeof dependencyQuery>,
  by: string,
): Promise<ChangeAnswer> {
  const asked = { parent, child, claims: claimsOf };
  const { snapshot } = await requireHierarchy(context, parent);
  const shaped = shapeWithoutDependency(snapshot.view, asked);
  if (!shaped.allowed) throw refusalError(shaped.reason);
  const judge = (request: RequestContext): Requested => removeDependencyRequest(request, asked);
  await commitRequest(context, by, judge, { dryRun: query.dryRun });
  return answer(context, { parent, dryRun: query.dryRun, shape: shaped.shape });
}

interface Done {
  readonly parent: string;
  readonly dryRun: boolean;
  readonly shape: Reshaping;
}

/** Nothing is stopped, started or moved: each hierarchy is recorded, and what runs of it is taken over as it runs. */
async function answer(context: ApiContext, { parent, dryRun, shape }: Done): Promise<ChangeAnswer> {
  const { view } = (await requireHierarchy(context, parent)).snapshot;
  const { before, after } = shape;
  const [first] = before;
  const owner = first && view.owners[first.id]?.server;
  const { server } = context.file;
  const isReshaped = before.length > 1 || after.length > 1;
  const adopted =
    owner !== undefined && isReshaped
      ? after.flatMap(({ resources }) =>
          startOrder(resources).map(({ tag }) => ({ act: 'adopt' as const, server: owner, tag })),
        )
      : [];
  const recorded = after.map(({ id }) => ({ act: 'record' as const, server, tag: id }));
  const findings = findingsOf(shape, owner).map((reason) => ({
    check: 'structure',
    outcome: 'passed' as const,
    reason,
    server: owner ?? server,
    tag: null,
  }));
  return answerChange(context, parent, {
    dryRun,
    findings,
    plan: [...recorded, ...adopted],
    operation: null,
  });
}

function findingsOf({ before, after }: Reshaping, owner: string | undefined): PlacedFinding['reason'][] {
  const [upper, lower] = before;
  const [main, ...parts] = after;
  return [
    ...(upper && lower ? [because('hierarchies-become-one', { hierarchy: upper.id, other: lower.id })] : []),
    ...parts.map(({ id }) => because('hierarchy-becomes-two', { hierarchy: main?.id ?? '', other: id })),
    ...(owner === undefined ? [] : [because('goes-on-running', { server: owner })]),
  ];
}
