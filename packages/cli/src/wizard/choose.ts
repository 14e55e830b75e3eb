import { createError, type ChangeAnswer, type HierarchyAnswer } from '@holdfast/contract';
import type { Answer } from '../client.ts';
import type { Connection, Session } from '../session.ts';
import { askChoice, back, beginDialog, runDialog, type Asking, type Back, type Choice } from './dialog.ts';
import { rehearse } from './rehearse.ts';

/** Is somebody there who can be asked, and does the answer go to a person? */
export function canAsk({ terminal, output }: Session): boolean {
  return terminal.interactive && output === 'text';
}

/** Asks for one of the hierarchies of the cluster. */
export async function askHierarchy(
  asking: Asking,
  { client, readTimeoutMs }: Connection,
): Promise<string | Back> {
  const { hierarchies } = (await client.call('status', { timeoutMs: readTimeoutMs })).value;
  if (hierarchies.length === 0)
    throw createError('HF-CLI-004', { problem: 'there is no hierarchy', command: asking.command });
  const choices = hierarchies.map(({ id, summary }) => ({
    value: id,
    label: `${id}  ${asking.say(summary)}`,
  }));
  return askChoice(asking, { message: asking.say('chooseHierarchy'), choices });
}

/** What a command was given or has asked for. */
export interface Chosen {
  readonly tag: string;
  readonly server: string | undefined;
}

export interface ChoiceOfChange {
  readonly command: string;
  /** What the options name; the rest is asked for. */
  readonly given: { readonly tag: string | undefined; readonly server: string | undefined };
  /** Servers to choose from; `undefined` where the command needs none, an empty list where there is none. */
  readonly servers?: {
    readonly message: string;
    choices(hierarchy: HierarchyAnswer): Promise<readonly Choice[]>;
  };
  dryRun(chosen: Chosen): Promise<Answer<ChangeAnswer>>;
}

/**
 * Asks for the hierarchy, and for the server where the command takes one, shows the plan, and asks for consent. With
 * everything given, or nobody there, nothing is asked. Rejects with HF-CLI-004 where something is missing and nobody is there.
 */
export async function chooseChange(
  session: Session,
  connection: Connection,
  { command, given, servers, dryRun }: ChoiceOfChange,
): Promise<Chosen> {
  const { tag: givenTag } = given;
  const isComplete = givenTag !== undefined && (!servers || given.server !== undefined);
  if (givenTag !== undefined && isComplete) return { tag: givenTag, server: given.server };
  if (!canAsk(session)) throw missing(command, givenTag === undefined ? 'a tag' : 'a server');
  const asking = { say: session.style.say, command };
  await beginDialog(asking);
  const start = { tag: givenTag, server: given.server, isAgreed: false };
  const chosen = await runDialog(start, async (state) => {
    const { tag, server } = state;
    if (tag === undefined) {
      return async () => {
        const answer = await askHierarchy(asking, connection);
        return answer === back ? back : { ...state, tag: answer };
      };
    }
    if (servers && server === undefined) {
      const { client, readTimeoutMs } = connection;
      const { value } = await client.call('hierarchy', { parameter: tag, timeoutMs: readTimeoutMs });
      const choices = await servers.choices(value);
      if (choices.length === 0) throw missing(command, 'another server');
      return async () => {
        const answer = await askChoice(asking, { message: servers.message, choices });
        return answer === back ? back : { ...state, server: answer };
      };
    }
    if (state.isAgreed) return undefined;
    return async () => {
      const agreed = await rehearse(session, asking, () => dryRun({ tag, server: server || undefined }));
      return agreed === back ? back : { ...state, isAgreed: true };
    };
  });
  return { tag: chosen.tag ?? '', server: chosen.server || undefined };
}

function missing(command: string, what: string): Error {
  return createError('HF-CLI-004', { problem: `${what} is needed`, command });
}
