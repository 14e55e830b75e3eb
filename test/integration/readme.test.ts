import { chooseLabMode, createServerBoxes, waitFor, type ServerBox, type ServerBoxes } from '@holdfast/lab';
import { createDatabase, mountVolume, startDatabase, type LabDatabase } from '@holdfast/lab/database';
import { createLabServer, type LabServer } from '@holdfast/lab/lab-server';
import { profiles } from '@holdfast/core';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The commands of the README's set-up of three servers, with the server that each is given on. */
function commandsOfReadme(): readonly { readonly on: string; readonly line: string }[] {
  const text = readFileSync(path.resolve(import.meta.dirname, '../../README.md'), 'utf8');
  const section = text.split('## Set up three servers')[1]?.split('\n## ')[0] ?? '';
  let on = '';
  return section.split('\n').flatMap((line) => {
    on = /^On `([a-z0-9]+)`/.exec(line)?.[1] ?? on;
    return line.startsWith('    ') ? [{ on, line: line.trim() }] : [];
  });
}

let boxes: ServerBoxes;
let servers: ReadonlyMap<string, LabServer>;
let database: LabDatabase;

beforeAll(async () => {
  if ((await chooseLabMode()) !== 'namespaces') return;
  const names = ['server1', 'server2', 'witness'];
  boxes = await createServerBoxes('namespaces', { servers: names, withVolume: 2, networks: 2 });
  servers = new Map(
    names.map((name) => {
      const role = name === 'witness' ? 'witness' : 'member';
      const made = createLabServer(boxes.server(name), {
        role,
        profile: profiles.safe,
        onReset: () => undefined,
      });
      return [name, made];
    }),
  );
  const first = boxes.server('server1');
  database = await createDatabase(boxes, { on: first, port: 5432 });
  await mountVolume(boxes, first);
  await startDatabase(first, database);
}, 90_000);

afterAll(async () => {
  for (const server of servers?.values() ?? []) server.dispose();
  await boxes?.dispose();
}, 60_000);

function server(name: string): LabServer {
  const found = servers.get(name);
  if (!found) throw new Error(`the README gives a command on ${name}`);
  return found;
}

function numbered(number: string): ServerBox {
  return boxes.server(['server1', 'server2', 'witness'][Number(number) - 1] ?? '');
}

/** The documentation's addresses and places, as this lab has them. */
function here(line: string): readonly string[] {
  return line
    .replaceAll('192.0.2.100', boxes.floatingAddress)
    .replaceAll(/192\.0\.2\.(\d)/g, (_, number: string) => numbered(number).address)
    .replaceAll(/198\.51\.100\.(\d)/g, (_, number: string) => numbered(number).addresses[1] ?? '')
    .replaceAll('/srv/pg/data', database.dataDirectory)
    .replaceAll('/srv/pg', boxes.volume.mountPoint)
    .split(' ');
}

test('C-01 (needs root) the commands of the README set three servers up, move the hierarchy and explain it', async (context) => {
  if (!boxes) return context.skip('the README sets up real addresses and a real volume, which needs root');
  const commands = commandsOfReadme();
  expect(commands.length).toBeGreaterThan(10);
  let shown = '';
  for (const { on, line } of commands) {
    const joining = line.startsWith('echo TOKEN | holdfast ');
    const [program, ...args] = here(line.replace('echo TOKEN | ', ''));
    expect(program).toBe('holdfast');
    if (args[0] === 'run') {
      await server(on).start();
      await server(on).waitForDaemon(30_000);
      await waitFor(
        async () =>
          (await server('server1').api.status()).servers.some(
            ({ name, lease }) => name === on && lease === 'good',
          ),
        {
          what: `${on} in the cluster`,
          timeoutMs: 30_000,
          everyMs: 50,
        },
      );
    } else if (joining) {
      const token = await server('server1').holdfast(['token']);
      shown = await server(on).holdfast(args, { input: token });
    } else {
      shown = await server(on).holdfast(args);
    }
  }
  expect(shown).toContain('server2');
  const [hierarchy] = (await server('server1').api.status()).hierarchies;
  expect(hierarchy).toMatchObject({ id: 'pgsql-5432', owner: { server: 'server2' } });
}, 180_000);
