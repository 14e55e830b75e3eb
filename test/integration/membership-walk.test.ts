import type { StatusAnswer } from '@holdfast/contract';
import { createRandom, type Random } from '@holdfast/sim/random';
import { waitFor } from '@holdfast/lab';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFolder, createServers, settleMs, type Servers } from './membership-testing.ts';

/**
 * Servers join, leave, die, are taken out, replaced, killed in the middle of any of that, and all started from cold. After
 * each step they must agree, and etcd must have the voters of the configuration and no other.
 */

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const steps = Number(process.env['HOLDFAST_WALK_STEPS'] ?? '10');
const seed = Number(process.env['HOLDFAST_WALK_SEED'] ?? Math.floor(Math.random() * 1e9));

interface Walk {
  readonly servers: Servers;
  readonly random: Random;
  /** Of the configuration. */
  readonly known: Set<string>;
  readonly voters: Set<string>;
  readonly told: string[];
}

let servers: Servers;

beforeAll(async () => {
  servers = await createServers(names);
}, 60_000);
afterAll(() => servers.dispose(), 60_000);

function isOff({ servers: all, known }: Walk): readonly string[] {
  return [...known].filter((name) => !all.there.has(name));
}

/** A living server that etcd can do without. */
function dispensable({ servers: all, random, voters }: Walk): string | undefined {
  const living = [...voters].filter((name) => all.there.has(name)).length;
  const canLose = living - 1 > voters.size / 2;
  const choices = [...all.there].filter((name) => canLose || !voters.has(name));
  return choices.length < 2 ? undefined : random.pick(choices);
}

/** Is it a step that can be taken now? It answers what it did. */
type Step = (walk: Walk) => (() => Promise<string>) | undefined;

const join: Step = ({ servers: all, random, known }) => {
  const free = names.filter((name) => !known.has(name));
  if (free.length === 0) return undefined;
  const name = random.pick(free);
  const via = random.pick([...all.there]);
  return async () => {
    await all.join(name, { via });
    known.add(name);
    return `${name} joins by ${via}`;
  };
};

const leave: Step = (walk) => {
  const { servers: all } = walk;
  const name = dispensable(walk);
  if (name === undefined) return undefined;
  return async () => {
    all.server(name).daemon.hold();
    const answer = await all.ask(name, 'leave', '--force');
    if (answer.startsWith('HF-')) {
      await all.start(name);
      return `${name} may not leave: ${answer}`;
    }
    await forget(walk, name);
    return `${name} leaves`;
  };
};

const die: Step = (walk) => {
  const { servers: all } = walk;
  const name = dispensable(walk);
  if (name === undefined) return undefined;
  return async () => {
    await all.powerOff(name);
    return `${name} dies`;
  };
};

const wake: Step = (walk) => {
  const off = isOff(walk);
  if (off.length === 0) return undefined;
  const name = walk.random.pick(off);
  return async () => {
    await walk.servers.start(name);
    return `${name} wakes`;
  };
};

/** Asks again while the lease of the dead server may still run. */
async function askAboutDead(all: Servers, name: string, ...command: readonly string[]): Promise<string> {
  let answer = '';
  await waitFor(
    async () => {
      answer = await all.ask(name, ...command);
      return !['HF-CLUSTER-052', 'HF-CLUSTER-053'].includes(answer);
    },
    { what: command.join(' '), timeoutMs: settleMs, everyMs: 300, describe: () => answer },
  );
  return answer;
}

const remove: Step = (walk) => {
  const { servers: all, random } = walk;
  const off = isOff(walk);
  if (off.length === 0) return undefined;
  const [name, by] = [random.pick(off), random.pick([...all.there])];
  const comesBack = random.chance(0.5);
  return async () => {
    const answer = await askAboutDead(all, by, 'server', 'remove', name);
    if (answer.startsWith('HF-')) return `${name} may not be taken out: ${answer}`;
    await all.server(name).box.powerOn();
    if (comesBack) expect(await all.ask(name, 'run')).toBe('HF-CLUSTER-056');
    await forget(walk, name);
    return `${by} takes ${name} out${comesBack ? ', which comes back' : ''}`;
  };
};

const replace: Step = (walk) => {
  const { servers: all, random } = walk;
  const off = isOff(walk);
  if (off.length === 0) return undefined;
  const [name, via] = [random.pick(off), random.pick([...all.there])];
  return async () => {
    await askAboutDead(all, via, 'token', '--replace', name);
    await all.server(name).box.powerOn();
    await renew(all, name);
    await all.join(name, { via, token: ['--replace', name] });
    return `a new machine becomes ${name}`;
  };
};

const coldStart: Step = ({ servers: all, random }) => {
  const order = [...all.there].toSorted(() => (random.chance(0.5) ? 1 : -1));
  return async () => {
    await Promise.all(order.map((name) => all.powerOff(name)));
    for (const name of order) await all.start(name);
    return `all start from cold: ${order.join(', ')}`;
  };
};

