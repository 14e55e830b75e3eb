import type {
  CheckedField,
  CheckedResource,
  FormField,
  KitCheckRequest,
  KitForm,
  Language,
} from '@holdfast/contract';
import { parseField } from '../form-options.ts';

/** A resource as it is filled in so far. */
export interface Draft {
  readonly form: KitForm;
  readonly tag: string | undefined;
  /** What the person has given; the server looks the rest up. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What was proposed for it as a whole; one other answer and it does not count any more. */
  readonly proposed: Readonly<Record<string, unknown>>;
  /** Values that were looked up and that the person has agreed to, as text; one that changes is asked again. */
  readonly agreed: Readonly<Record<string, string>>;
  readonly children: readonly string[];
  readonly password: string | undefined;
  /**
   * `all`: every field that a person is asked for, also with a value to agree to; `missing`: those that nobody gave and the
   * server did not find.
   */
  readonly which: 'all' | 'missing';
}

export function createDraft(
  form: KitForm,
  given: Partial<Pick<Draft, 'tag' | 'parameters' | 'proposed' | 'children' | 'which'>> = {},
): Draft {
  return {
    form,
    tag: given.tag,
    parameters: given.parameters ?? {},
    proposed: given.proposed ?? {},
    agreed: {},
    children: given.children ?? [],
    password: undefined,
    which: given.which ?? 'all',
  };
}

/** A draft as the API checks and creates it. */
export function describeDraft({ tag, parameters, proposed, children }: Draft) {
  return {
    ...(tag !== undefined && { tag }),
    parameters: { ...proposed, ...parameters },
    ...(children.length > 0 && { children: [...children] }),
  };
}

export function describeForm(drafts: readonly Draft[], server: string | undefined): KitCheckRequest {
  const [root, ...beneath] = drafts;
  return {
    ...(root && describeDraft(root)),
    passwordGiven: root?.password !== undefined,
    beneath: beneath.map((draft) => ({ kit: draft.form.name, ...describeDraft(draft) })),
    ...(server !== undefined && { server }),
  };
}

/** A value as a person would type it; nothing is the empty text. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The field to ask for next. */
export function nextField(
  draft: Draft,
  { fields, problems }: Pick<CheckedResource, 'fields' | 'problems'>,
): CheckedField | undefined {
  const isGiven = (name: string): boolean => Object.hasOwn(draft.parameters, name);
  const asked = fields.filter((field) => field.asked);
  const wrong = fields.find(({ name }) => problems.some(({ field }) => field === name));
  const unseen = asked.find(({ name, value }) => !isGiven(name) && draft.agreed[name] !== textOf(value));
  // What was left to the server and is found from a later answer need not be asked again.
  const open =
    asked.find(({ name, source }) => source === 'open' && draft.agreed[name] === undefined) ??
    asked.find(({ source }) => source === 'open');
  return draft.which === 'all' ? (unseen ?? open ?? wrong) : open;
}

/** The draft with an answer. What was offered and agreed to stays the server's to look up. */
export function answerField(
  draft: Draft,
  field: FormField,
  answer: { readonly text: string; readonly offered: string },
): Draft {
  const { [field.name]: _, ...others } = draft.parameters;
  const { text, offered } = answer;
  if (text === offered) {
    const isGiven = Object.hasOwn(draft.parameters, field.name);
    const parameters = isGiven ? draft.parameters : others;
    return { ...draft, parameters, agreed: { ...draft.agreed, [field.name]: text } };
  }
  return { ...draft, parameters: { ...others, [field.name]: parseField(field, text) }, proposed: {} };
}

export function labelOf(field: FormField, language: Language): string {
  return `${field.label[language]}: ${field.help[language]}`;
}

/** What is wrong with the form of a text, before the server is asked. */
export function judgeText(field: FormField, text: string): string | undefined {
  if (text === '') return undefined;
  try {
    parseField(field, text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
