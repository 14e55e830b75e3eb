import { escapeCell, madeFrom } from './error-reference.ts';
import { eventMeaning, knownEvents } from './events.ts';
import type { Language } from './text.ts';

const words = {
  en: {
    title: '# Events',
    about:
      'Every event that Holdfast tells, with its fixed name. A name is never used for anything else. Values stand in ' +
      '`{braces}`; `holdfast events` puts them in. `{cause}` is the reason in words.',
    searching:
      'Each event has an id that grows with the wall clock of the server that wrote it, a severity (`info`, `warning`, ' +
      '`alarm`), the server, and where it is about one the hierarchy and the resource. The newest 2,000 are kept. ' +
      '`holdfast events` searches them: `--search`, `--severity`, `--code`, `--on`, `--hierarchy`, `--from`, `--to`; ' +
      '`--since ID` goes on after an event.',
    head: '| event | meaning |\n| --- | --- |',
  },
  ja: {
    title: '# イベント',
    about:
      'Holdfast が通知するすべてのイベントと、その固定の名前です。名前が別の意味に再利用されることはありません。' +
      '値は `{中かっこ}` で示し、`holdfast events` が実際の値に置き換えます。`{cause}` は理由を示す文です。',
    searching:
      '各イベントには、記録したサーバーの時計に従って増加する ID、重大度 (`info`、`warning`、`alarm`)、サーバー名と、' +
      '該当する場合はリソース階層とリソースが付きます。最新の 2,000 件が保存されます。' +
      '`holdfast events` で検索できます: `--search`、`--severity`、`--code`、`--on`、`--hierarchy`、`--from`、`--to`。' +
      '`--since ID` は、指定したイベントの後から表示します。',
    head: '| イベント | 意味 |\n| --- | --- |',
  },
} as const;

/** The page `docs/reference/events.md`, in one language: every name with its sentence. */
export function renderEventReference(language: Language): string {
  const say = words[language];
  const rows = knownEvents().map((code) => `| ${code} | ${escapeCell(eventMeaning(code)[language])} |`);
  return `${[madeFrom, say.title, say.about, say.searching, `${say.head}\n${rows.join('\n')}`].join('\n\n')}\n`;
}
