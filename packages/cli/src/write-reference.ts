import { writeFile } from 'node:fs/promises';
import { runCli } from './cli.ts';

const page = new URL('../../../docs/reference/cli.md', import.meta.url);
const columns = 100;

async function helpOf(argv: readonly string[]): Promise<string> {
  let help = '';
  await runCli([...argv, '--help'], {
    environment: {},
    language: 'en',
    colours: false,
    interactive: false,
    columns,
    out: (text) => (help += text),
    err: () => {},
    pass: () => Promise.resolve(true),
  });
  return `\`\`\`text\n${help.trimEnd()}\n\`\`\``;
}

/** The commands beneath a command, as its help lists them. */
function partsOf(help: string): readonly string[] {
  const list = /\nCommands:\n((?: {2}.*\n)+)/.exec(help)?.[1] ?? '';
  return [...list.matchAll(/^ {2}([a-z-]+) /gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'help');
}

/** The page `docs/reference/cli.md`: what every command says of itself with `--help`. */
export async function renderCommandReference(): Promise<string> {
  const overview = await helpOf([]);
  const commands = partsOf(overview);
  const sections: string[] = [];
  for (const command of commands.filter((name) => name !== 'help')) {
    const help = await helpOf([command]);
    sections.push(`## holdfast ${command}`, help);
    for (const part of partsOf(help))
      sections.push(`### holdfast ${command} ${part}`, await helpOf([command, part]));
  }
  const text = [
    '<!-- made by packages/cli/src/write-reference.ts: do not edit -->',
    '# Command line',
    'Commands that ask the daemon of this server print its answers with `-o json`, in the form that `api.md` has. ' +
      '`init` and `join` print `{ cluster, server, fingerprint }`. An error is `{ "error": Error }` on standard ' +
      'output; `errors.md` has all of them. The exit code says the same in both forms. Texts are Japanese where ' +
      '`LC_ALL`, `LC_MESSAGES` or `LANG` begins with `ja`.',
    overview,
    ...sections,
  ];
  return `${text.join('\n\n')}\n`;
}

/** Writes the page anew. */
export async function writeReference(): Promise<void> {
  await writeFile(page, await renderCommandReference());
}

if (import.meta.main) await writeReference();
