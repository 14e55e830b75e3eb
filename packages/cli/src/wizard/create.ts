import {
  createError,
  describeProblem,
  type CheckedField,
  type CreateRequest,
  type FieldProblem,
  type FindingBody,
  type KitCheckAnswer,
  type KitForm,
  type Language,
} from '@holdfast/contract';
import { describeFailure } from '../failure.ts';
import { renderChange } from '../render/change.ts';
import type { Style } from '../render/style.ts';
import type { Connection, Session } from '../session.ts';
import {
  answerField,
  createDraft,
  describeDraft,
  describeForm,
  judgeText,
  labelOf,
  nextField,
  textOf,
  type Draft,
} from './draft.ts';
import {
  askChoice,
  askConsent,
  askPassword,
  askText,
  back,
  beginDialog,
  runDialog,
  showNote,
  showProblem,
  type Asking,
  type Back,
  type Question,
} from './dialog.ts';
import { showFailure } from './rehearse.ts';

/** What a creation is to be, as far as it is known. The first draft is the root; before the kit is chosen there is none. */
interface CreateState {
  readonly drafts: readonly Draft[];
  readonly server: string | undefined;
  readonly isTagAsked: boolean;
  /** Kits of which a further resource was offered. */
  readonly offered: readonly string[];
  readonly fix: boolean;
  readonly isAgreed: boolean;
}

export interface CreateWizard {
  readonly session: Session;
  readonly connection: Connection;
  readonly kits: readonly KitForm[];
  /** Members of the cluster, the one that answers first. */
  readonly members: readonly string[];
  /** Everything that may be asked, or only what is missing. */
  readonly which: 'all' | 'missing';
}

export interface CreateStart {
  readonly drafts: readonly Draft[];
  readonly server: string | undefined;
  readonly priority: number | undefined;
  readonly fix: boolean;
  readonly isDryRun: boolean;
}

/** Asks for what a creation needs (K-01, K-07, K-08), shows its plan, and answers the request that was agreed to. */
export async function askCreation(wizard: CreateWizard, start: CreateStart): Promise<CreateRequest> {
  const { drafts, server, fix } = start;
  const dialog = new CreateDialog(wizard, start);
  const state: CreateState = { drafts, server, fix, isTagAsked: false, offered: [], isAgreed: false };
  return dialog.run(state);
}

type Ask = Question<CreateState>;

class CreateDialog {
  readonly #wizard: CreateWizard;
  readonly #start: CreateStart;
  readonly #asking: Asking;
  readonly #language: Language;
  readonly #style: Style;
  #hasBegun = false;

  constructor(wizard: CreateWizard, start: CreateStart) {
    const { session } = wizard;
    this.#wizard = wizard;
    this.#start = start;
    this.#style = session.style;
    this.#language = session.terminal.language;
    const [root] = start.drafts;
    const command = `holdfast create${root ? ` ${root.form.name}` : ''}`;
    this.#asking = { say: session.style.say, command };
  }

  async run(start: CreateState): Promise<CreateRequest> {
    const state = await runDialog(start, async (current) => {
      const question = await this.#next(current);
      if (question && !this.#hasBegun) await beginDialog(this.#asking);
      this.#hasBegun ||= question !== undefined;
      return question;
    });
    return this.#request(state);
  }

  async #next(state: CreateState): Promise<Ask | undefined> {
    const { which, members } = this.#wizard;
    const [root] = state.drafts;
    if (!root) return (current) => this.#askKit(current);
    if (which === 'all' && state.server === undefined && members.length > 1)
      return (current) => this.#askServer(current);
    const checked = await this.#check(state);
    const field = this.#nextFieldQuestion(state, checked);
    if (field) return field;
    if (which === 'missing' && !this.#hasBegun) return undefined;
    if (root.password === undefined && checked.resources[0]?.passwordNeeded)
      return (current) => this.#askPassword(current);
    const isTagWrong = checked.resources[0]?.problems.some((problem) => problem.field === 'tag');
    if ((which === 'all' && !state.isTagAsked && root.tag === undefined) || isTagWrong)
      return (current) => this.#askTag(current, checked);
    const volume = await this.#nextVolumeQuestion(state, checked);
    if (volume) return volume;
    const kit = this.#kitToOffer(state, root);
    if (kit) return (current) => this.#offerBeneath(current, kit);
    if (!state.fix && checked.findings.some(({ fixable }) => fixable))
      return (current) => this.#askFix(current, checked.findings);
    if (state.isAgreed || this.#start.isDryRun) return undefined;
    return (current) => this.#askAgreement(current);
  }

  async #check({ drafts, server }: CreateState): Promise<KitCheckAnswer> {
    const { client, changeTimeoutMs } = this.#wizard.connection;
    const [root] = drafts;
    const body = describeForm(drafts, server);
    const options = { parameter: root?.form.name ?? '', body, timeoutMs: changeTimeoutMs };
    return (await client.call('checkKit', options)).value;
  }

  async #askKit(state: CreateState): Promise<CreateState | Back> {
    const { kits } = this.#wizard;
    const ordered = [...kits].sort((a, b) => Number(a.standsBeneath) - Number(b.standsBeneath));
    const choices = ordered.map(({ name }) => ({ value: name }));
    const name = await askChoice(this.#asking, { message: this.#asking.say('chooseKit'), choices });
    const form = kits.find((kit) => kit.name === name);
    return name === back || !form ? back : { ...state, drafts: [createDraft(form)] };
  }

  async #askServer(state: CreateState): Promise<CreateState | Back> {
    const choices = this.#wizard.members.map((value) => ({ value }));
    const server = await askChoice(this.#asking, { message: this.#asking.say('chooseWhere'), choices });
    return server === back ? back : { ...state, server };
  }

  #nextFieldQuestion(state: CreateState, checked: KitCheckAnswer): Ask | undefined {
    for (const [index, draft] of state.drafts.entries()) {
      const resource = checked.resources[index];
      const field = resource && nextField(draft, resource);
      if (!resource || !field) continue;
      const problem = resource.problems.find((one) => one.field === field.name);
      return (current) => this.#askField(current, { index, field, problem });
    }
    return undefined;
  }

