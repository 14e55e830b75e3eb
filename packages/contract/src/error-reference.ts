import { errorCatalogue, type ErrorCode } from './errors.ts';
import { errorKinds, type ErrorKind } from './errors/entry.ts';
import type { Language } from './text.ts';

export const madeFrom = '<!-- made by packages/contract/src/write-reference.ts: do not edit -->';

const words = {
  en: {
    title: '# Errors',
    about:
      'Every error that Holdfast reports, with what to do about it. A code is never used for anything else. ' +
      'Values stand in `{braces}`.',
    exitCodes: '## Exit codes of the command line',
    exitHead: '| exit code | meaning |\n| --- | --- |',
    errors: '## Errors',
    errorHead: '| code | message | what to do | exit code | HTTP status |\n| --- | --- | --- | --- | --- |',
  },
  ja: {
    title: '# エラー',
    about:
      'Holdfast が報告するすべてのエラーと、その対処方法です。コードが別の意味に再利用されることはありません。' +
      '値は `{中かっこ}` で示します。',
    exitCodes: '## コマンドラインの終了コード',
    exitHead: '| 終了コード | 意味 |\n| --- | --- |',
    errors: '## エラー',
    errorHead:
      '| コード | メッセージ | 対処方法 | 終了コード | HTTP ステータス |\n| --- | --- | --- | --- | --- |',
  },
} as const;

/** What each exit code of the command line means. They never change. */
export const exitCodeTexts: Readonly<Record<Language, Readonly<Record<number, string>>>> = {
  en: {
    0: 'done',
    1: 'failed',
    2: 'wrong usage, or something that was named does not exist',
    3: 'refused by a rule: nothing was changed',
    4: 'the daemon of this server cannot be reached',
    5: 'not complete in time; it may still be going on',
  },
  ja: {
    0: '完了',
    1: '失敗',
    2: '使用方法の誤り、または指定したものが存在しない',
    3: '規則により拒否 (変更なし)',
    4: 'このサーバーのデーモンに接続できない',
    5: '時間内に完了しなかった (続行中の可能性あり)',
  },
};

/** The page `docs/reference/errors.md`, in one language: exit codes and errors. */
export function renderErrorReference(language: Language): string {
  const say = words[language];
  const exits = Object.entries(exitCodeTexts[language]).map(([code, text]) => `| ${code} | ${text} |`);
  const errors = (Object.keys(errorCatalogue) as ErrorCode[]).sort().map((code) => {
    const { kind, message, remedy } = errorCatalogue[code];
    const { exitCode, httpStatus } = errorKinds[kind satisfies ErrorKind];
    const cells = [code, message[language], remedy[language], exitCode, httpStatus];
    return `| ${cells.map((cell) => escapeCell(String(cell))).join(' | ')} |`;
  });
  const page = [
    [madeFrom, say.title, say.about],
    [say.exitCodes, `${say.exitHead}\n${exits.join('\n')}`],
    [say.errors, `${say.errorHead}\n${errors.join('\n')}`],
  ];
  return `${page.flat().join('\n\n')}\n`;
}

/** A text as a cell of a Markdown table. */
export function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
