import { createInterface } from 'node:readline';
import type { LabCluster } from './cluster.ts';
import { killPostgres, startServer, switchOver } from './demo-actions.ts';
import type { Screen } from './demo-screen.ts';
import type { Story } from './demo-story.ts';
import type { WritingClient } from './writing-client.ts';

export const help = `
  status            the cluster, and what the client has seen
  switch            move the hierarchy to the other server (planned)
  kill postgres     kill -9 of PostgreSQL with all its processes
  kill SERVER       loss of power: everything of that server is gone at once
  freeze SERVER     the whole server stands still; its watchdog resets it when that takes too long
  cut SERVER        pull its network cable
  start SERVER      switch it on, thaw it, plug the cable in
  quit              check that no row was lost, take everything away, and end
`;

interface Stage {
  readonly cluster: LabCluster;
  readonly client: WritingClient;
  readonly story: Story;
  readonly screen: Screen;
}

/**
 * Reads commands until `quit` or the end of input. A command that fails says why, and the next one is read.
 */
export async function runPrompt(stage: Stage): Promise<void> {
  const { story, screen } = stage;
  screen.write(help);
  const input = createInterface({ input: process.stdin, output: process.stdout, prompt: 'holdfast> ' });
  // On a terminal the line editor takes Ctrl-C for itself.
  input.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  screen.shareWith(input);
  input.prompt();
  for await (const line of input) {
    const words = line.trim().toLowerCase().split(/\s+/);
    if (words[0] === 'quit' || words[0] === 'exit') break;
    try {
      await obey(stage, words);
    } catch (error) {
      story.tell(`that failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    input.prompt();
  }
  input.close();
}

async function obey(stage: Stage, [verb = '', name = '']: readonly string[]): Promise<void> {
  const { cluster, story, screen } = stage;
  switch (verb) {
    case '':
      return;
    case 'status':
      return showStatus(stage);
    case 'switch': {
      story.tell('moving the hierarchy to the other server');
      const { from, to } = await switchOver(cluster);
      story.tell(`moved from ${from} to ${to}`);
      return;
    }
    case 'kill':
      if (name === 'postgres') story.tell(`killed PostgreSQL on ${await killPostgres(cluster)}`);
      else {
        const { tookMs } = await cluster.server(name).box.powerOff();
        story.tell(`${name} has lost its power (all its processes were dead after ${tookMs.toFixed(0)} ms)`);
      }
      return;
    case 'freeze':
      await cluster.server(name).box.freeze();
      story.tell(`${name} stands still`);
      return;
    case 'cut':
      await cluster.server(name).box.cut();
      story.tell(`${name} has no network any more`);
      return;
    case 'start':
      story.tell(await startServer(cluster, name));
      return;
    default:
      screen.write(help);
  }
}

async function showStatus({ cluster, client, screen }: Stage): Promise<void> {
  const able = cluster.servers.find(({ box }) => box.state() === 'on');
  screen.write(able ? await able.holdfast(['status']) : 'every server is switched off\n');
  for (const { name, box } of cluster.servers)
    if (box.state() !== 'on') screen.write(`${name} is ${box.state()}\n`);
  const { committed } = await client.count();
  const outages = await client.outages(200);
  const longestMs = Math.max(0, ...outages.map(({ lengthMs }) => lengthMs));
  const seen = `${String(committed)} rows committed, ${String(outages.length)} outages`;
  screen.write(`client: ${seen}, the longest ${(longestMs / 1000).toFixed(2)} s\n`);
}
