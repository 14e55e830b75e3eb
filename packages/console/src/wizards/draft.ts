import type {
  CheckedField,
  CheckedResource,
  CreateRequest,
  FormField,
  KitCheckAnswer,
  KitCheckRequest,
  KitForm,
} from '@holdfast/contract';

/** One resource of a creation as somebody has filled in its form so far. */
export interface ResourceDraft {
  /** Tells drafts apart; it never changes. */
  readonly key: number;
  readonly kit: string;
  readonly tag: string;
  /** By field, as typed or chosen. What is not there the server looks up. */
  readonly answers: Readonly<Record<string, string>>;
  /** Parameters that the server has suggested; an answer for the same field counts more. */
  readonly proposed: Readonly<Record<string, unknown>>;
  /** Existing resources beneath it. */
  readonly children: readonly string[];
  readonly password: string;
}

export interface CreateDraft {
  readonly server: string;
  readonly priority: string;
  /** The first is the root; there is none before a kit is chosen. */
  readonly resources: readonly ResourceDraft[];
  /** What can be put right is (K-06). */
  readonly fix: boolean;
  readonly nextKey: number;
}

export function createDraft(server: string): CreateDraft {
  return { server, priority: '1', resources: [], fix: false, nextKey: 1 };
}

/** Another kit begins anew: fields of one kit mean nothing to another. */
export function chooseKit(draft: CreateDraft, kit: string): CreateDraft {
  if (draft.resources[0]?.kit === kit) return draft;
  return addResource({ ...draft, resources: [], fix: false }, kit);
}

export function addResource(
  draft: CreateDraft,
  kit: string,
  proposed: ResourceDraft['proposed'] = {},
): CreateDraft {
  const added = { key: draft.nextKey, kit, tag: '', answers: {}, proposed, children: [], password: '' };
  return { ...draft, resources: [...draft.resources, added], nextKey: draft.nextKey + 1 };
}

export function changeResource(
  draft: CreateDraft,
  key: number,
  changed: Partial<Omit<ResourceDraft, 'key' | 'kit'>>,
): CreateDraft {
  return {
    ...draft,
    resources: draft.resources.map((one) => (one.key === key ? { ...one, ...changed } : one)),
  };
}

export function removeResource(draft: CreateDraft, key: number): CreateDraft {
  return { ...draft, resources: draft.resources.filter((one) => one.key !== key) };
}

export function isPriority(text: string): boolean {
  return /^[1-9]\d{0,2}$/.test(text.trim());
}

/** A text as the value of a field. What does not fit goes to the server as it is, which says what is wrong. */
export function parseAnswer({ type }: Pick<FormField, 'type'>, typed: string): unknown {
  const text = typed.trim();
  switch (type) {
    case 'integer':
    case 'number':
      return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      return text === '' ? text : text === 'true';
    case 'list':
      return text === ''
        ? ''
        : text
            .split(',')
            .map((one) => one.trim())
            .filter((one) => one !== '');
    case 'text':
    case 'choice':
      return text;
    default:
      return type satisfies never;
  }
}

/** A value as a person would type it; nothing is the empty text. */
export function formatValue(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a field shows: what was typed, else what the server has found. */
export function shownValue(
  draft: ResourceDraft,
  { name, value }: Pick<CheckedField, 'name' | 'value'>,
): string {
  return draft.answers[name] ?? formatValue(value);
}

/** The typed parameters of a resource; an empty answer is none. */
export function describeParameters(draft: ResourceDraft, forms: readonly KitForm[]): Record<string, unknown> {
  const fields = forms.find(({ name }) => name === draft.kit)?.fields ?? [];
  const typed = fields.flatMap((field): [string, unknown][] => {
    const text = draft.answers[field.name];
    return text === undefined || text.trim() === '' ? [] : [[field.name, parseAnswer(field, text)]];
  });
  return { ...draft.proposed, ...Object.fromEntries(typed) };
}

/** The question whether a creation is well so far. */
export function describeCheck(
  draft: CreateDraft,
  forms: readonly KitForm[],
): { readonly kit: string; readonly body: KitCheckRequest } | undefined {
  const describe = (one: ResourceDraft) => ({
    ...(one.tag.trim() !== '' && { tag: one.tag.trim() }),
    parameters: describeParameters(one, forms),
    children: [...one.children],
    passwordGiven: one.password !== '',
  });
  const [root, ...beneath] = draft.resources;
  if (!root) return undefined;
  const body = {
    ...describe(root),
    beneath: beneath.map((one) => ({ kit: one.kit, ...describe(one) })),
    ...(draft.server !== '' && { server: draft.server }),
  };
  return { kit: root.kit, body };
}

/** The creation itself. `rootTag`: what the root is called when nobody has typed a tag. */
export function describeCreation(
  draft: CreateDraft,
  forms: readonly KitForm[],
  rootTag?: string,
): CreateRequest {
  const tagOf = ({ tag }: ResourceDraft, index: number): string =>
    tag.trim() === '' && index === 0 ? (rootTag ?? '') : tag.trim();
  return {
    resources: draft.resources.map((one, index) => ({
      kit: one.kit,
      ...(tagOf(one, index) !== '' && { tag: tagOf(one, index) }),
      parameters: describeParameters(one, forms),
      children: [...one.children],
      ...(one.password !== '' && { password: one.password }),
    })),
    ...(draft.server !== '' && { server: draft.server }),
    priority: Number(draft.priority),
    fix: draft.fix,
  };
}

/** Some check has failed that a creation with `fix` would put right. */
export function isFixable({ findings }: Pick<KitCheckAnswer, 'findings'>): boolean {
  return findings.some(({ outcome, fixable }) => outcome === 'failed' && fixable === true);
}

/**
 * Whether a resource's form is done: `open` while something has no value, `wrong` while a value does not fit. What is to be
 * put right is not wrong.
 */
export function judgeForm(
  checked: Pick<CheckedResource, 'tag' | 'problems'>,
  { findings, fix }: Pick<KitCheckAnswer, 'findings'> & { readonly fix: boolean },
): 'open' | 'wrong' | 'good' {
  const own = findings.filter(({ tag, outcome }) => tag === checked.tag && outcome === 'failed');
  const repaired = own.flatMap(({ field, fixable }) =>
    fix && fixable === true && field !== undefined ? [field] : [],
  );
  if (checked.problems.some(({ field }) => !repaired.includes(field))) return 'wrong';
  return checked.tag === null ? 'open' : 'good';
}
