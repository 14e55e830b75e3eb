import type { ServerFile } from '@holdfast/contract';
import type { Reason } from '@holdfast/core';
import type { Logger } from 'pino';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiContext } from './api/context.ts';
import { confirmJoined, createVoterKeeper, registerFirstServer, type VoterKeeper } from './cluster/index.ts';
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
