import type { Text } from '../text.ts';

const lookAtPaths: Text = {
  en: 'Look at the communication paths with "holdfast status"; bring the server, its daemon or its network back.',
  ja: '「holdfast status」でコミュニケーションパスを確認し、サーバー、デーモン、またはネットワークを復旧してください。',
};
const bringEtcdBack: Text = {
  en: 'Bring the majority of etcd members back: start the servers that are off, and see on each why its etcd does not run: journalctl -u holdfast',
  ja: 'etcd メンバーの過半数を復旧してください。停止しているサーバーを起動し、各サーバーで etcd の状態を確認します: journalctl -u holdfast',
};
const freeSpace: Text = {
  en: 'Free space on {path} or enlarge it; see what takes it with: du -xh --max-depth=2 {path} | sort -h | tail',
  ja: '{path} の空き容量を増やしてください。使用状況の確認: du -xh --max-depth=2 {path} | sort -h | tail',
};
const quietMachine: Text = {
  en: 'Take other work off this server, give a virtual machine its own processors, or set a calmer profile: holdfast set --profile safe',
  ja:
    'このサーバーの他の処理を減らすか、仮想マシンに専用のプロセッサーを割り当てるか、余裕のあるプロファイルを' +
    '設定してください: holdfast set --profile safe',
};
const lessMemory: Text = {
  en:
    'Give this server more memory, or let the database clusters take less of it: ' +
    "ALTER SYSTEM SET shared_buffers = '…MB'; (needs a restart)",
  ja:
    'このサーバーのメモリーを増やすか、データベースクラスターの使用量を減らしてください: ' +
    "ALTER SYSTEM SET shared_buffers = '…MB'; (再起動が必要)",
};
const renewCertificate: Text = {
  en:
    'It is renewed by itself in its last third; see the event "certificate-not-renewed" for why it was not, then: ' +
    'holdfast certificate renew {server}',
  ja:
    '有効期間の残りが 3 分の 1 になると自動的に更新されます。更新されない理由はイベント「certificate-not-renewed」で' +
    '確認し、次を実行してください: holdfast certificate renew {server}',
};
const haveWatchdog: Text = {
  en:
    'Load the driver of the hardware, or where there is none "modprobe softdog" (and put softdog into ' +
    '/etc/modules-load.d/holdfast.conf), and name it in server.json of the state directory: "watchdog": "/dev/watchdog"',
  ja:
    'ハードウェアのドライバーをロードするか、ない場合は「modprobe softdog」を実行し (/etc/modules-load.d/holdfast.conf に ' +
    'softdog を記述)、状態ディレクトリーの server.json で指定してください: "watchdog": "/dev/watchdog"',
};

