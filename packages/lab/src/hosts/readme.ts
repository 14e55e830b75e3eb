import { readFileSync } from 'node:fs';

/** One block of commands in a document, with where it is given. */
export interface CommandBlock {
  /** `each server`, or the server's name. */
  readonly on: string;
  readonly lines: readonly string[];
}

/** The commands of one section of the README, in blocks by where they are given. */
export function readmeBlocks(section: string): readonly CommandBlock[] {
  const text = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
  const body = text.split(`\n## ${section}\n`)[1]?.split('\n## ')[0];
  if (body === undefined) throw new Error(`the README has no section ${section}`);
  return blocksOf(body);
}

/** The commands of a page, by its path from the project's root. */
export function pageBlocks(page: string): readonly CommandBlock[] {
  return blocksOf(readFileSync(new URL(`../../../../${page}`, import.meta.url), 'utf8'));
}

function blocksOf(body: string): readonly CommandBlock[] {
  const blocks: { on: string; lines: string[] }[] = [];
  for (const line of body.split('\n')) {
    const on = /^On (?:`([a-z0-9]+)`|(each server))/.exec(line);
    if (on) blocks.push({ on: on[1] ?? on[2] ?? '', lines: [] });
    else if (line.startsWith('    ')) blocks.at(-1)?.lines.push(line.trim());
  }
  return blocks;
}
