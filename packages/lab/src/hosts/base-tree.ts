import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isErrno, readStat } from '../processes.ts';
import { mustRun, runProgram } from '../program.ts';

/** Trees are kept from run to run; what is in one is told by its name. */
export const baseTreesDirectory = '/var/cache/holdfast-lab';

const suite = 'bookworm';
const debootstrap = '/usr/sbin/debootstrap';
const buildTimeoutMs = 420_000;
const questionTimeoutMs = 20_000;

/** What a database server and a witness have installed; Debian's own packages, nothing else. */
const packages = [
  ...['systemd', 'systemd-sysv', 'dbus', 'procps', 'iproute2', 'iputils-arping', 'e2fsprogs', 'nftables'],
  ...['postgresql-15', 'etcd-server', 'libatomic1'],
];

/** Units that do nothing for the tests but make noise, or reach for a network that is not there. */
const masked = [
  ...['console-getty.service', 'apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer'],
  ...['e2scrub_all.timer', 'e2scrub_reap.service', 'etcd.service', 'systemd-networkd-wait-online.service'],
];

/** Any change to how a tree is made gives it another name. */
const recipe = { format: 1, suite, packages, masked };

/** Last thing written into a tree: without it the tree is not used. */
const marker = 'holdfast-lab-base';

/** Where the tree of this recipe is, or will be. */
function baseTreePath(root: string): string {
  const digest = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
  return path.join(root, `${suite}-${process.arch}-${digest}`);
}

/**
 * The file system that all hosts are laid over: Debian 12 with systemd, PostgreSQL 15 and etcd, made with debootstrap from
 * the mirror that this machine's own apt uses. It is built once per machine, within about a minute; a build that is
 * killed leaves nothing that is ever used. Rejects with the builder's words when it cannot be made.
 */
export async function ensureBaseTree(
  options: { readonly root?: string; readonly onProgress?: (line: string) => void } = {},
): Promise<string> {
  const root = options.root ?? baseTreesDirectory;
  const tree = baseTreePath(root);
  if (existsSync(path.join(tree, marker))) return tree;
  mkdirSync(root, { recursive: true, mode: 0o755 });
  removeAbandoned(root);
  options.onProgress?.('building the base tree of the hosts, once for this machine');
  const building = `${tree}.${String(process.pid)}`;
  try {
    await build(building);
    writeFileSync(path.join(building, marker), '');
    publish(building, tree);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return tree;
}

/** Another process may have built the same tree meanwhile: either will do. */
function publish(building: string, tree: string): void {
  try {
    renameSync(building, tree);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY') && !isErrno(error, 'EEXIST')) throw error;
  }
}

/** Builds whose builder has ended are of no use to anybody. */
function removeAbandoned(root: string): void {
  for (const name of readdirSync(root)) {
    const pid = /\.(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !readStat(Number(pid)))
      rmSync(path.join(root, name), { recursive: true, force: true });
  }
}

/**
 * In namespaces of its own: whatever the installation mounts or starts ends with it. Services are not started, because
 * nothing in the tree has been booted, and PostgreSQL's package makes its usual database cluster `main`.
 */
async function build(tree: string): Promise<void> {
  const { mirror, proxy } = await findMirror();
  const apart = ['--mount', '--pid', '--ipc', '--fork', '--kill-child', '--mount-proc'];
  await mustRun(
    '/usr/bin/setpriv',
    [
      ...['--pdeathsig', 'KILL', '/usr/bin/unshare', ...apart, '--', debootstrap],
      ...['--variant=minbase', `--include=${packages.join(',')}`, suite, tree, mirror],
    ],
    {
      timeoutMs: buildTimeoutMs,
      environment: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LC_ALL: 'C.UTF-8',
        DEBIAN_FRONTEND: 'noninteractive',
        // A tree that a crash has spoilt has no marker: nothing need be synced on the way (dpkg(1), unsafe-io).
        DPKG_FORCE: 'unsafe-io',
        ...(proxy === undefined ? {} : { http_proxy: proxy, https_proxy: proxy }),
      },
    },
  );
  for (const unit of masked) {
    const file = path.join(tree, 'etc/systemd/system', unit);
    rmSync(file, { force: true });
    symlinkSync('/dev/null', file);
  }
  rmSync(path.join(tree, 'etc/resolv.conf'), { force: true });
  rmSync(path.join(tree, 'var/cache/apt/archives'), { recursive: true, force: true });
}

/** Where this machine gets Debian's packages from (apt-get(8), `indextargets`), and by which proxy. */
async function findMirror(): Promise<{ readonly mirror: string; readonly proxy: string | undefined }> {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)';
  const args = ['indextargets', '--format', format, 'Created-By: Packages'];
  const targets = await mustRun('/usr/bin/apt-get', args, { timeoutMs: questionTimeoutMs });
  const found = targets
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, release, component]) => release === suite && component === 'main');
  const [mirror] = found ?? [];
  if (mirror === undefined) throw new Error(`this machine's apt has no source for Debian's ${suite} main`);
  const configured = await runProgram('/usr/bin/apt-config', ['dump', 'Acquire::http::Proxy'], {
    timeoutMs: questionTimeoutMs,
  });
  return { mirror, proxy: /"(http[^"]*)"/.exec(configured.stdout)?.[1] };
}
