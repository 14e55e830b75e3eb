import type { ServerFile } from '@holdfast/contract';
import type { Reason } from '@holdfast/core';
import type { Logger } from 'pino';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiContext, MembershipPort } from './api/context.ts';
import { confirmJoined, createVoterKeeper, registerFirstServer, type VoterKeeper } from './cluster/index.ts';
import type { Departure } from './departure.ts';
import type { Gateway } from './etcd/gateway.ts';
import type { EmbeddedEtcd } from './etcd/member-arguments.ts';
import type { Member } from './etcd/member.ts';
import type { ConfigurationFollower } from './follow-configuration.ts';
import type { Identity } from './certificates/identity.ts';
import { describeIssued } from './pki/index.ts';

interface MembershipParts {
  readonly file: ServerFile;
  readonly identity: Identity;
  readonly log: Logger;
  readonly gateway: Gateway;
}

const againMs = 250;
/** Taking a vote back waits until etcd has seen every other voter for 5 s (`HealthInterval`). */
const giveUpMs = 30_000;
const dismissalMs = 10_000;

/** Makes the keeper of this server's part of etcd; it looks at nothing yet. */
export function tendVoters(
  parts: MembershipParts & {
    readonly stateDirectory: string;
    readonly follower: ConfigurationFollower;
    readonly member: Member | undefined;
    readonly createMember: (etcd: EmbeddedEtcd) => Member;
  },
  { engine, store, keys }: ApiContext,
): VoterKeeper {
  const { file, log, gateway, stateDirectory, follower, member, createMember } = parts;
  return createVoterKeeper({
    server: file.server,
    stateDirectory,
    gateway,
    store,
    keys,
    file: () => follower.file(),
    keepFile: (change) => follower.keep(change),
    member,
    createMember,
    alive: () => new Set(Object.keys(engine.state().snapshot?.view.sessions ?? {})),
    onMembers: () => follower.followMembers(),
    report: (reason: Reason) => log.info(reason.facts, reason.code),
  });
}

/** Registers the first server, says that this one has come up, and begins to look after its vote. */
export async function settleMembership(
  { file, identity, log }: MembershipParts,
  { store, keys }: ApiContext,
  voters: VoterKeeper,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await registerFirstServer(store, keys, { file, certificates: describeIssued(identity.current()) });
      await confirmJoined(store, keys, file.server);
      return voters.begin();
    } catch (error) {
      log.info({ message: error instanceof Error ? error.message : String(error) }, 'waiting for etcd');
      await delay(againMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** What leaving and removing needs of etcd's members, and of this daemon. */
export function createMembershipPort(parts: {
  readonly file: ServerFile;
  readonly gateway: Gateway;
  readonly voters: () => VoterKeeper | undefined;
  readonly departure: Departure;
}): MembershipPort {
  const { file, gateway, voters, departure } = parts;
  const isOwn = file.etcd.kind !== 'existing';
  return {
    async votersWithout(server) {
      if (!isOwn) return undefined;
      const others = (await gateway.memberList()).filter(
        ({ name, isLearner }) => name !== server && !isLearner,
      );
      const asked = others.map(({ clientUrls }) => answersAt(gateway, clientUrls));
      const alive = (await Promise.all(asked)).filter(Boolean).length;
      return { alive, voters: others.length };
    },
    async giveUpVote() {
      if (isOwn) await voters()?.giveUp(AbortSignal.timeout(giveUpMs));
    },
    claimVoteAgain: () => voters()?.begin(),
    async hasNoMember(server) {
      const deadline = performance.now() + dismissalMs;
      while (isOwn && performance.now() < deadline) {
        voters()?.look();
        const members = await gateway.memberList().catch(() => undefined);
        if (members?.every(({ name }) => name !== server)) return true;
        await delay(againMs);
      }
      return !isOwn;
    },
    leave: () => departure.begin('left'),
  };
}

async function answersAt(gateway: Gateway, urls: readonly string[]): Promise<boolean> {
  const answers = urls.map(async (url) => await gateway.health(url));
  return await Promise.any(answers).catch(() => false);
}
