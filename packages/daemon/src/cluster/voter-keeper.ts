import { setTimeout as wait } from 'node:timers/promises';
import { createError, recordFormat, type Keys, type ServerFile } from '@holdfast/contract';
import { because, type Reason } from '@holdfast/core';
import type { Store } from '@holdfast/engine/ports';
import type { Gateway } from '../etcd/gateway.ts';
import { moveLeaderAway } from '../etcd/leadership.ts';
import type { EmbeddedEtcd } from '../etcd/member-arguments.ts';
import { forgetMemberData } from '../etcd/member-data.ts';
import type { Member } from '../etcd/member.ts';
import { admitMember, dismissMember, promoteMember } from '../etcd/membership.ts';
import { putRecord, raiseRevision, readMembership, type ServerRecord } from './records.ts';
import { decideVoters, ownerOf, peerUrlsOf, type VoterStep, type VoterView } from './voters.ts';

export interface VoterKeeperOptions {
  readonly server: string;
  readonly stateDirectory: string;
  readonly gateway: Gateway;
  readonly store: Store;
  readonly keys: Keys;
  /** `server.json` as it is now, and how it is changed: settled when it is on the disk. */
  readonly file: () => ServerFile;
  readonly keepFile: (change: Partial<ServerFile>) => Promise<void>;
  /** The member that runs already, where the file names one. */
  readonly member: Member | undefined;
  readonly createMember: (etcd: EmbeddedEtcd) => Member;
  /** Servers that have a session. */
  readonly alive: () => ReadonlySet<string>;
  /** Told after every change of the members, so that daemon and guard turn to the right ones. */
  readonly onMembers: () => void;
  readonly report: (reason: Reason) => void;
}

/** Keeps this server's part of etcd in step with the configuration, whatever was broken off in the middle (C-01, S8). */
export interface VoterKeeper {
  /** This server's own member; `undefined` while it is a client. */
  member(): Member | undefined;
  /** From now on it looks by itself; `look` makes it look at once. */
  begin(): void;
  look(): void;
  /** Takes this server's vote back, for good: it claims none until `begin`. Rejects when etcd refuses. */
  giveUp(signal: AbortSignal): Promise<void>;
  /** Lets go of the member, which lives on. */
  release(): void;
}

const restMs = 10_000;
const soonMs = 300;
/** So many looks one after the other must agree that a member of this server is gone: one may be out of date. */
const looksForGone = 3;
/** A member without a vote whose server has been away for so long makes room for the next. */
const lateMs = 15_000;
const admitMs = 30_000;
const promoteMs = 10_000;
const mostAttempts = 5;
const giveUpMs = 20_000;

export function createVoterKeeper(options: VoterKeeperOptions): VoterKeeper {
  return new Keeper(options);
}

class Keeper implements VoterKeeper {
  readonly #options: VoterKeeperOptions;
  readonly #ended = new AbortController();
  readonly #awaySince = new Map<string, number>();
  #member: Member | undefined;
  #isBegun = false;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #isLooking = false;
  #goneLooks = 0;
  #trouble = '';

  constructor(options: VoterKeeperOptions) {
    this.#options = options;
    this.#member = options.member;
  }

  member(): Member | undefined {
    return this.#member;
  }

  begin(): void {
    this.#isBegun = true;
    this.look();
  }