  /** Asks for one field until the server has nothing against the answer. */
  async #askField(state: CreateState, asked: FieldAsked): Promise<CreateState | Back> {
    const { index, field } = asked;
    const draft = state.drafts[index];
    const form = draft?.form.fields.find(({ name }) => name === field.name);
    if (!draft || !form) return back;
    let { problem } = asked;
    let typed: string | undefined;
    for (;;) {
      // What is not wrong yet has not been shown to the person either.
      if (problem && (typed !== undefined || draft.agreed[field.name] !== undefined))
        await this.#showProblem(problem);
      const offered = textOf(field.value);
      const text = await this.#askText(form, { offered, typed, isOpen: draft.agreed[field.name] === '' });
      if (text === back) return back;
      const drafts = state.drafts.with(index, answerField(draft, form, { text, offered }));
      const next = { ...state, drafts, isAgreed: false };
      const checked = await this.#check(next);
      problem = checked.resources[index]?.problems.find((one) => one.field === field.name);
      if (!problem) {
        await this.#showWarnings(checked, form.name);
        return next;
      }
      typed = text;
    }
  }

  #askText(
    form: Draft['form']['fields'][number],
    answer: { readonly offered: string; readonly typed: string | undefined; readonly isOpen: boolean },
  ): Promise<string | Back> {
    const { offered, typed, isOpen } = answer;
    const message = labelOf(form, this.#language);
    const values = form.type === 'boolean' ? ['true', 'false'] : form.choices;
    if (values.length > 0) {
      const choices = values.map((value) => ({ value }));
      return askChoice(this.#asking, {
        message,
        choices,
        initial: typed ?? (offered === '' ? undefined : offered),
      });
    }
    const { say } = this.#asking;
    return askText(this.#asking, {
      message,
      fallback: offered,
      shown: offered === '' ? say(isOpen ? 'isNeeded' : 'lookedUp') : offered,
      typed,
      judge: (text) => (text === '' && offered === '' && isOpen ? say('isNeeded') : judgeText(form, text)),
    });
  }

  #showProblem({ code, message, remedy }: FieldProblem): Promise<void> {
    return showProblem(`${code} ${message}\n${remedy}`);
  }

  /** Warnings about the address that was just given: whether the database cluster listens on it (K-08). */
  async #showWarnings({ findings }: KitCheckAnswer, field: string): Promise<void> {
    if (field !== 'address') return;
    for (const { check, outcome, reason } of findings)
      if (check === 'listen-addresses' && outcome === 'warned') await showNote(this.#sentenceOf(reason));
  }

  #sentenceOf(reason: FindingBody['reason']): string {
    const { code, sentence, remedy } = describeProblem(reason, this.#language);
    return `${code === undefined ? '' : `${code} `}${sentence}${remedy === undefined ? '' : `\n${remedy}`}`;
  }

  async #askPassword(state: CreateState): Promise<CreateState | Back> {
    const password = await askPassword(this.#asking, this.#asking.say('accountPassword'));
    const [root, ...beneath] = state.drafts;
    return password === back || !root ? back : { ...state, drafts: [{ ...root, password }, ...beneath] };
  }

  async #askTag(state: CreateState, checked: KitCheckAnswer): Promise<CreateState | Back> {
    const [root, ...beneath] = state.drafts;
    if (!root) return back;
    let problem = checked.resources[0]?.problems.find(({ field }) => field === 'tag');
    let typed = root.tag;
    const offered = typed === undefined ? (checked.resources[0]?.tag ?? '') : '';
    for (;;) {
      if (problem) await this.#showProblem(problem);
      const message = this.#asking.say('askTag');
      const text = await askText(this.#asking, { message, fallback: offered, typed, judge: () => undefined });
      if (text === back) return back;
      const tag = text === offered || text === '' ? undefined : text;
      const next = { ...state, drafts: [{ ...root, tag }, ...beneath], isTagAsked: true, isAgreed: false };
      problem = (await this.#check(next)).resources[0]?.problems.find(({ field }) => field === 'tag');
      if (!problem) return next;
      typed = text;
    }
  }

  /** A path that lies on no volume needs one beneath (K-07): its form begins with what the server proposes. */
  async #nextVolumeQuestion(state: CreateState, checked: KitCheckAnswer): Promise<Ask | undefined> {
    const { kits } = this.#wizard;
    const [open] = checked.resources.flatMap(({ unprotected }) => unprotected);
    if (!open || state.drafts.length > 60) return undefined;
    const form = kits.find(({ name, holdsPaths }) => (open.volume ? name === open.volume.kit : holdsPaths));
    if (!form) return undefined;
    const draft = createDraft(form, { proposed: open.volume?.parameters ?? {} });
    const begun = { ...state, drafts: [...state.drafts, draft], isAgreed: false };
    const index = begun.drafts.length - 1;
    const resource = (await this.#check(begun)).resources[index];
    const field = resource && nextField(draft, resource);
    if (!field) return undefined;
    return async () => {
      await showNote(`${this.#asking.say('needsVolume')} ${open.path}`);
      return this.#askField(begun, { index, field, problem: undefined });
    };
  }

  #kitToOffer({ offered, drafts }: CreateState, { form }: Draft): KitForm | undefined {
    if (this.#wizard.which === 'missing' || form.standsBeneath) return undefined;
    const isThere = (name: string): boolean => drafts.some((draft) => draft.form.name === name);
    return this.#wizard.kits.find(
      ({ name, standsBeneath, holdsPaths }) =>
        standsBeneath && !holdsPaths && !offered.includes(name) && !isThere(name),
    );
  }

  /** Offers one resource of a kit that stands beneath others (K-08). Nothing typed is none. */
  async #offerBeneath(state: CreateState, form: KitForm): Promise<CreateState | Back> {
    const [main] = form.fields;
    const declined = { ...state, offered: [...state.offered, form.name] };
    if (!main) return declined;
    const index = state.drafts.length;
    let typed: string | undefined;
    for (;;) {
      const text = await askText(this.#asking, {
        message: labelOf(main, this.#language),
        fallback: '',
        shown: this.#asking.say('none'),
        typed,
        judge: (value) => judgeText(main, value),
      });
      if (text === back) return back;
      if (text === '') return declined;
      const draft = answerField(createDraft(form), main, { text, offered: '' });
      const next = { ...declined, drafts: [...state.drafts, draft], isAgreed: false };
      const checked = await this.#check(next);
      const problem = checked.resources[index]?.problems.find(({ field }) => field === main.name);
      if (!problem) {
        await this.#showWarnings(checked, main.name);
        return next;
      }
      await this.#showProblem(problem);
      typed = text;
    }
  }

  /** What can be put right is, when somebody agrees to the price (K-06). */
  async #askFix(state: CreateState, findings: readonly FindingBody[]): Promise<CreateState | Back> {
    for (const { fixable, reason } of findings) if (fixable) await showNote(this.#sentenceOf(reason));
    const agreed = await askConsent(this.#asking, this.#asking.say('askFix'));
    return agreed === back ? back : { ...state, fix: true };
  }

  /** Shows what would be done. What is refused can only be gone back from. */
  async #askAgreement(state: CreateState): Promise<CreateState | Back> {
    const { session, connection } = this.#wizard;
    const { client, changeTimeoutMs } = connection;
    const body = { ...this.#request(state), dryRun: true };
    try {
      const { value } = await client.call('create', { body, timeoutMs: changeTimeoutMs });
      session.terminal.out(renderChange(value, this.#style));
    } catch (error) {
      return showFailure(this.#asking, describeFailure(error, this.#language), { session, error });
    }
    const agreed = await askConsent(this.#asking, this.#asking.say('goOn'));
    return agreed === back ? back : { ...state, isAgreed: true };
  }

  #request({ drafts, server, fix }: CreateState): CreateRequest {
    const { priority, isDryRun } = this.#start;
    if (drafts.length === 0) throw createError('HF-CLI-006', { command: this.#asking.command });
    return {
      resources: drafts.map((draft) => ({
        kit: draft.form.name,
        ...describeDraft(draft),
        ...(draft.password !== undefined && { password: draft.password }),
      })),
      ...(server !== undefined && { server }),
      ...(priority !== undefined && { priority }),
      ...(fix && { fix: true }),
      dryRun: isDryRun,
    };
  }
}

interface FieldAsked {
  readonly index: number;
  readonly field: CheckedField;
  readonly problem: FieldProblem | undefined;
}
