import { parseArgs } from 'node:util';
import { profiles, type ProfileName } from '@holdfast/core';
import { chooseLabMode } from './boxes.ts';
import { createLabCluster, type LabCluster } from './cluster.ts';
import { openDemoConsole } from './demo-console.ts';
import { playOnce } from './demo-once.ts';
import { runPrompt } from './demo-prompt.ts';
import { isFlawless, renderTable, writeReport } from './demo-report.ts';
import { createScreen, type Screen } from './demo-screen.ts';
import { createStory, type Story } from './demo-story.ts';
import { instantMs } from './deadline.ts';
import type { LabMode, ServerBoxes } from './server-box.ts';
import type { WritingClient } from './writing-client.ts';

const usage = `usage: npm run demo -- [options]
  --once           play local recovery, switchover, power loss and return, without a prompt
  --report FILE    write what was measured as JSON (with --once)
  --profile NAME   timing profile: safe, normal, fast (default), fastest
  --mode MODE      namespaces (default as root) or loopback
`;

interface DemoOptions {
  readonly once: boolean;
  readonly report: string | undefined;
  readonly profile: ProfileName;
  readonly mode: LabMode | undefined;
}

function parseOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: 'boolean', default: false },
      report: { type: 'string' },
      profile: { type: 'string', default: 'fast' },
      mode: { type: 'string' },
    },
  });
  const profile = Object.values(profiles).find(({ name }) => name === values.profile)?.name;
  if (!profile) throw new TypeError(`there is no profile ${values.profile}`);
  const { mode } = values;
  if (mode !== undefined && mode !== 'namespaces' && mode !== 'loopback')
    throw new TypeError(`there is no mode ${mode}`);
  if (values.report !== undefined && !values.once) throw new TypeError('--report goes with --once');
  return { once: values.once, report: values.report, profile, mode };
}

/** Runs the demo. Returns the exit code. */
async function main(options: DemoOptions): Promise<number> {
  const startedMs = instantMs();
  const screen = createScreen();
  const story = createStory(screen.write);
  let boxes: ServerBoxes | undefined;
  endOnSignals(async () => {
    story.stop();
    await boxes?.dispose();
  });
  const mode = options.mode ?? (await chooseLabMode());
  story.tell(
    mode === 'namespaces'
      ? 'two servers and a witness in namespaces, with a network of their own and a shared disk'
      : 'two servers and a witness on addresses of 127.0.0.0/8, with a shared directory',
  );
  const cluster = await createLabCluster({
    mode,
    profile: options.profile,
    networks: 2,
    onProgress: story.tell,
    onBoxes: (made) => (boxes = made),
    onOverlap: ({ kind, servers, frozen }) => {
      if (!frozen) story.tell(`TWO SERVERS ACTIVE AT ONCE (${kind}): ${servers.join(', ')}`);
    },
  });
  try {
    const setUpMs = instantMs() - startedMs;
    const client = cluster.createClient({ onNotice: story.client });
    const on = await cluster.waitForService({ timeoutMs: 30_000 });
    await client.waitForCommits(1, 10_000);
    story.tell(`in service on ${on}; a client writes to ${cluster.boxes.floatingAddress} all the time`);
    story.follow(cluster);
    const stage = { cluster, client, story, screen };
    return options.once ? await play({ ...stage, options, startedMs, setUpMs }) : await prompt(stage);
  } finally {
    story.stop();
    await cluster.dispose();
  }
}

interface Stage {
  readonly cluster: LabCluster;
  readonly client: WritingClient;
  readonly story: Story;
  readonly screen: Screen;
}

async function play(
  stage: Stage & { readonly options: DemoOptions; readonly startedMs: number; readonly setUpMs: number },
): Promise<number> {
  const { cluster, options, startedMs, setUpMs, story, screen } = stage;
  const played = await playOnce(stage);
  story.stop();
  screen.write(`\n${renderTable(played)}`);
  if (options.report !== undefined)
    writeReport(options.report, {
      formatVersion: 1,
      at: new Date().toISOString(),
      mode: cluster.boxes.mode,
      profile: options.profile,
      setUpMs,
      totalMs: instantMs() - startedMs,
      ...played,
    });
  return isFlawless(played) ? 0 : 1;
}

async function prompt(stage: Stage): Promise<number> {
  await showConsole(stage);
  await runPrompt(stage);
  stage.story.tell('checking that every acknowledged row is there, once');
  const verdict = await stage.client.checkHistory().catch(String);
  if (typeof verdict === 'string') {
    stage.story.tell(`the table cannot be read: ${verdict}`);
    return 1;
  }
  const { committed, unknown, lost, duplicated } = verdict;
  stage.story.tell(
    `${String(committed)} rows acknowledged, ${String(lost.length)} lost, ${String(duplicated.length)} ` +
      `duplicated; ${String(unknown)} without an answer`,
  );
  return lost.length + duplicated.length === 0 ? 0 : 1;
}

/** Tells where the web console is; the cluster's own authority has signed its certificate, which no browser knows. */
async function showConsole({ cluster, screen }: Stage): Promise<void> {
  const { addresses, account, password } = await openDemoConsole(cluster);
  const lines = addresses.map(({ server, url }) => `  ${server.padEnd(10)} ${url}\n`);
  screen.write(
    `\nThe web console, on every server (the browser warns of a certificate that it does not know):\n${lines.join('')}` +
      `  sign in as ${account} with the password ${password}\n`,
  );
}

/**
 * Takes everything away on Ctrl-C and its like; a second signal ends at once, and the next start cleans up.
 */
function endOnSignals(cleanUp: () => Promise<void>): void {
  let ending = false;
  const end = (code: number): void => {
    if (ending) process.exit(code);
    ending = true;
    process.stdout.write('\ntaking everything away\n');
    // What goes on meanwhile fails for want of servers, and need not be told.
    process.stdout.write = () => true;
    process.stderr.write = () => true;
    void cleanUp().finally(() => process.exit(code));
  };
  process.on('SIGINT', () => end(130));
  process.on('SIGTERM', () => end(143));
  process.on('SIGHUP', () => end(129));
  // The channel to the script that started this: it breaks when that is killed.
  process.once('disconnect', () => end(1));
  process.channel?.unref();
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  const problem = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${problem}\n${error instanceof TypeError ? usage : ''}`);
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
