import { describeReason, inWords, reasonTemplates } from './reasons.ts';
import { fillTemplate, type Facts, type Language, type Text } from './text.ts';

/** The events that a person can meet, with fixed names and meanings. A name is never reused. */
const eventCatalogue = {
  'server-there': { en: 'server {server} is there', ja: 'サーバー {server} が稼働しています' },
  'server-lost': { en: 'server {server} is lost', ja: 'サーバー {server} が失われました' },
  'lease-good': { en: 'this server holds a good lease', ja: 'このサーバーのリースが有効になりました' },
  'lease-lost': { en: 'this server has lost its lease', ja: 'このサーバーのリースが失われました' },
  'failsafe-began': {
    en: 'this server cannot renew its lease and goes on: every other server has promised to take nothing',
    ja: 'リースを更新できませんが、他のすべてのサーバーが引き継がないことを約束したため、稼働を続けます',
  },
  'failsafe-ended': {
    en: 'the promises of the other servers are not needed any more',
    ja: '他のサーバーによる約束が不要になりました',
  },
  'failsafe-refused': {
    en: 'this server cannot renew its lease, and {refuser} does not promise to take nothing: {cause}',
    ja: 'リースを更新できず、{refuser} からも引き継がないという約束が得られません: {cause}',
  },
  'store-does-not-answer': { en: 'etcd does not answer: {message}', ja: 'etcd が応答しません: {message}' },
  'store-read-again': { en: 'etcd answers again', ja: 'etcd の応答が回復しました' },
  'record-not-understood': {
    en: 'the record {key} cannot be read: this server does not act',
    ja: 'レコード {key} を読み取れません。このサーバーは動作しません',
  },
  'record-of-newer-format': {
    en: 'the record {key} has format {found}, newer than {understood}: this server does not act',
    ja: 'レコード {key} の形式 {found} は {understood} より新しいため、このサーバーは動作しません',
  },
  'commit-overtaken': {
    en: 'the change "{action}" was overtaken by another',
    ja: '変更「{action}」より先に別の変更が行われました',
  },
  'commit-unanswered': {
    en: 'the change "{action}" was not answered: {message}',
    ja: '変更「{action}」への応答がありません: {message}',
  },
  'owner-acquired': {
    en: '{server} has taken {hierarchy} in term {term}',
    ja: '{server} が {hierarchy} を引き継ぎました (期間 {term})',
  },
  'owner-released': {
    en: '{server} has given {hierarchy} back',
    ja: '{server} が {hierarchy} の所有を解除しました',
  },
  'handed-over': {
    en: '{server} has handed {hierarchy} over to {to}',
    ja: '{server} が {hierarchy} を {to} に引き渡しました',
  },
  'given-away': {
    en: '{server} cannot run {hierarchy} and no other server can: {cause}',
    ja: '{server} で {hierarchy} を実行できず、引き継げるサーバーもありません: {cause}',
  },
  'gave-up': {
    en: '{server} gives {hierarchy} up: {cause}',
    ja: '{server} は {hierarchy} の稼働を断念します: {cause}',
  },
  'switchback-began': {
    en: '{hierarchy} returns from {server} to {to}, which has been healthy for long enough',
    ja: '一定時間正常な {to} へ、{server} から {hierarchy} をスイッチバックします',
  },
  'maintenance-over': {
    en: 'the maintenance of {hierarchy} is over: {server} goes on from what it finds',
    ja: '{hierarchy} のメンテナンスが終了しました。{server} は現在の状態から再開します',
  },
  'mark-cleared': {
    en: '{server} may run {hierarchy} again',
    ja: '{server} は再び {hierarchy} を実行できます',
  },
  'operation-ended': {
    en: 'operation {operation} on {hierarchy} has ended: {state}',
    ja: '{hierarchy} に対する操作 {operation} が終了しました: {state}',
  },
  'restore-started': { en: '{tag} is being started', ja: '{tag} のリストアを開始しました' },
  restored: { en: '{tag} is in service', ja: '{tag} が In Service になりました' },
  'restore-failed': {
    en: '{tag} could not be started: {cause}',
    ja: '{tag} のリストアに失敗しました: {cause}',
  },
  'recover-started': { en: '{tag} is being repaired', ja: '{tag} のローカルリカバリーを開始しました' },
  recovered: { en: '{tag} is repaired', ja: '{tag} のローカルリカバリーが完了しました' },
  'recover-failed': {
    en: '{tag} could not be repaired: {cause}',
    ja: '{tag} のローカルリカバリーに失敗しました: {cause}',
  },
  'remove-started': { en: '{tag} is being stopped', ja: '{tag} のリムーブを開始しました' },
  removed: { en: '{tag} has stopped', ja: '{tag} が停止しました' },
  'removed-with-warning': {
    en: '{tag} has stopped, but: {cause}',
    ja: '{tag} は停止しましたが、注意が必要です: {cause}',
  },
  'remove-failed': {
    en: '{tag} could not be stopped: {cause}',
    ja: '{tag} のリムーブに失敗しました: {cause}',
  },
  'found-running': { en: '{tag} was found running', ja: '{tag} が稼働中であることを検出しました' },
  progress: { en: '{tag}: {step}', ja: '{tag}: {step}' },
  'action-abandoned': {
    en: 'the action "{action}" on {tag} does not end and is given up',
    ja: '{tag} に対する処理「{action}」が終了しないため、打ち切りました',
  },
  'kill-started': {
    en: '{hierarchy} is being ended by force on {server}',
    ja: '{server} で {hierarchy} を強制終了しています',
  },
  killed: { en: '{hierarchy} was ended by force', ja: '{hierarchy} を強制終了しました' },
  'kill-failed': {
    en: '{hierarchy} could not be ended by force, no other server may take it: {cause}',
    ja: '{hierarchy} を強制終了できないため、他のサーバーは引き継げません: {cause}',
  },
  'resource-failed': { en: '{tag} has failed: {cause}', ja: '{tag} に障害が発生しました: {cause}' },
  'path-alive': {
    en: 'the communication path {path} to {peer} is alive',
    ja: '{peer} へのコミュニケーションパス {path} が回復しました',
  },
  'path-dead': {
    en: 'the communication path {path} to {peer} is dead',
    ja: '{peer} へのコミュニケーションパス {path} が停止しました',
  },
  'certificate-renewed': {
    en: '{server} has new certificates, valid until {until}',
    ja: '{server} の証明書を更新しました (有効期限 {until})',
  },
  'certificate-not-renewed': {
    en: 'the certificates of {server} could not be renewed, and it will try again: {message}',
    ja: '{server} の証明書を更新できませんでした。再試行します: {message}',
  },
  'taken-into-care': {
    en: '{tag} is in the care of {server} now',
    ja: '{server} で {tag} の保護を開始しました',
  },
  'let-go': {
    en: '{tag} is no longer in the care of {server}: it is configured there no more',
    ja: '{tag} は {server} の構成から外れたため、保護を解除しました',
  },
  'care-not-settled': {
    en: '{server} could not bring the care of {tag} in step with the configuration, and will try again: {message}',
    ja: '{server} で {tag} の保護状態を構成に合わせられませんでした。再試行します: {message}',
  },
  'plan-not-dropped': {
    en: 'the guard keeps the stop plan of {hierarchy}, so it cannot be given away',
    ja: 'ガードプロセスが {hierarchy} の停止計画を保持しているため、引き渡せません',
  },
  'check-bad': {
    en: 'deep check number {bad} of {tag} was bad: {cause}',
    ja: '{tag} のディープチェックに {bad} 回失敗しました: {cause}',
  },
  degraded: {
    en: '{tag} runs with a warning: {cause}',
    ja: '{tag} は警告のある状態で稼働しています: {cause}',
  },
  'warning-over': { en: '{tag} runs without a warning again', ja: '{tag} の警告が解消しました' },
} as const satisfies Record<string, Text>;