/** Findings about servers. */
export const doctorRemedies: Readonly<Record<string, readonly Text[]>> = {
  'check-unknown': [
    {
      en: 'Look into the log of the daemon on that server, and ask the doctor again.',
      ja: 'そのサーバーのデーモンのログを確認し、再度検査を実行してください。',
    },
  ],
  'check-failed': [
    {
      en: 'Look into the log of the daemon on that server, and ask the doctor again.',
      ja: 'そのサーバーのデーモンのログを確認し、再度検査を実行してください。',
    },
  ],
  'server-unanswered': [lookAtPaths],
  'servers-not-connected': [lookAtPaths],
  'communication-paths-dead': [lookAtPaths],
  'path-not-redundant': [
    {
      en: 'Join servers with an address in each of two networks; where both have them: holdfast path create SERVER=ADDRESS SERVER=ADDRESS',
      ja: '2つのネットワークのアドレスを指定してサーバーを参加させてください。両方のサーバーにある場合: holdfast path create サーバー=アドレス サーバー=アドレス',
    },
  ],
  failsafe: [bringEtcdBack],
  'failsafe-refused': [lookAtPaths, bringEtcdBack],
  'failsafe-off': [
    {
      en: 'Turn it on, unless a stop is what you want then: holdfast set --failsafe on',
      ja: '停止させる必要がない場合は有効にしてください: holdfast set --failsafe on',
    },
  ],
  'clock-off': [
    {
      en: 'Let a time service set the clocks, and see that it does: timedatectl set-ntp true; timedatectl timesync-status',
      ja: '時刻同期サービスを有効にし、動作を確認してください: timedatectl set-ntp true; timedatectl timesync-status',
    },
  ],
  'clock-unknown': [lookAtPaths],
  'daemon-versions-differ': [
    {
      en: 'Install the same version of Holdfast on all servers; what runs goes on running meanwhile.',
      ja: 'すべてのサーバーに同じバージョンの Holdfast をインストールしてください。その間も稼働中のリソースは停止しません。',
    },
  ],
  'etcd-version-faulty': [
    {
      en: 'Upgrade etcd, one member after the other, to 3.4.31 or 3.5.13 or newer.',
      ja: 'etcd を 1 メンバーずつ 3.4.31、3.5.13、またはそれ以降にアップグレードしてください。',
    },
  ],
  'etcd-version-unknown': [
    {
      en: 'See whether etcd runs and has a leader: holdfast status',
      ja: 'etcd が稼働し、リーダーが存在することを確認してください: holdfast status',
    },
  ],
  'etcd-not-measured': [
    {
      en: 'See whether etcd runs and has a leader: holdfast status',
      ja: 'etcd が稼働し、リーダーが存在することを確認してください: holdfast status',
    },
  ],
  'etcd-slow': [
    {
      en:
        'Put the state directory on a disk of its own that syncs quickly, look at the network between the servers, or ' +
        'set a calmer profile: holdfast set --profile {fits}',
      ja:
        '状態ディレクトリーを同期の速い専用ディスクに置くか、サーバー間のネットワークを確認するか、余裕のあるプロファイルを' +
        '設定してください: holdfast set --profile {fits}',
    },
  ],
  'stalls-long': [quietMachine],
  'profile-too-fast': [
    {
      en: 'Set the profile that fits: holdfast set --profile {fits}',
      ja: '適合するプロファイルを設定してください: holdfast set --profile {fits}',
    },
  ],
  'profile-none': [quietMachine],
  'profile-unknown': [
    {
      en: 'See whether etcd runs and has a leader: holdfast status',
      ja: 'etcd が稼働し、リーダーが存在することを確認してください: holdfast status',
    },
  ],
  'memory-short': [lessMemory],
  'memory-too-small': [lessMemory],
  'memory-unknown': [lookAtPaths],
  'space-short': [freeSpace],
  'space-gone': [freeSpace],
  'space-unknown': [
    {
      en: 'See whether the path is there and its disk answers: df -h {path}',
      ja: 'パスが存在し、ディスクが応答することを確認してください: df -h {path}',
    },
  ],
  'watchdog-none': [haveWatchdog],
  'watchdog-missing': [haveWatchdog],
  'volume-protected-by-lease-only': [
    {
      en: 'Give every server of the hierarchy a watchdog: see the check "watchdog" of each.',
      ja: 'リソース階層のすべてのサーバーにウォッチドッグを設定してください。各サーバーの検査「watchdog」を参照してください。',
    },
  ],
  'device-failed': [
    {
      en: 'Check the disk and its connection to this server; the log of the kernel says more: dmesg | tail',
      ja: 'ディスクと、このサーバーへの接続を確認してください。詳細はカーネルのログにあります: dmesg | tail',
    },
  ],
  'certificate-ends-soon': [renewCertificate],
  'certificate-expired': [renewCertificate],
  'authority-ends-soon': [
    {
      en: 'See how the cluster gets another authority in docs/security.md.',
      ja: '認証局の交換方法は docs/security.md を参照してください。',
    },
  ],
  'certificates-unknown': [
    {
      en: 'See whether etcd runs and has a leader; the server puts them on record then: holdfast status',
      ja: 'etcd が稼働し、リーダーが存在することを確認してください。証明書はその後記録されます: holdfast status',
    },
  ],
  'kit-missing': [
    {
      en: 'Install the same version of Holdfast on all servers.',
      ja: 'すべてのサーバーに同じバージョンの Holdfast をインストールしてください。',
    },
  ],
};
