import { createError, operationBody, type Language, type OperationBody } from '@holdfast/contract';
import { z } from 'zod';
import type { ApiContext } from './context.ts';
import { describeOperation } from './hierarchy-view.ts';
import { describeKept } from './kept-operations.ts';

/** Milliseconds that another server may take to say what it creates and extends. */
const askLimitMs = 2_000;

/** What this server creates and extends for somebody who need not wait, or has lately. */
export function listKeptOperations({ operations }: ApiContext, language: Language): OperationBody[] {
  return operations.list().map((one) => describeKept(one, language));
}

/** GET /operations: those of the store, and what any server that answers creates and extends (H-07). */
export async function listOperations(context: ApiContext, language: Language): Promise<OperationBody[]> {
  const { view } = await context.engine.refresh();
  const others = await askOthers(context, 'api/operations', { language }, z.array(operationBody));
  return [
    ...Object.values(view.operations).map(describeOperation),
    ...listKeptOperations(context, language),
    ...others.flat(),
  ].sort((one, other) => (one.at < other.at ? 1 : -1));
}

/** GET /operations/:id. Rejects with HF-HIER-012. */
export async function findOperation(
  context: ApiContext,
  id: string,
  language: Language,
): Promise<OperationBody> {
  const kept = (await context.engine.refresh()).view.operations[id];
  if (kept) return describeOperation(kept);
  const own = listKeptOperations(context, language).find((one) => one.id === id);
  const found = own ?? (await listOperations(context, language)).find((one) => one.id === id);
  if (!found) throw createError('HF-HIER-012', { operation: id });
  return found;
}

/** DELETE /operations/:id. Rejects with HF-HIER-012 and HF-HIER-043. */
export async function cancelOperation(
  context: ApiContext,
  id: string,
  language: Language,
): Promise<OperationBody> {
  const operation = await findOperation(context, id, language);
  const answer = z.object({ cancelled: z.boolean() });
  const isCancelled =
    context.operations.cancel(id) ||
    (await askOthers(context, 'api/cancel-operation', { id }, answer)).some(({ cancelled }) => cancelled);
  if (!isCancelled) throw createError('HF-HIER-043', { operation: id });
  return operation;
}

/** The answers of the other servers; one that does not answer says nothing. */
async function askOthers<T>(
  context: ApiContext,
  route: string,
  body: object,
  answer: z.ZodType<T>,
): Promise<readonly T[]> {
  const { view } = await context.engine.refresh();
  const others = Object.keys(view.servers).filter((server) => server !== context.file.server);
  const answers = await Promise.all(
    others.map((server) => context.ask(server, route, body, askLimitMs).catch(() => undefined)),
  );
  return answers.flatMap((one) => answer.safeParse(one).data ?? []);
}
