import type { CheckedResource, ExtendRequest, FormField, HierarchyAnswer, KitForm } from '@holdfast/contract';
import { createError, describeProblem } from '@holdfast/contract';
import { AnsweredError, describeFailure } from '../failure.ts';
import { parseField } from '../form-options.ts';
import type { Connection, Session } from '../session.ts';
import { askHierarchy } from './choose.ts';
import {
  askChoice,
  askPassword,
  askText,
  back,
  beginDialog,
  runDialog,
  showProblem,
  type Asking,
  type Back,
  type Question,
} from './dialog.ts';
import { judgeText, labelOf, textOf } from './draft.ts';
import { rehearse } from './rehearse.ts';

/** What an extension is to be, as far as it is known (K-11). */
export interface ExtendState {
  readonly tag: string | undefined;
  readonly server: string | undefined;
  readonly priority: number | undefined;
  readonly parameters: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly passwords: Readonly<Record<string, string>>;
  /** `TAG.field` of what the person has seen. */
  readonly seen: readonly string[];
  readonly isAgreed: boolean;
}

export interface ExtendWizard {
  readonly session: Session;
  readonly connection: Connection;
  readonly kits: readonly KitForm[];
}

type Ask = Question<ExtendState>;

/** A field of one resource whose value belongs to the target. */
interface OwnField {
  readonly tag: string;
  readonly field: FormField;
  readonly offered: string;
}

/** Asks for what an extension needs, and shows its plan. */
export async function askExtension(
  wizard: ExtendWizard,
  start: ExtendState,
): Promise<{ readonly tag: string; readonly body: ExtendRequest }> {
  const asking: Asking = { say: wizard.session.style.say, command: 'holdfast extend' };
  await beginDialog(asking);
  const state = await runDialog(start, (current) => nextQuestion(wizard, asking, current));
  return { tag: state.tag ?? '', body: requestOf(state) };
}

function requestOf({ server, priority, parameters, passwords }: ExtendState): ExtendRequest {
  return {
    server: server ?? '',
    ...(priority !== undefined && { priority }),
    parameters: Object.fromEntries(Object.entries(parameters).map(([tag, own]) => [tag, { ...own }])),
    ...(Object.keys(passwords).length > 0 && { passwords }),
  };
}

async function nextQuestion(
  wizard: ExtendWizard,
  asking: Asking,
  state: ExtendState,
): Promise<Ask | undefined> {
  const { session, connection } = wizard;
  const { tag, server } = state;
  if (tag === undefined) {
    return async () => {
      const answer = await askHierarchy(asking, connection);
      return answer === back ? back : { ...state, tag: answer };
    };
  }
  const { client, readTimeoutMs } = connection;
  const { value: hierarchy } = await client.call('hierarchy', { parameter: tag, timeoutMs: readTimeoutMs });
  if (server === undefined) return (current) => askServer(wizard, asking, { state: current, hierarchy });
  if (state.priority === undefined) return (current) => askPriority(asking, current, hierarchy);
  for (const resource of hierarchy.resources) {
    const checked = await checkThere(wizard, resource, server);
    const own = checked && nextOwnField(wizard, { state, hierarchy, resource, checked });
    if (own) return (current) => askOwnField(wizard, asking, { state: current, own });
    if (checked?.passwordNeeded && state.passwords[resource.tag] === undefined)
      return (current) => askPasswordOf(asking, current, resource.tag);
  }
  if (state.isAgreed) return undefined;
  return async (current) => {
    const agreed = await rehearse(session, asking, () => dryRun(wizard, current));
    return agreed === back ? back : { ...current, isAgreed: true };
  };
}

function dryRun({ connection }: ExtendWizard, state: ExtendState) {
  const { client, changeTimeoutMs } = connection;
  const body = { ...requestOf(state), dryRun: true };
  return client.call('extend', { parameter: state.tag ?? '', body, timeoutMs: changeTimeoutMs });
}

/** The servers that do not have it yet. One that cannot take it is told at once; checks that fail come with the plan. */
async function askServer(
  wizard: ExtendWizard,
  asking: Asking,
  { state, hierarchy }: { readonly state: ExtendState; readonly hierarchy: HierarchyAnswer },
): Promise<ExtendState | Back> {
  const { client, readTimeoutMs } = wizard.connection;
  const { servers } = (await client.call('status', { timeoutMs: readTimeoutMs })).value;
  const free = servers.filter(
    ({ name, role }) => role === 'member' && hierarchy.priorities[name] === undefined,
  );
  const { say, command } = asking;
  if (free.length === 0)
    throw createError('HF-CLI-004', { problem: 'the hierarchy is extended to every server', command });
  const choices = free.map(({ name, state: how }) => ({ value: name, label: `${name}  ${say(how)}` }));
  for (;;) {
    const server = await askChoice(asking, { message: say('chooseServer'), choices });
    if (server === back) return back;
    const next = { ...state, server };
    const refused = await refusalOf(wizard, next);
    if (refused === undefined) return next;
    await showProblem(refused);
  }
}