/** Kill -9 of everything of a server while it leaves, joins, or takes another out. */
const breakOff: Step = (walk) => {
  const { servers: all, random, known } = walk;
  const name = dispensable(walk);
  if (name === undefined) return undefined;
  const afterMs = random.int(0, 2_500);
  const off = isOff(walk);
  const other = random.pick(off.length > 0 ? off : [name]);
  return async () => {
    const doing =
      other === name ? all.ask(name, 'leave', '--force') : all.ask(name, 'server', 'remove', other);
    const ended = doing.then(
      () => 'ended',
      () => 'broken off',
    );
    await sleep(afterMs);
    await all.powerOff(name);
    const how = await ended;
    const [first = ''] = [...all.there];
    await all.start(name);
    for (const one of new Set([name, other])) await findOut(walk, one, first);
    const deed = other === name ? 'leaving' : `taking ${other} out`;
    return `${name} is killed ${afterMs} ms into ${deed} (${how}); ${[...known].toSorted().join('')}`;
  };
};

/** Whether it is still of the cluster, by the word of another server; if it is not, it must have put its files aside. */
async function findOut(walk: Walk, name: string, by: string): Promise<void> {
  const { servers: all } = walk;
  const status = await waitFor(
    () =>
      all
        .server(by)
        .api.status()
        .catch(() => undefined),
    {
      what: `the word of ${by}`,
      timeoutMs: settleMs,
    },
  );
  if (status.servers.some((one) => one.name === name)) return;
  if (all.there.has(name))
    await waitFor(() => !existsSync(path.join(all.server(name).box.directories.state, 'server.json')), {
      what: `${name} puts its files aside`,
      timeoutMs: settleMs,
    });
  await all.server(name).box.powerOn();
  await forget(walk, name);
}

/** It is of the cluster no more, and free to join. */
async function forget({ servers: all, known }: Walk, name: string): Promise<void> {
  known.delete(name);
  all.there.delete(name);
  const one = all.server(name);
  one.daemon.hold();
  const { state } = one.box.directories;
  if (existsSync(path.join(state, 'server.json'))) return await renew(all, name);
  await waitFor(() => one.box.processes().length === 0, {
    what: `the end of ${name}`,
    timeoutMs: settleMs,
    describe: () =>
      one.box
        .processes()
        .map((process) => process.name)
        .join(', '),
  });
}

/** Another machine, with nothing of the one before. */
async function renew(all: Servers, name: string): Promise<void> {
  const { state } = all.server(name).box.directories;
  await rename(state, `${state}-${process.hrtime.bigint()}`);
  await mkdir(state, { mode: 0o700 });
}

function note({ voters }: Walk, { servers: seen }: StatusAnswer): void {
  voters.clear();
  for (const { name, etcd } of seen) if (etcd === 'voter') voters.add(name);
}

/** On how many servers the folder counts as in service. What a server that is off had in its run directory is no more. */
async function countInService(): Promise<number> {
  const living = names.map((name) => servers.server(name).box).filter((box) => box.state() === 'on');
  const marks = living.map(({ directories }) =>
    readdir(path.join(directories.run, 'volumes')).catch(() => []),
  );
  return (await Promise.all(marks)).flat().length;
}

const weighted: readonly Step[] = [
  ...[join, join, join, leave, die, die, wake, remove, remove, replace, coldStart, breakOff, breakOff],
];

test(`C-01 S8 a random walk of servers that come, go and die ends nowhere but in agreement (seed ${seed})`, async () => {
  const walk: Walk = {
    servers,
    random: createRandom(seed),
    known: new Set(['a']),
    voters: new Set(),
    told: [],
  };
  await servers.found('a');
  await createFolder(servers, 'a');
  for (const name of ['b', 'c']) {
    await servers.join(name);
    walk.known.add(name);
  }
  note(walk, await servers.settle());
  await servers.server('a').holdfast(['extend', servers.tag, '--to', 'b', '--priority', '20']);
  try {
    for (let taken = 0; taken < steps;) {
      const act = walk.random.pick(weighted)(walk);
      if (!act) continue;
      const begunAt = performance.now();
      walk.told.push(await act());
      const status = await servers.settle();
      note(walk, status);
      walk.told.push(`  settled after ${Math.round(performance.now() - begunAt)} ms`);
      expect(status.servers.map(({ name }) => name)).toEqual([...walk.known].toSorted());
      expect(await countInService()).toBeLessThanOrEqual(1);
      taken += 1;
    }
  } catch (error) {
    throw new Error(`seed ${seed}, ${walk.told.length} lines:\n${walk.told.join('\n')}`, { cause: error });
  }
}, 600_000);
