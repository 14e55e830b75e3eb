import { posix } from 'node:path';
import { z } from 'zod';
import type { FieldText } from '../kit.ts';

const noControlCharacters = /^[^\p{Cc}]+$/u;

/** An absolute path in its shortest form: it is compared with what the kernel shows of a process. */
const path = z
  .string()
  .max(1024)
  .regex(noControlCharacters)
  .refine((value) => posix.isAbsolute(value) && value !== '/' && posix.normalize(value) === value, {
    error: 'an absolute path without "." and ".." is needed',
  })
  .refine((value) => !value.endsWith('/'), { error: 'no "/" at the end' });

const serviceName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:_.@\\-]{0,200}$/);
const accountName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}\$?$/);

/**
 * Parameters of one PostgreSQL database cluster (K-01). Passwords are not among them: the kit takes the one it needs
 * from the password file of the daemon's user each time (K-04).
 */
export const postgresqlParameters = z.strictObject({
  service: serviceName,
  /** The directory with `postgres` and `pg_ctl`, as a real path: the kill plan finds processes by it. */
  executables: path,
  /** The data directory, as a real path, for the same reason. */
  dataDirectory: path,
  port: z.int().min(1).max(65_535),
  user: z.string().min(1).max(63).regex(noControlCharacters).default('postgres'),
  /** A socket directory or a host of this server, where the checks connect; found by itself when it is not given. */
  host: z
    .union([path, z.ipv4(), z.ipv6(), z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,252})$/)])
    .optional(),
  /** Runs the service; needed only when Holdfast makes it. */
  account: accountName.optional(),
  /** Further arguments of `postgres` for a service that Holdfast makes: those the postmaster was found with. */
  arguments: z.array(z.string().max(1024).regex(noControlCharacters)).max(100).default([]),
  /** `created`: the service goes when the resource goes; `existing`: it was there before and stays (K-02). */
  serviceOrigin: z.enum(['existing', 'created']).default('existing'),
  /** What an existing service gets back when the resource is deleted (K-02). */
  formerStartMode: z.enum(['automatic', 'manual']).optional(),
  /** Numeric id of the data's owner: the account of every other server must have the same one (K-10). */
  ownerUid: z.int().min(0).optional(),
  majorVersion: z.int().min(12).max(99).optional(),
});

export type PostgresqlParameters = z.infer<typeof postgresqlParameters>;

/** Fields that may differ from server to server. */
export const perServerFields: readonly string[] = [
  'executables',
  'host',
  'account',
  'serviceOrigin',
  'formerStartMode',
];

/** Where and as whom the checks connect, and what a service gets back: PostgreSQL itself does not know of them. */
export const liveFields: readonly string[] = ['user', 'host', 'formerStartMode'];

/** A tag for a new resource, from its port (K-01). */
export function defaultTag(parameters: { readonly port: number }): string {
  return `pgsql-${parameters.port}`;
}

/** The postmaster's executable: a process of the database cluster runs exactly this file. */
export function postgresPath(parameters: { readonly executables: string }): string {
  return `${parameters.executables}/postgres`;
}

export const postgresqlFields: Readonly<Record<string, FieldText>> = {
  service: {
    label: { en: 'Service name', ja: 'サービス名' },
    help: {
      en: 'The service that runs this database cluster; it is made if it does not exist',
      ja: 'このデータベースクラスターを実行するサービス。存在しない場合は作成されます',
    },
  },
  executables: {
    label: { en: 'Executable directory', ja: '実行ファイルのディレクトリー' },
    help: {
      en: 'Where postgres and pg_ctl are; it may differ from server to server',
      ja: 'postgres と pg_ctl があるディレクトリー。サーバーごとに異なってもかまいません',
    },
  },
  dataDirectory: {
    label: { en: 'Data directory', ja: 'データディレクトリー' },
    help: {
      en: 'The data directory of the database cluster, on a protected volume',
      ja: '保護されたボリューム上にある、データベースクラスターのデータディレクトリー',
    },
  },
  port: {
    label: { en: 'Port', ja: 'ポート' },
    help: {
      en: 'The TCP port of the database cluster; the postmaster must run with "-p port"',
      ja: 'データベースクラスターの TCP ポート。postmaster は「-p ポート」付きで実行されている必要があります',
    },
  },
  user: {
    label: { en: 'Administrator user', ja: '管理ユーザー' },
    help: {
      en: 'Database user of the checks: it connects to template1 without a prompt and should be a superuser',
      ja: 'チェックに使用するデータベースユーザー。プロンプトなしで template1 に接続でき、スーパーユーザーであることが推奨されます',
    },
  },
  host: {
    label: {
      en: 'Socket directory or host for the checks',
      ja: 'チェックの接続先 (ソケットディレクトリーまたはホスト)',
    },
    help: {
      en: 'Found by itself when empty: the socket directory of the postmaster, or its listening address',
      ja: '空の場合は自動的に決定されます (postmaster のソケットディレクトリー、または待ち受けアドレス)',
    },
  },
  account: {
    label: { en: 'Service account', ja: 'サービスアカウント' },
    help: {
      en: 'Needed only when the service is made: the operating system user that owns the data directory',
      ja: 'サービスを作成する場合にのみ必要です。データディレクトリーを所有する OS ユーザーを指定します',
    },
  },
  arguments: {
    label: { en: 'Further start arguments', ja: '追加の起動引数' },
    help: {
      en: 'Arguments of postgres besides -D and -p, for a service that is made; taken from the running postmaster',
      ja: 'サービスを作成する場合に -D と -p のほかに指定する postgres の引数。稼働中の postmaster から取得されます',
    },
  },
  serviceOrigin: {
    label: { en: 'Origin of the service', ja: 'サービスの由来' },
    help: {
      en: '"existing": it was there before and stays; "created": Holdfast makes it and deletes it with the resource',
      ja: '「existing」: 以前から存在し、削除されません。「created」: Holdfast が作成し、リソースとともに削除されます',
    },
  },
  formerStartMode: {
    label: { en: 'Former start mode', ja: '以前のスタートアップモード' },
    help: {
      en: 'What an existing service gets back when the resource is deleted; it is manual while it is protected',
      ja: 'リソースの削除時に既存のサービスへ戻すモード。保護されている間は手動になります',
    },
  },
  ownerUid: {
    label: { en: "Number of the data's owner", ja: 'データ所有者の UID' },
    help: {
      en: 'The service account of every server must have this user number; found from the data directory',
      ja: '各サーバーのサービスアカウントはこの UID を持つ必要があります。データディレクトリーから取得されます',
    },
  },
  majorVersion: {
    label: { en: 'Major version', ja: 'メジャーバージョン' },
    help: {
      en: 'The executables of every server must have this version; found from the data directory',
      ja: '各サーバーの実行ファイルはこのバージョンである必要があります。データディレクトリーから取得されます',
    },
  },
};
