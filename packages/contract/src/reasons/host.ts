import type { Text } from '../text.ts';

/** What the operating system did not do. */
export const hostReasons = {
  'start-mode-not-set': {
    en: 'the start mode of {service} could not be set to {mode}',
    ja: '{service} の起動モードを {mode} に変更できませんでした',
  },
  'device-failed': {
    en: 'the device {device} cannot be read',
    ja: 'デバイス {device} を読み取れません',
  },
  'disk-failed': {
    en: 'the disk with {path} cannot be read',
    ja: '{path} のディスクを読み取れません',
  },
  'file-failed': {
    en: '{path}: {action} failed',
    ja: '{path}: {action} に失敗しました',
  },
  'file-too-large': {
    en: 'the file {path} has more than {bytes} bytes',
    ja: 'ファイル {path} は {bytes} バイトを超えています',
  },
  'program-not-started': {
    en: 'the program {program} could not be started',
    ja: 'プログラム {program} を起動できませんでした',
  },
  'record-damaged': {
    en: 'the record {path} of a service cannot be read',
    ja: 'サービスのレコード {path} を読み取れません',
  },
  'service-ended': {
    en: 'the service {service} has ended',
    ja: 'サービス {service} が終了しました',
  },
  'service-exists': {
    en: 'there is a service {service} already',
    ja: 'サービス {service} はすでに存在します',
  },
  'service-name': {
    en: '{service} is no possible name of a service',
    ja: '{service} はサービス名として使用できません',
  },
  'service-not-ours': {
    en: 'the service {service} was not made by Holdfast: {path}',
    ja: 'サービス {service} は Holdfast が作成したものではありません: {path}',
  },
  'service-does-not-rest': {
    en: 'the stop of the service {service} does not come to its end',
    ja: 'サービス {service} の停止処理が終わりません',
  },
  'service-not-started': {
    en: 'the service {service} did not start within {timeoutMs} ms',
    ja: 'サービス {service} が {timeoutMs} ミリ秒以内に起動しませんでした',
  },
  'service-running': {
    en: 'the service {service} runs',
    ja: 'サービス {service} は稼働中です',
  },
} as const satisfies Record<string, Text>;
