import { readFileSync } from 'node:fs';
import { createGuardLink, type GuardLinkOptions } from './link.ts';
import type { KillStep } from '@holdfast/engine/ports';

/** For tests only: a daemon that does nothing but report rounds to its guard. SIGTERM restarts it, as an upgrade does. */

interface Told extends GuardLinkOptions {
  readonly plan: boolean;
  readonly steps: readonly KillStep[];
}

const told: Told = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const link = createGuardLink({
  ...told,
  report: (severity, reason) => say(`${severity} ${reason.code} ${JSON.stringify(reason.facts)}`),
  onLate: (lateMs) => say(`late ${String(lateMs)}`),
});

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function whenLeased(): Promise<void> {
  if (link.state()) return;
  await new Promise<void>((resolve) => {
    const undo = link.onChange(() => {
      if (!link.state()) return;
      undo();
      resolve();
    });
  });
}

link.onChange(() => say(`state ${link.state()?.incarnation ?? 'none'}`));
process.on('SIGTERM', () => {
  link.close();
  process.exit(0);
});
await link.start();
setInterval(() => link.alive(), 100);
await whenLeased();
if (told.plan) {
  await link.plan('h1', 1, told.steps);
  say(`planned ${link.state()?.incarnation}`);
}
say('ready');
