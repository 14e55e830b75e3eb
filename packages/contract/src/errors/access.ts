import type { ErrorEntry } from './entry.ts';

/** Signing in, roles, accounts and tokens (S-02). */
export const accessErrors = {
  'HF-AUTH-001': {
    kind: 'not-signed-in',
    message: {
      en: 'nobody is signed in, or the session or token is not valid any more',
      ja: 'サインインしていないか、セッションまたはトークンが無効になっています',
    },
    remedy: {
      en: 'Sign in again, or use a token that has not expired.',
      ja: '再度サインインするか、有効期限内のトークンを使用してください。',
    },
  },
  'HF-AUTH-002': {
    kind: 'not-signed-in',
    message: { en: 'account or password is wrong', ja: 'アカウントまたはパスワードが正しくありません' },
    remedy: {
      en: 'Check both; an administrator can set a new password with "holdfast account set".',
      ja: '両方を確認してください。管理者は「holdfast account set」で新しいパスワードを設定できます。',
    },
  },
  'HF-AUTH-003': {
    kind: 'not-permitted',
    message: {
      en: '{who} is {held}, and this needs the role {needed}',
      ja: '{who} のロールは {held} ですが、この操作にはロール {needed} が必要です',
    },
    remedy: {
      en: 'Ask an administrator to do it, or to give the account that role.',
      ja: '管理者に操作を依頼するか、アカウントにそのロールを付与してもらってください。',
    },
  },
  'HF-AUTH-004': {
    kind: 'too-many',
    message: {
      en: 'too many attempts to sign in; the next one counts in {waitMs} ms',
      ja: 'サインインの試行回数が多すぎます。次の試行は {waitMs} ミリ秒後に有効になります',
    },
    remedy: {
      en: 'Wait that long, then try once with the right password.',
      ja: 'その時間だけ待ってから、正しいパスワードで再度試行してください。',
    },
  },
  'HF-AUTH-005': {
    kind: 'refused',
    message: { en: 'there is an account {account} already', ja: 'アカウント {account} は既に存在します' },
    remedy: {
      en: 'Choose another name, or change that account.',
      ja: '別の名前を選ぶか、そのアカウントを変更してください。',
    },
  },
  'HF-AUTH-006': {
    kind: 'unknown-name',
    message: { en: 'there is no account {account}', ja: 'アカウント {account} は存在しません' },
    remedy: { en: 'See "holdfast account list".', ja: '「holdfast account list」で確認してください。' },
  },
  'HF-AUTH-007': {
    kind: 'unknown-name',
    message: { en: 'there is no API token {token}', ja: 'API トークン {token} は存在しません' },
    remedy: { en: 'See "holdfast api-token list".', ja: '「holdfast api-token list」で確認してください。' },
  },
  'HF-AUTH-008': {
    kind: 'refused',
    message: {
      en: 'there are {count} {what} already, which is the most',
      ja: '{what} は既に上限の {count} 件あります',
    },
    remedy: { en: 'Delete those that nobody uses any more.', ja: '使用されていないものを削除してください。' },
  },
} as const satisfies Record<string, ErrorEntry>;
