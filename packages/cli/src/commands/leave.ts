import type { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import { createError } from '@holdfast/contract';
import { renderRemoval } from '../render/removal.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

interface LeaveOptions extends ClientOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

const examples = `
A server leaves when no hierarchy is extended to it any more ("holdfast unextend"); --force takes that back first, for each
that is not in service there. Its vote in etcd goes, its certificates open nothing any more, guard, etcd member and daemon
end, and its files are put aside in its state directory, so that "holdfast join" works there again.

Examples:
  holdfast leave --dry-run
  holdfast leave
  holdfast leave --force`;

const lookEveryMs = 200;
/** A daemon that waits for its guard to give the lease back. */
const endMs = 90_000;

export function addLeave(program: Command, session: Session): void {
  const command = program
    .command('leave')
    .description('take this server out of its cluster, in order')
    .option('--force', 'also take back what is extended to it')
    .option('--dry-run', 'only check, and show what would be done')
    .addHelpText('after', examples);
  addClientOptions(command).action(async (options: LeaveOptions) => {
    const connection = connect(session, options);
    const { client, changeTimeoutMs, readTimeoutMs } = connection;
    const { answeredBy } = (await client.call('status', { timeoutMs: readTimeoutMs })).value;
    const { value, json } = await client.call('removeServer', {
      parameter: answeredBy,
      query: { force: String(options.force ?? false), dryRun: String(options.dryRun ?? false) },
      timeoutMs: Math.max(changeTimeoutMs, endMs),
    });
    if (!value.dryRun) await waitForEnd(connection);
    answer(session, json, () => renderRemoval(value, session.style));
  });
}

/** The daemon ends after its answer: until then, nothing else can be set up there. */
async function waitForEnd({ client, readTimeoutMs }: ReturnType<typeof connect>): Promise<void> {
  const deadline = performance.now() + endMs;
  while (performance.now() < deadline) {
    const isThere = await client.call('status', { timeoutMs: readTimeoutMs }).then(
      () => true,
      () => false,
    );
    if (!isThere) return;
    await delay(lookEveryMs);
  }
  throw createError('HF-CLI-002', { waitedMs: endMs });
}