/** Why the rules forbid it; `undefined` where they do not, and where only checks fail. */
async function refusalOf(wizard: ExtendWizard, state: ExtendState): Promise<string | undefined> {
  try {
    await dryRun(wizard, state);
    return undefined;
  } catch (error) {
    if (error instanceof AnsweredError && error.body.findings) return undefined;
    return describeFailure(error, wizard.session.terminal.language).text;
  }
}

async function askPriority(
  asking: Asking,
  state: ExtendState,
  { priorities }: HierarchyAnswer,
): Promise<ExtendState | Back> {
  const taken = Object.values(priorities);
  const next = (Math.floor(Math.max(0, ...taken) / 10) + 1) * 10;
  const text = await askText(asking, {
    message: asking.say('askPriority'),
    fallback: next <= 999 ? String(next) : '',
    judge: (value) => {
      if (value === '') return next <= 999 ? undefined : asking.say('isNeeded');
      if (!/^[1-9]\d{0,2}$/.test(value)) return asking.say('askPriority');
      const owner = Object.entries(priorities).find(([, priority]) => priority === Number(value))?.[0];
      return owner === undefined ? undefined : `${value}: ${owner}`;
    },
  });
  return text === back ? back : { ...state, priority: Number(text) };
}

type KnownResource = HierarchyAnswer['resources'][number];

/** What the target finds for itself. */
async function checkThere(
  { connection, kits }: ExtendWizard,
  { kit, parameters }: KnownResource,
  server: string,
): Promise<CheckedResource | undefined> {
  const { client, changeTimeoutMs } = connection;
  if (!kits.some(({ name }) => name === kit)) return undefined;
  const body = { parameters, server };
  const { value } = await client.call('checkKit', { parameter: kit, body, timeoutMs: changeTimeoutMs });
  return value.resources[0];
}

/** The next field that may differ there. What the target does not find is taken from a server that has it. */
function nextOwnField(
  { kits }: ExtendWizard,
  known: {
    readonly state: ExtendState;
    readonly hierarchy: HierarchyAnswer;
    readonly resource: KnownResource;
    readonly checked: CheckedResource;
  },
): OwnField | undefined {
  const { state, hierarchy, resource, checked } = known;
  const { tag, kit, perServer } = resource;
  const form = kits.find(({ name }) => name === kit);
  const from = perServer[hierarchy.owner?.server ?? Object.keys(perServer)[0] ?? ''] ?? {};
  for (const { name, asked, value } of checked.fields) {
    const field = form?.fields.find((one) => one.name === name);
    if (!asked || !field?.perServer || state.seen.includes(`${tag}.${name}`)) continue;
    if (state.parameters[tag]?.[name] !== undefined) continue;
    return { tag, field, offered: textOf(value ?? from[name]) };
  }
  return undefined;
}

async function askOwnField(
  wizard: ExtendWizard,
  asking: Asking,
  { state, own }: { readonly state: ExtendState; readonly own: OwnField },
): Promise<ExtendState | Back> {
  const { tag, field, offered } = own;
  const { language } = wizard.session.terminal;
  let typed: string | undefined;
  for (;;) {
    const text = await askText(asking, {
      message: `${tag}  ${labelOf(field, language)}`,
      fallback: offered,
      shown: offered === '' ? asking.say('lookedUp') : offered,
      typed,
      judge: (value) => judgeText(field, value),
    });
    if (text === back) return back;
    const given =
      text === offered ? {} : { [tag]: { ...state.parameters[tag], [field.name]: parseField(field, text) } };
    const next: ExtendState = {
      ...state,
      parameters: { ...state.parameters, ...given },
      seen: [...state.seen, `${tag}.${field.name}`],
    };
    const problem = await problemOf(wizard, next, own);
    if (problem === undefined) return next;
    await showProblem(problem);
    typed = text;
  }
}

/** What the target has against the value of one field. */
async function problemOf(
  wizard: ExtendWizard,
  state: ExtendState,
  { tag, field }: OwnField,
): Promise<string | undefined> {
  const { language } = wizard.session.terminal;
  try {
    await dryRun(wizard, state);
    return undefined;
  } catch (error) {
    if (!(error instanceof AnsweredError)) throw error;
    const findings = error.body.findings ?? [];
    if (findings.length === 0) return describeFailure(error, language).text;
    const found = findings.find(
      (one) => one.outcome === 'failed' && one.tag === tag && one.field === field.name,
    );
    if (!found) return undefined;
    const { code, sentence, remedy } = describeProblem(found.reason, language);
    return `${code ?? ''} ${sentence}\n${remedy ?? ''}`.trim();
  }
}

async function askPasswordOf(asking: Asking, state: ExtendState, tag: string): Promise<ExtendState | Back> {
  const password = await askPassword(asking, `${tag}  ${asking.say('accountPassword')}`);
  return password === back ? back : { ...state, passwords: { ...state.passwords, [tag]: password } };
}
