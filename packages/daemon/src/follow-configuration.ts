import type { ServerFile } from '@holdfast/contract';
import { profiles, type ProfileName } from '@holdfast/core';
import type { Snapshot } from '@holdfast/engine';
import { orderEndpoints } from './etcd/endpoint-order.ts';
import type { Gateway } from './etcd/gateway.ts';
import { ownClientUrl } from './etcd/member-arguments.ts';
import type { GuardLink } from './guard/link.ts';
import type { PathKeeper } from './paths/index.ts';
import { writeServerFile } from './server-file.ts';

export interface FollowOptions {
  readonly stateDirectory: string;
  readonly gateway: Gateway;
  readonly guard: Pick<GuardLink, 'setEndpoints' | 'setProfile'>;
  readonly paths: Pick<PathKeeper, 'setPaths'>;
  /** Told when servers have come or gone, or voters have changed. */
  readonly onServers: () => void;
  readonly report: (code: string, facts: Record<string, string | number>) => void;
}

export interface ConfigurationFollower {
  accept(snapshot: Snapshot): void;
  /** Turns to the etcd members as they are now: they have changed. */
  followMembers(): void;
  /** Changes `server.json`. Settles when it is on the disk. */
  keep(change: Partial<ServerFile>): Promise<void>;
  /** `server.json` as it is now. */
  file(): ServerFile;
}

/** Milliseconds between two looks at which etcd members there are. */
const membersEveryMs = 10_000;

/**
 * Keeps what lies outside of the decisions in step with the configuration: communication paths, the timing profile, the
 * etcd members that daemon and guard turn to, and what this server must know at its next start.
 */
export function createConfigurationFollower(
  first: ServerFile,
  options: FollowOptions,
): ConfigurationFollower {
  let file = first;
  let pathsText = '';
  let membersAt = Number.NEGATIVE_INFINITY;
  let servers = '';
  let saving: Promise<void> = Promise.resolve();

  function accept(snapshot: Snapshot): void {
    followPaths(snapshot);
    followProfile(snapshot.settings?.profile ?? file.profile);
    followContacts(snapshot);
    const voters = Object.values(snapshot.view.servers).filter(({ etcd }) => etcd === 'voter');
    const known = [...Object.keys(snapshot.view.sessions), '', ...voters.map(({ name }) => name)].join();
    if (known === servers && performance.now() - membersAt < membersEveryMs) return;
    if (known !== servers) options.onServers();
    servers = known;
    membersAt = performance.now();
    void followMembers();
  }

  function followPaths({ view }: Snapshot): void {
    const text = JSON.stringify([
      view.paths,
      Object.values(view.servers).map(({ name, port }) => [name, port]),
    ]);
    if (text === pathsText) return;
    pathsText = text;
    options.paths.setPaths(
      view.paths,
      new Map(Object.values(view.servers).map(({ name, port }) => [name, port])),
    );
  }

  function followProfile(profile: ProfileName): void {
    if (profile === file.profile) return;
    options.guard.setProfile(profiles[profile]);
    options.report('profile-changed', { from: file.profile, to: profile });
    save({ profile });
  }

  function followContacts({ view }: Snapshot): void {
    const others = Object.values(view.servers).filter(({ name }) => name !== file.server);
    const contacts = others.flatMap(({ addresses, port }) => addresses.map((address) => ({ address, port })));
    if (JSON.stringify(contacts) !== JSON.stringify(file.contacts)) save({ contacts });
  }

  async function followMembers(): Promise<void> {
    const { server, addresses, etcd } = file;
    if (etcd.kind === 'existing') return;
    const members = await options.gateway.memberList().catch(() => undefined);
    const voters = members?.filter(({ name, isLearner }) => name !== '' && !isLearner) ?? [];
    const own = voters.some(({ name }) => name === server) ? ownClientUrl({ addresses, etcd }) : undefined;
    const others = voters.filter(({ name }) => name !== server).map(({ clientUrls }) => clientUrls);
    const endpoints = [...orderEndpoints(own, others)];
    if (endpoints.length === 0 || endpoints.join() === file.etcdEndpoints.join()) return;
    options.gateway.setEndpoints(endpoints);
    options.guard.setEndpoints(endpoints);
    save({ etcdEndpoints: endpoints });
  }

  function save(change: Partial<ServerFile>): void {
    void keep(change).catch((error: unknown) =>
      options.report('server-file-not-written', { message: String(error) }),
    );
  }

  /** One write after the other; each has all changes before it. */
  function keep(change: Partial<ServerFile>): Promise<void> {
    file = { ...file, ...change };
    const next = file;
    const written = saving.then(() => writeServerFile(options.stateDirectory, next));
    saving = written.catch(() => undefined);
    return written;
  }

  return { accept, followMembers: () => void followMembers(), keep, file: () => file };
}