/** Reasons that are events as well, in their own words. */
const toldReasons = [
  'waiting-for-confirmation',
  'kept-by-server',
  'failovers-used-up',
  'failovers-used-up-here',
  'failover-blocked-here',
  'in-maintenance',
  'cluster-in-maintenance',
  'tunable-replaced',
  'defaults-file-not-read',
] as const;

/** The name of an event that this program tells. Records of the store may have names that only a newer one knows. */
export type EventCode = keyof typeof eventCatalogue | (typeof toldReasons)[number];

const events: Readonly<Record<string, Text>> = eventCatalogue;

export interface EventData {
  readonly code: string;
  readonly facts: Facts;
  readonly server: string;
  readonly hierarchy?: string | null | undefined;
  readonly tag?: string | null | undefined;
}

/** All names of events. */
export function knownEvents(): readonly EventCode[] {
  const own = Object.keys(eventCatalogue) as (keyof typeof eventCatalogue)[];
  return [...own, ...toldReasons].sort();
}

/**
 * The sentence for an event's name with its facts as `{name}`; `undefined` where the catalogue does not know
 * it.
 */
export function eventTemplate(code: string): Text | undefined {
  return Object.hasOwn(events, code) ? events[code] : undefined;
}

/** What an event means, with its facts as `{name}`: its own sentence, or that of the reason that it tells. */
export function eventMeaning(code: EventCode): Text {
  const text = eventTemplate(code) ?? reasonTemplates(code).at(-1);
  return text ?? { en: code, ja: code };
}

/** An event as a plain sentence. One that the catalogue does not know may still be known as a reason. */
export function describeEvent(event: EventData, language: Language): string {
  const { server, hierarchy, tag } = event;
  const facts = {
    server,
    ...(typeof hierarchy === 'string' && { hierarchy }),
    ...(typeof tag === 'string' && { tag }),
    ...event.facts,
  };
  const template = eventTemplate(event.code)?.[language];
  if (template === undefined) return describeReason({ code: event.code, facts: event.facts }, language);
  return fillTemplate(template, inWords(facts, language));
}
