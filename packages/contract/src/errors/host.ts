import type { ErrorEntry } from './entry.ts';

/** What Holdfast asks of the operating system: programs, services, processes. */
export const hostErrors = {
  'HF-SRV-001': {
    kind: 'failed',
    message: { en: 'the program {program} is not there', ja: 'プログラム {program} が存在しません' },
    remedy: {
      en: 'Install the package that brings it.',
      ja: 'このプログラムを含むパッケージをインストールしてください。',
    },
    reasons: ['program-missing'],
  },
  'HF-SRV-002': {
    kind: 'timed-out',
    message: {
      en: '{program} did not end within {timeoutMs} ms and was killed',
      ja: '{program} が {timeoutMs} ミリ秒以内に終了しなかったため、強制終了しました',
    },
    remedy: {
      en: 'A hanging disk or an overloaded server is the usual cause; look into the system log.',
      ja: 'よくある原因は、応答しないディスクやサーバーの過負荷です。システムログを確認してください。',
    },
    reasons: ['program-timed-out'],
  },
  'HF-SRV-003': {
    kind: 'failed',
    message: {
      en: '{program} ended with {ending}: {detail}',
      ja: '{program} が終了しました ({ending}): {detail}',
    },
    remedy: {
      en: 'The message is that of the program; put right what it names.',
      ja: 'このメッセージはプログラムによるものです。示された問題を解決してください。',
    },
    reasons: ['program-failed'],
  },
  'HF-SRV-004': {
    kind: 'failed',
    message: {
      en: 'the service {service} could not be {action}: {detail}',
      ja: 'サービス {service} を操作できませんでした ({action}): {detail}',
    },
    remedy: {
      en: 'Look into the log of the service; on systemd with "journalctl -u" and its name.',
      ja: 'サービスのログを確認してください。systemd の場合は「journalctl -u サービス名」を使用します。',
    },
  },
  'HF-SRV-005': {
    kind: 'refused',
    message: {
      en: 'this needs root, and the daemon runs as another user: {action}',
      ja: 'この処理には root 権限が必要ですが、デーモンは別のユーザーで実行されています: {action}',
    },
    remedy: {
      en:
        'Run the daemon as root, or use resources that an ordinary user can run: a directory volume, a ' +
        'loopback address.',
      ja:
        'デーモンを root で実行するか、一般ユーザーで使用できるリソース (ディレクトリーボリューム、' +
        'ループバックアドレス) を使用してください。',
    },
    reasons: ['not-root'],
  },
  'HF-SRV-006': {
    kind: 'failed',
    message: {
      en: 'the creation failed ({problem}), and not all of it could be undone: {left}',
      ja: '作成に失敗し ({problem})、一部を元に戻せませんでした: {left}',
    },
    remedy: {
      en: 'Put right by hand what is named, then create it again.',
      ja: '示されたものを手動で元に戻し、再度作成してください。',
    },
  },
} as const satisfies Record<string, ErrorEntry>;
