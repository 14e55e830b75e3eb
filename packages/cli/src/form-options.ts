import { createError, type CreateRequest, type FormField, type KitForm } from '@holdfast/contract';

export type AskedResource = CreateRequest['resources'][number];

/** `dataDirectory` is the option `--data-directory`. */
export function optionName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

interface Given {
  readonly name: string;
  /** `undefined` for an option without a value. */
  readonly value: string | undefined;
}

/**
 * Reads the options of `holdfast create KIT` that come from the recovery kits' forms: `--field VALUE` for
 * each parameter of the root, and `--KIT VALUE` for each further resource beneath it, where VALUE is the
 * kit's first parameter or `name=value,name=value` with `tag` among the names. The root stands first in the
 * answer.
 */
export function parseFormOptions(
  args: readonly string[],
  root: KitForm,
  kits: readonly KitForm[],
): readonly [AskedResource, ...AskedResource[]] {
  const parameters: Record<string, unknown> = {};
  const beneath: AskedResource[] = [];
  for (const given of readOptions(args, root)) {
    const field = findField(root, given.name);
    const kit = kits.find(({ name }) => name === given.name && name !== root.name);
    if (field) parameters[field.name] = parseValue(field, given);
    else if (kit) beneath.push(parseBeneath(kit, given, root));
    else throw usage(`unknown option --${given.name}`, root);
  }
  return [{ kit: root.name, parameters }, ...beneath];
}

function findField(form: KitForm, option: string): FormField | undefined {
  const plain = form.fields.find(({ name }) => name === option || optionName(name) === option);
  if (plain || !option.startsWith('no-')) return plain;
  const switched = findField(form, option.slice('no-'.length));
  return switched?.type === 'boolean' ? switched : undefined;
}

function readOptions(args: readonly string[], root: KitForm): readonly Given[] {
  const given: Given[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (!arg.startsWith('--')) throw usage(`"${arg}" is no option`, root);
    const [name = '', ...rest] = arg.slice(2).split('=');
    if (rest.length > 0) {
      given.push({ name, value: rest.join('=') });
      continue;
    }
    const isSwitch = findField(root, name)?.type === 'boolean';
    const next = args[index + 1];
    const hasValue = !isSwitch && next !== undefined && !next.startsWith('--');
    given.push({ name, value: hasValue ? next : undefined });
    if (hasValue) index += 1;
  }
  return given;
}

function parseBeneath(kit: KitForm, { name, value }: Given, root: KitForm): AskedResource {
  const [main] = kit.fields;
  if (value === undefined || !main) throw usage(`option --${name} needs a value`, root);
  if (!value.includes('=')) return { kit: kit.name, parameters: { [main.name]: parseField(main, value) } };
  const parameters: Record<string, unknown> = {};
  let tag: string | undefined;
  for (const part of value.split(',')) {
    const [key = '', ...rest] = part.split('=');
    const text = rest.join('=');
    const field = findField(kit, key);
    if (field) parameters[field.name] = parseField(field, text);
    else if (key === 'tag') tag = text;
    else throw usage(`option --${name}: there is no parameter "${key}"`, root);
  }
  return { kit: kit.name, parameters, ...(tag !== undefined && { tag }) };
}

function parseValue(field: FormField, { name, value }: Given): unknown {
  if (field.type === 'boolean' && value === undefined) return !name.startsWith('no-');
  if (value === undefined)
    throw createError('HF-CLI-004', {
      problem: `option --${name} needs a value`,
      command: 'holdfast create',
    });
  return parseField(field, value);
}

/** Reads the text of one parameter as what its form says it is. Rejects with HF-CLI-004. */
export function parseField(field: FormField, text: string): unknown {
  const wrong = (what: string): Error =>
    createError('HF-CLI-004', {
      problem: `${optionName(field.name)}: "${text}" is not ${what}`,
      command: 'holdfast create',
    });
  switch (field.type) {
    case 'text':
      return text;
    case 'list':
      return text === '' ? [] : text.split(',');
    case 'choice':
      if (!field.choices.includes(text)) throw wrong(`one of ${field.choices.join(', ')}`);
      return text;
    case 'integer':
      if (!/^-?\d{1,15}$/.test(text)) throw wrong('a whole number');
      return Number(text);
    case 'number':
      if (!/^-?\d{1,15}(\.\d{1,9})?$/.test(text)) throw wrong('a number');
      return Number(text);
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw wrong('true or false');
      return text === 'true';
    default:
      return field.type satisfies never;
  }
}

/**
 * Reads `TAG.parameter=value` options: parameters by tag. Values stay text where the form is not known to the
 * caller.
 */
export function parseTaggedParameters(
  options: readonly string[],
  fieldOf: (tag: string, name: string) => FormField | undefined,
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const byTag: Record<string, Record<string, unknown>> = {};
  for (const option of options) {
    const match = /^(.+)\.([A-Za-z-]+)=(.*)$/s.exec(option);
    const [, tag = '', name = '', text = ''] = match ?? [];
    const field = match && fieldOf(tag, name);
    if (!field)
      throw createError('HF-CLI-004', {
        problem: `"${option}" is not TAG.parameter=value of this hierarchy`,
        command: 'holdfast status',
      });
    (byTag[tag] ??= {})[field.name] = parseField(field, text);
  }
  return byTag;
}

/** Finds the form of a parameter by the tag of its resource; the name may be written as an option. */
export function createFieldFinder(
  resources: readonly { readonly tag: string; readonly kit: string }[],
  kits: readonly KitForm[],
): (tag: string, name: string) => FormField | undefined {
  return (tag, name) => {
    const resource = resources.find((one) => one.tag === tag);
    const form = kits.find((kit) => kit.name === resource?.kit);
    return form && findField(form, name);
  };
}

function usage(problem: string, root: KitForm): Error {
  return createError('HF-CLI-004', { problem, command: `holdfast create ${root.name}` });
}
