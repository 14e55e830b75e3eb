import { escapeCell, madeFrom } from './error-reference.ts';
import { errorOfReason } from './errors.ts';
import { reasonTemplates } from './reasons.ts';
import { knownRemedies, remediesOf } from './remedies.ts';
import type { Language } from './text.ts';

const words = {
  en: {
    title: '# Findings of checks',
    about:
      'What `holdfast doctor`, and the checks before a creation or an extension, warn of or fail with, besides the ' +
      '[errors](errors.md). Each check ends as `passed`, `warned` or `failed`; one that could not find anything out warns. ' +
      'No check of the doctor changes anything. Values stand in `{braces}`: `holdfast doctor` puts them in, so that a line ' +
      'can be copied. The first remedy whose values are known is shown.',
    head: '| finding | error | meaning | what to do |\n| --- | --- | --- | --- |',
  },
  ja: {
    title: '# 検査の結果',
    about:
      '`holdfast doctor`、および作成前と拡張前の検査が警告または不合格とする内容です ([エラー](errors.ja.md) も参照)。' +
      '各検査の結果は `passed` (合格)、`warned` (警告)、`failed` (不合格) のいずれかで、確認できなかった検査は警告になります。' +
      'doctor の検査は何も変更しません。値は `{中かっこ}` で示し、`holdfast doctor` が実際の値に置き換えるため、' +
      '行をそのままコピーできます。値が判明している最初の対処方法が表示されます。',
    head: '| 結果 | エラー | 意味 | 対処方法 |\n| --- | --- | --- | --- |',
  },
} as const;

/** The page `docs/reference/findings.md`, in one language: every finding that has a remedy of its own. */
export function renderFindingReference(language: Language): string {
  const say = words[language];
  const rows = knownRemedies().map((code) => {
    const meaning = reasonTemplates(code)[0]?.[language] ?? '';
    const remedies = remediesOf(code).map((text) => text[language]);
    const cells = [code, errorOfReason(code) ?? '', meaning, remedies.join('<br>')];
    return `| ${cells.map((cell) => escapeCell(cell)).join(' | ')} |`;
  });
  return `${[madeFrom, say.title, say.about, `${say.head}\n${rows.join('\n')}`].join('\n\n')}\n`;
}
