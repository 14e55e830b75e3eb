import { existsSync, unlinkSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { Problem, run } from './common.mjs';

const etcdPlaces = ['/usr/bin/etcd', '/usr/local/bin/etcd', '/opt/etcd/etcd'];

/**
 * What root needs besides, for servers as namespaces and as hosts with systemd: a file of each package, as Debian names
 * them.
 */
const companions = {
  iproute2: '/usr/sbin/ip',
  'iputils-arping': '/usr/bin/arping',
  e2fsprogs: '/usr/sbin/mkfs.ext4',
  nftables: '/usr/sbin/nft',
  mount: '/usr/sbin/losetup',
  'util-linux': '/usr/bin/unshare',
  'systemd-container': '/usr/bin/systemd-nspawn',
  debootstrap: '/usr/sbin/debootstrap',
};

/** What the tests need besides: a browser for the console, a load balancer as a client of the health addresses. */
const clients = { chromium: '/usr/bin/chromium', haproxy: '/usr/sbin/haproxy' };

/** Packages that bring a service: what runs of them is started by Holdfast and by its tests. */
const services = { 'etcd-server': 'etcd.service', haproxy: 'haproxy.service' };

/**
 * Makes sure that etcd is there. Root gets it installed with what else is missing, with `forTests` also what the tests are
 * clients with; others are told the command.
 */
export async function ensurePrograms({ forTests = false } = {}) {
  const wanted = { ...companions, ...(forTests ? clients : {}) };
  const isRoot = process.getuid() === 0;
  const lacksEtcd = !etcdPlaces.some((file) => existsSync(file));
  const packages = [
    ...(lacksEtcd ? ['etcd-server'] : []),
    ...(isRoot ? Object.keys(wanted).filter((name) => !existsSync(wanted[name])) : []),
  ];
  if (packages.length === 0) return;
  if (!isRoot) throw new Problem('etcd is not installed. Run: sudo apt-get install --yes etcd-server');
  if (!existsSync('/usr/bin/apt-get'))
    throw new Problem(`not installed: ${packages.join(', ')} (names of Debian). Install them and try again`);
  process.stderr.write(`installing ${packages.join(', ')}\n`);
  const restore = forbidStarts();
  try {
    await install(packages);
  } finally {
    restore();
  }
  await disableServices(packages);
}

async function install(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const args = ['install', '--yes', '--no-install-recommends', ...packages];
  if ((await run('/usr/bin/apt-get', args, { env, quiet: true })) === 0) return;
  // A fresh machine has no lists of packages yet.
  await run('/usr/bin/apt-get', ['update'], { env });
  if ((await run('/usr/bin/apt-get', args, { env })) !== 0)
    throw new Problem(`installation failed. Run: apt-get update && apt-get ${args.join(' ')}`);
}

/**
 * Keeps the installation from starting services (invoke-rc.d(8), policy-rc.d): Holdfast runs its own etcd
 * members. A policy that is there already stays as it is. Returns how to take that back.
 */
function forbidStarts() {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return () => undefined;
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => unlinkSync(policy);
}

/**
 * Packages enable their services for the next boot. Without systemctl there is nothing that could start them.
 */
async function disableServices(packages) {
  const units = packages.flatMap((name) => services[name] ?? []);
  if (units.length > 0 && existsSync('/usr/bin/systemctl'))
    await run('/usr/bin/systemctl', ['disable', ...units], { quiet: true });
}
