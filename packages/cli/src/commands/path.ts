import type { Command } from 'commander';
import { createError, type PathsAnswer } from '@holdfast/contract';
import { parseDuration, parseWhole } from '../option-values.ts';
import { renderTable } from '../render/table.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

interface PathOptions extends ClientOptions {
  readonly priority?: number;
  readonly interval?: number;
  readonly misses?: number;
  readonly dryRun?: boolean;
}

const examples = `
Examples:
  holdfast path list
  holdfast path create server1=198.51.100.1 server2=198.51.100.2 --priority 2
  holdfast path set server1.server2.2 --interval 500ms --misses 4
  holdfast path delete server1.server2.2`;

export function addPath(program: Command, session: Session): void {
  const path = program
    .command('path')
    .description('communication paths between servers')
    .addHelpText('after', examples);
  addList(path, session);
  addCreation(path, session);
  addChange(path, session);
  addDeletion(path, session);
}

function addList(path: Command, session: Session): void {
  const command = path.command('list').description('show each path with how both its ends see it');
  addClientOptions(command).action(async (options: ClientOptions) => {
    const { client, readTimeoutMs: timeoutMs } = connect(session, options);
    const { value, json } = await client.call('paths', { timeoutMs });
    answer(session, json, () => renderPaths(value, session));
  });
}

function renderPaths({ paths }: PathsAnswer, { style: { say, paint } }: Session): string {
  const head = [
    ...[say('path'), say('priority'), say('interval')],
    ...[say('server'), say('address'), say('state'), say('roundTrip'), say('misses'), say('flaps')],
  ];
  const rows = paths.flatMap(({ id, ends, priority, intervalMs, misses, views }) =>
    ends.map(({ server, address }, index) => {
      const view = views[server];
      const own = index === 0 ? [id, String(priority), `${intervalMs} ms`] : ['', '', ''];
      const roundTrip = view?.roundTripMs;
      return [
        ...own,
        ...[server, address, say(view?.state ?? 'unknown')],
        typeof roundTrip === 'number' ? `${roundTrip.toFixed(1)} ms` : '',
        ...[`${String(view?.misses ?? '-')}/${misses}`, String(view?.flaps ?? '')],
      ];
    }),
  );
  return renderTable(
    [head, ...rows].map((row) => row.map((text) => ({ text }))),
    paint,
  );
}

function addProperties(command: Command): Command {
  return addClientOptions(
    command
      .option('--priority <number>', 'the smaller, the sooner it is used', parseWhole({ from: 1, to: 99 }))
      .option('--interval <time>', 'time between two heartbeats (100ms to 60s)', parseDuration)
      .option(
        '--misses <number>',
        'heartbeats without an answer until it is dead',
        parseWhole({ from: 2, to: 100 }),
      )
      .option('--dry-run', 'only check'),
  );
}

function propertiesOf({ priority, interval, misses, dryRun }: PathOptions) {
  return {
    ...(priority !== undefined && { priority }),
    ...(interval !== undefined && { intervalMs: interval }),
    ...(misses !== undefined && { misses }),
    dryRun: dryRun ?? false,
  };
}

function addCreation(path: Command, session: Session): void {
  const command = path
    .command('create')
    .description('one more path between two servers')
    .argument('<server=address>', 'one end: an address that the server was given at init or join')
    .argument('<server=address>', 'the other end');
  addProperties(command).action(async (one: string, other: string, options: PathOptions) => {
    const { client, changeTimeoutMs: timeoutMs } = connect(session, options);
    const body = { ends: [parseEnd(one), parseEnd(other)], ...propertiesOf(options) };
    const { value, json } = await client.call('createPath', {
      body: { ...body, ends: [parseEnd(one), parseEnd(other)] },
      timeoutMs,
    });
    answer(session, json, () => renderPaths(value, session));
  });
}

function parseEnd(text: string): { readonly server: string; readonly address: string } {
  const match = /^([a-z0-9-]+)=([0-9a-fA-F.:]+)$/.exec(text);
  if (match) return { server: match[1] ?? '', address: match[2] ?? '' };
  const problem = `"${text}" is not SERVER=ADDRESS`;
  throw createError('HF-CLI-004', { problem, command: 'holdfast path create' });
}

function addChange(path: Command, session: Session): void {
  const command = path
    .command('set')
    .description('change priority, interval or misses of a path, live')
    .argument('<path>', 'as "holdfast path list" names it');
  addProperties(command).action(async (id: string, options: PathOptions) => {
    const { client, changeTimeoutMs: timeoutMs } = connect(session, options);
    const body = propertiesOf(options);
    const { value, json } = await client.call('changePath', { parameter: id, body, timeoutMs });
    answer(session, json, () => renderPaths(value, session));
  });
}

function addDeletion(path: Command, session: Session): void {
  const command = path
    .command('delete')
    .description('delete a path; the last one of two servers stays')
    .argument('<path>', 'as "holdfast path list" names it')
    .option('--dry-run', 'only check');
  addClientOptions(command).action(async (id: string, options: PathOptions) => {
    const { client, changeTimeoutMs: timeoutMs } = connect(session, options);
    const query = { dryRun: String(options.dryRun ?? false) };
    const { value, json } = await client.call('deletePath', { parameter: id, query, timeoutMs });
    answer(session, json, () => renderPaths(value, session));
  });
}