  look(): void {
    if (!this.#isBegun || this.#isLooking || this.#ended.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#isLooking = true;
    const looking = this.#inTurn(() => this.#lookOnce());
    void looking
      .catch((error: unknown) => this.#note(error))
      .then((isSettled) => {
        this.#isLooking = false;
        const pauseMs = isSettled === true ? restMs : soonMs;
        if (this.#isBegun) this.#timer = setTimeout(() => this.look(), pauseMs).unref();
      });
  }

  async giveUp(signal: AbortSignal): Promise<void> {
    this.#isBegun = false;
    clearTimeout(this.#timer);
    if (this.#options.file().etcd.kind === 'existing') return;
    await this.#inTurn(async () => {
      await this.#setEtcd('client');
      const deadline = performance.now() + giveUpMs;
      for (;;) {
        const step = decideVoters(await this.#view());
        if (step.kind !== 'retire') return;
        try {
          return await this.#retire(step.member);
        } catch (error) {
          signal.throwIfAborted();
          if (performance.now() >= deadline) throw error;
        }
        await wait(soonMs, undefined, { signal });
      }
    });
  }

  release(): void {
    this.#ended.abort();
    this.#isBegun = false;
    clearTimeout(this.#timer);
    this.#member?.release();
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(act);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #view(): Promise<VoterView> {
    const { server, gateway, store, keys, file } = this.#options;
    const members = await gateway.memberList();
    const { servers } = await readMembership(store, keys);
    const alive = this.#options.alive();
    const late = this.#findLate(members, servers, alive);
    return { server, hasMember: file().etcd.kind === 'embedded', members, servers, alive, late };
  }

  #findLate(
    members: VoterView['members'],
    servers: readonly ServerRecord[],
    alive: ReadonlySet<string>,
  ): ReadonlySet<string> {
    const now = performance.now();
    const away = members.filter((member) => member.isLearner && !alive.has(ownerOf(member, servers) ?? ''));
    for (const id of this.#awaySince.keys())
      if (away.every((member) => member.id !== id)) this.#awaySince.delete(id);
    for (const { id } of away) this.#awaySince.set(id, this.#awaySince.get(id) ?? now);
    return new Set([...this.#awaySince].filter(([, since]) => now - since > lateMs).map(([id]) => id));
  }

  /** Answers whether nothing is left to do. */
  async #lookOnce(): Promise<boolean> {
    if (!this.#isBegun) return true;
    // Members of somebody else's etcd are left alone, whatever an earlier version's record says or leaves out.
    if (this.#options.file().etcd.kind === 'existing') {
      await this.#setEtcd('external');
      this.#trouble = '';
      return true;
    }
    const step = decideVoters(await this.#view());
    this.#goneLooks = step.kind === 'retire' && !step.member ? this.#goneLooks + 1 : 0;
    if (this.#goneLooks > 0 && this.#goneLooks < looksForGone) return false;
    await this.#perform(step);
    this.#trouble = '';
    return step.kind === 'rest';
  }

  async #perform(step: VoterStep): Promise<void> {
    const { gateway, server, report, onMembers } = this.#options;
    const { signal } = this.#ended;
    switch (step.kind) {
      case 'rest':
      case 'wait':
        return;
      case 'claim':
        return await this.#setEtcd('learner');
      case 'confirm':
        return await this.#setEtcd('voter');
      case 'become':
        return await this.#become(step.earlier);
      case 'promote':
        await promoteMember(gateway, step.id, { timeoutMs: promoteMs, signal });
        report(because('etcd-vote-given', { server }));
        return onMembers();
      case 'retire':
        return await this.#retire(step.member);
      case 'dismiss':
        await dismissMember(gateway, step.member.id);
        report(because('etcd-member-dismissed', { member: step.member.name || step.member.id }));
        return onMembers();
      default:
        step satisfies never;
    }
  }

  /** One transaction: of several servers that want the same place one gets it. */
  async #setEtcd(etcd: ServerRecord['etcd']): Promise<void> {
    const { store, keys, server } = this.#options;
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const membership = await readMembership(store, keys);
      const record = membership.servers.find(({ name }) => name === server);
      if (!record || record.etcd === etcd) return;
      const isDone = await store.commit({
        compare: [membership.seen(keys.revision), membership.seen(keys.server(server))],
        write: [
          raiseRevision(keys, membership),
          putRecord(keys.server(server), { ...record, formatVersion: recordFormat, etcd }),
        ],
      });
      // A vote is claimed by what was seen before: whoever was slower looks again.
      if (isDone || etcd === 'learner') return;
    }
    throw createError('HF-STORE-006', { attempts: mostAttempts });
  }

  async #become(earlier: Extract<VoterStep, { kind: 'become' }>['earlier']): Promise<void> {
    const { gateway, server, stateDirectory, file, keepFile } = this.#options;
    const { etcd, addresses } = file();
    if (etcd.kind !== 'client') return;
    for (const { id } of earlier) await dismissMember(gateway, id);
    await forgetMemberData(stateDirectory);
    const peerUrls = peerUrlsOf({ addresses, etcdPeerPort: etcd.peerPort });
    const { signal } = this.#ended;
    const wanted = { server, peerUrls };
    const { initialCluster } = await admitMember(gateway, wanted, { timeoutMs: admitMs, signal });
    const embedded = { ...etcd, kind: 'embedded', initialState: 'existing', initialCluster } as const;
    await keepFile({ etcd: embedded });
    this.#member = this.#options.createMember(embedded);
    await this.#member.start();
  }

  /**
   * While it still has its vote the member is taken out first and ended then: a voter less that runs would cost two servers
   * their majority.
   */
  async #retire(mine: Extract<VoterStep, { kind: 'retire' }>['member']): Promise<void> {
    const { gateway, server, stateDirectory, file, keepFile, onMembers, report } = this.#options;
    const { etcd } = file();
    if (etcd.kind !== 'embedded') return;
    if (mine) {
      await this.#leadNoMore();
      await dismissMember(gateway, mine.id);
      report(because('etcd-member-dismissed', { member: server }));
    }
    onMembers();
    await this.#member?.stop();
    this.#member = undefined;
    const { binary, clientPort, peerPort } = etcd;
    await keepFile({ etcd: { kind: 'client', binary, clientPort, peerPort } });
    await forgetMemberData(stateDirectory);
  }

  /** A leader that is taken out costs an election. That it leads on where nobody else can lead is no obstacle. */
  async #leadNoMore(): Promise<void> {
    const { gateway, server } = this.#options;
    const endpoint = this.#member?.clientUrl;
    if (endpoint === undefined) return;
    const voters = (await gateway.memberList()).filter(({ isLearner }) => !isLearner);
    const heirs = voters.map(({ name }) => name).filter((name) => name !== server);
    await moveLeaderAway({ gateway, endpoint, heirs: () => heirs }).catch(() => undefined);
  }

  #note(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    if (why !== this.#trouble) this.#options.report(because('etcd-members-not-settled', { why }));
    this.#trouble = why;
  }
}
