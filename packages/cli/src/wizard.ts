import { createError, type FormField, type KitForm, type Language } from '@holdfast/contract';
import { parseField, type AskedResource } from './form-options.ts';
import type { Say } from './render/words.ts';

/** Asks the person at the terminal. Loaded only when there is one, so that other commands start fast. */
async function loadPrompts() {
  return await import('@clack/prompts');
}

export interface WizardOptions {
  readonly language: Language;
  readonly say: Say;
  /** What to name when the person gives up. */
  readonly command: string;
}

/** Asks for one of a list. Rejects with HF-CLI-006 when the person gives up. */
export async function askChoice(
  message: string,
  choices: readonly string[],
  { command }: Pick<WizardOptions, 'command'>,
): Promise<string> {
  const { select, isCancel } = await loadPrompts();
  const chosen = await select({ message, options: choices.map((value) => ({ value, label: value })) });
  if (isCancel(chosen)) throw createError('HF-CLI-006', { command });
  return chosen;
}

/**
 * Asks for the parameters that a resource needs and that were not given. An empty answer leaves a parameter
 * to the server, which looks it up.
 */
export async function askParameters(
  form: KitForm,
  asked: AskedResource,
  options: WizardOptions,
): Promise<AskedResource> {
  const parameters: Record<string, unknown> = { ...asked.parameters };
  for (const field of form.fields.filter(
    ({ name, required }) => required && !Object.hasOwn(parameters, name),
  )) {
    const text = await askField(field, options);
    if (text !== '') parameters[field.name] = parseField(field, text);
  }
  return { ...asked, parameters };
}

/** Offers one resource of each other kit to be put beneath (K-07, K-08). An empty answer is none. */
export async function askBeneath(
  forms: readonly KitForm[],
  options: WizardOptions,
): Promise<readonly AskedResource[]> {
  const beneath: AskedResource[] = [];
  for (const { name, fields } of forms) {
    const [main] = fields;
    if (!main) continue;
    const text = await askField(main, { ...options, absent: options.say('none'), lead: `--${name} ` });
    if (text !== '') beneath.push({ kit: name, parameters: { [main.name]: parseField(main, text) } });
  }
  return beneath;
}

interface Question extends WizardOptions {
  /** What stands where nothing was answered. */
  readonly absent?: string;
  readonly lead?: string;
}

async function askField(field: FormField, options: Question): Promise<string> {
  const { language, say, command, absent = say('lookedUp'), lead = '' } = options;
  const { text, isCancel } = await loadPrompts();
  const given = await text({
    message: `${lead}${field.label[language]}: ${field.help[language]}`,
    placeholder: absent,
    validate: (value) => judge(field, value ?? ''),
  });
  if (isCancel(given)) throw createError('HF-CLI-006', { command });
  return given ?? '';
}

function judge(field: FormField, text: string): string | undefined {
  if (text === '') return undefined;
  try {
    parseField(field, text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Asks whether to go on. */
export async function askConsent(message: string): Promise<boolean> {
  const { confirm, isCancel } = await loadPrompts();
  const consent = await confirm({ message });
  return !isCancel(consent) && consent;
}
