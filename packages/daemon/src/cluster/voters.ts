import type { EtcdMember } from '../etcd/gateway.ts';
import { etcdUrls } from './addresses.ts';
import type { ServerRecord } from './records.ts';

/**
 * More voters make every write slower and protect from nothing that Holdfast promises; the other servers are
 * clients.
 */
export const maxVoters = 5;

/** What a server sees of etcd's members and of who is meant to have one. */
export interface VoterView {
  readonly server: string;
  /** By its own file: a member runs here, or is to be started. */
  readonly hasMember: boolean;
  /** Read before `servers`: a member is added only once its server's record says so. */
  readonly members: readonly EtcdMember[];
  readonly servers: readonly ServerRecord[];
  /** Servers that have a session. */
  readonly alive: ReadonlySet<string>;
  /** Ids of members without a vote whose servers have been away for too long: etcd takes one such member at a time. */
  readonly late: ReadonlySet<string>;
}

/** The one next step of one server; each may be repeated, and broken off anywhere. */
export type VoterStep =
  /** Etcd's members are what the configuration says, as far as it is this server's business. */
  | { readonly kind: 'rest' }
  /** Something is under way on another server. */
  | { readonly kind: 'wait' }
  /** Write into this server's record that it gets a vote, or that it has it now. */
  | { readonly kind: 'claim' }
  | { readonly kind: 'confirm' }
  /** It gets a vote and has no member yet: take earlier ones of its name out, add one without a vote, start it. */
  | { readonly kind: 'become'; readonly earlier: readonly EtcdMember[] }
  | { readonly kind: 'promote'; readonly id: string }
  /** It is no voter any more, or its member was taken out: end the member and forget its data. */
  | { readonly kind: 'retire'; readonly member: EtcdMember | undefined }
  /** A member that belongs to no voter, or that does not come. */
  | { readonly kind: 'dismiss'; readonly member: EtcdMember };

/**
 * Decides what this server does so that etcd's members become what the configuration says (C-01). Every server decides for
 * itself: about its own member it alone, about members of nobody the first living one, and the first living client becomes
 * a voter while there are fewer than {@link maxVoters} and every other change is complete. One member changes at a time.
 */
export function decideVoters(view: VoterView): VoterStep {
  const { server, members, servers, alive, late, hasMember } = view;
  const record = servers.find(({ name }) => name === server);
  if (!record || record.etcd === 'external') return { kind: 'rest' };
  const own = members.filter((member) => ownerOf(member, servers) === server);
  const [mine] = own;
  const isMeant = record.etcd !== 'client';
  if (hasMember && (!isMeant || !mine)) return { kind: 'retire', member: mine };
  const learner = members.find(({ isLearner }) => isLearner);
  if (!hasMember && isMeant)
    return learner && !own.includes(learner) ? { kind: 'wait' } : { kind: 'become', earlier: own };
  if (mine?.isLearner) return { kind: 'promote', id: mine.id };
  if (record.etcd === 'learner') return { kind: 'confirm' };
  const living = servers.filter(({ name, etcd }) => alive.has(name) && etcd !== 'external');
  const isFirst = living[0]?.name === server;
  const stray = members.find((member) => late.has(member.id) || !isOfVoter(member, servers));
  if (stray) return isFirst ? { kind: 'dismiss', member: stray } : { kind: 'wait' };
  const voters = servers.filter(isVoter);
  const hasVote = (name: string): boolean =>
    members.some((member) => !member.isLearner && ownerOf(member, servers) === name);
  if (learner || voters.some(({ name }) => alive.has(name) && !hasVote(name))) return { kind: 'wait' };
  if (isMeant || voters.length >= maxVoters) return { kind: 'rest' };
  // etcd takes no member while it misses one (`isConnectedFullySince`).
  if (voters.some(({ name }) => !alive.has(name))) return { kind: 'rest' };
  const candidate = living.find(({ etcd }) => etcd === 'client');
  return { kind: candidate?.name === server ? 'claim' : 'wait' };
}

function isOfVoter(member: EtcdMember, servers: readonly ServerRecord[]): boolean {
  const owner = ownerOf(member, servers);
  return servers.some((server) => server.name === owner && isVoter(server));
}

/** One that has a vote or is on its way to it. */
function isVoter({ etcd }: ServerRecord): boolean {
  return etcd === 'voter' || etcd === 'learner';
}

/** Whose member it is. It has a name only once it has started; before, it is known by where it will listen. */
export function ownerOf(member: EtcdMember, known: readonly ServerRecord[]): string | undefined {
  if (member.name !== '') return member.name;
  return known.find((server) => peerUrlsOf(server).some((url) => member.peerUrls.includes(url)))?.name;
}

/** Where the etcd member of a server listens to the others. */
export function peerUrlsOf({
  addresses,
  etcdPeerPort,
}: Pick<ServerRecord, 'addresses' | 'etcdPeerPort'>): readonly string[] {
  return etcdUrls(addresses, etcdPeerPort);
}

/** Client addresses of the voters: where servers turn to that have no member, or whose own does not answer. */
export function clientUrlsOfVoters(servers: readonly ServerRecord[]): readonly string[] {
  return servers
    .filter(({ etcd }) => etcd === 'voter')
    .flatMap(({ addresses, etcdClientPort }) => etcdUrls(addresses, etcdClientPort));
}
