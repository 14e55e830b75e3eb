import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** A place in the code that makes a reason or an event. */
export interface MadeReason {
  readonly code: string;
  /** Names of the facts; `undefined` where they are not written out at that place. */
  readonly facts: readonly string[] | undefined;
  readonly place: string;
  /** The function that makes it, where it is made by one. */
  readonly maker?: string;
}

/** A function that makes a reason: which argument has the code, what is put after it, and which has the facts. */
interface Maker {
  readonly name: string;
  readonly code: number;
  readonly suffix: string;
  readonly facts: number;
}

const makersEverywhere: readonly Maker[] = [
  ...['because', 'refuse', 'HostError'].map((name) => ({ name, code: 0, suffix: '', facts: 1 })),
  { name: 'passedFinding', code: 0, suffix: '-ok', facts: 1 },
  { name: 'warnedFinding', code: 1, suffix: '', facts: 2 },
  { name: 'failedFinding', code: 1, suffix: '', facts: 2 },
];

/** Does this make a finding that did not pass? The checks of a kit have short names of their own for it. */
export function isProblemFinding({ maker = '', place }: MadeReason): boolean {
  const isCheck = place.endsWith('/validate.ts') && ['warned', 'failed'].includes(maker);
  return isCheck || ['warnedFinding', 'failedFinding'].includes(maker);
}

const definition = /function (\w+)(?:<[^>]*>)?\(([^)]*)\)|const (\w+) = \(([^)]*)\)(?:: [\w<>[\]| ]+)? =>/g;
const literal = /'([a-z][a-z0-9]*(?:-[a-z0-9]+)*)'/g;

/**
 * The functions of one file that make reasons from their parameter `code`, or from `check` with something after it.
 * One of its own hides one of the same name from elsewhere.
 */
function makersOf(text: string): readonly Maker[] {
  const own = [...text.matchAll(definition)].flatMap((match): Maker[] => {
    const name = match[1] ?? match[3] ?? '';
    const parameters = (match[2] ?? match[4] ?? '')
      .split(',')
      .map((one) => one.trim().split(/[?:]/)[0] ?? '');
    const facts = parameters.indexOf('facts');
    if (
      parameters.includes('code') &&
      !makersEverywhere.some((maker) => maker.name === name && name !== 'refuse')
    )
      return [{ name, code: parameters.indexOf('code'), suffix: '', facts }];
    const body = text.slice(match.index, match.index + 900).split('\n}\n')[0] ?? '';
    const suffix = /because\(`\$\{check\}(-[a-z]+)`/.exec(body)?.[1];
    return parameters.includes('check') && suffix !== undefined
      ? [{ name, code: parameters.indexOf('check'), suffix, facts: suffix === '-ok' ? facts : -1 }]
      : [];
  });
  return [...own, ...makersEverywhere.filter(({ name }) => !own.some((maker) => maker.name === name))];
}

/** All reasons and events that the shipped code of the packages makes, found in its text. */
export async function findReasons(root: string): Promise<readonly MadeReason[]> {
  const found: MadeReason[] = [];
  for (const part of ['core', 'engine', 'kits', 'daemon']) {
    for (const file of await sourceFiles(join(root, 'packages', part, 'src'))) {
      const text = await readFile(file, 'utf8');
      const place = relative(root, file);
      found.push(...fromCalls(text, place), ...fromProperties(text, place));
    }
  }
  return found;
}

async function sourceFiles(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter(({ name }) => name.endsWith('.ts') && !/\.test\.ts$|^testing|conformance|contract/.test(name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function fromCalls(text: string, place: string): readonly MadeReason[] {
  return makersOf(text).flatMap((maker) =>
    [...text.matchAll(new RegExp(`(?<![\\w.]|function )${maker.name}\\(`, 'g'))].flatMap((match) => {
      const args = splitArguments(text, match.index + match[0].length);
      const facts = maker.facts < 0 ? undefined : namesOf(args[maker.facts] ?? '');
      return codesIn(args[maker.code] ?? '', text).map((code) => ({
        code: `${code}${maker.suffix}`,
        facts,
        place,
        maker: maker.name,
      }));
    }),
  );
}

/** The codes in an argument; of a constant those that it is chosen from. What is compared with is no code. */
function codesIn(argument: string, text: string): readonly string[] {
  const name = /^\s*(\w+)\s*$/.exec(argument)?.[1];
  const chosen = name === undefined ? undefined : new RegExp(`const ${name} =([^;]*);`).exec(text)?.[1];
  const values = (chosen ?? argument).replaceAll(/[!=]==\s*'[^']*'/g, '');
  return [...values.matchAll(literal)].map((found) => found[1] ?? '');
}

/** `code: '…'` with `facts: { … }` beside it: events, and tables of reasons. */
function fromProperties(text: string, place: string): readonly MadeReason[] {
  return [...text.matchAll(/\bcode: '([a-z][a-z0-9]*(?:-[a-z0-9]+)*)'/g)].map((match) => {
    const rest = text.slice(match.index, match.index + 300);
    const beside = /^[^}]*?\bfacts: (\{[^}]*\})/s.exec(rest)?.[1];
    return { code: match[1] ?? '', facts: namesOf(beside), place };
  });
}

/** The arguments of a call whose opening bracket ends at `from`: split at the commas of its own level. */
function splitArguments(text: string, from: number): readonly string[] {
  const args: string[] = [];
  let depth = 0;
  let start = from;
  let quote = '';
  for (let index = from; index < Math.min(text.length, from + 2000); index += 1) {
    const character = text[index] ?? '';
    if (quote !== '') {
      if (character === quote && text[index - 1] !== '\\') quote = '';
    } else if (`'"\``.includes(character)) quote = character;
    else if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character) && depth === 0) return [...args, text.slice(start, index)];
    else if (')]}'.includes(character)) depth -= 1;
    else if (character === ',' && depth === 0) {
      args.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return args;
}

/** The names in an object literal; `undefined` for anything else, and where something is spread into it. */
function namesOf(argument: string | undefined): readonly string[] | undefined {
  if (argument === undefined) return undefined;
  if (argument.trim() === '') return [];
  const body = /^\s*\{(.*)\}\s*$/s.exec(argument)?.[1];
  if (body === undefined) return undefined;
  const parts = splitArguments(`${body})`, 0).map((part) => part.trim());
  if (parts.some((part) => part.startsWith('...') || part.startsWith('['))) return undefined;
  return parts.filter((part) => part !== '').map((part) => /^\w+/.exec(part)?.[0] ?? '');
}
