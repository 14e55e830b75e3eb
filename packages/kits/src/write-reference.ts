import { writeFile } from 'node:fs/promises';
import { settingTexts, type SettingText } from '@holdfast/contract';
import { postgresqlTunables } from './postgresql/tunables.ts';

const page = new URL('../../../docs/reference/settings.md', import.meta.url);

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The page `docs/reference/settings.md`: every setting, made from what forms and `holdfast settings` show. */
export function renderSettingsReference(): string {
  const settings = Object.entries<SettingText>(settingTexts).map(([name, { label, help, unit, effect }]) =>
    row([`\`${name}\``, label.en, `${help.en}${unit ? ` (${unit.en})` : ''}`, effect.en]),
  );
  const tunables = postgresqlTunables.map(({ name, minimum, unit, help, effect, default: value }) =>
    row([`\`${name}\``, `${value} ${unit.en}`, String(minimum), help.en, effect.en]),
  );
  const text = [
    '<!-- made by packages/kits/src/write-reference.ts: do not edit -->',
    '# Settings',
    '`holdfast settings [TAG]` shows each with its value and where that comes from; `holdfast set [TAG]` changes ' +
      'it, while everything runs. Each is an option of that command with the same name.',
    [
      row(['setting', 'what', 'meaning', 'takes effect']),
      row(['---', '---', '---', '---']),
      ...settings,
    ].join('\n'),
    '## Limits of recovery kits',
    'Set for one resource (`holdfast set TAG --tunable NAME=VALUE`), for the whole cluster (`holdfast set ' +
      '--tunable NAME=VALUE`), or for one server as a line `NAME=VALUE` in its `/etc/default/holdfast`. The resource ' +
      'counts more than the cluster, the cluster more than the file. `NAME=` takes one back. A value that is smaller ' +
      'than the minimum, or no whole number, is replaced by the minimum, with a warning.',
    '### postgresql',
    [
      row(['name', 'default', 'minimum', 'meaning', 'takes effect']),
      row(['---', '---', '---', '---', '---']),
      ...tunables,
    ].join('\n'),
  ];
  return `${text.join('\n\n')}\n`;
}

/** Writes the page anew. */
export async function writeReference(): Promise<void> {
  await writeFile(page, renderSettingsReference());
}

if (import.meta.main) await writeReference();
