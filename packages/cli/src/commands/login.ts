import type { Command } from 'commander';
import { createError } from '@holdfast/contract';
import { createClient } from '../client.ts';
import { parseServerUrl, readKnownServer, saveKnownServer } from '../known-servers.ts';
import { readPassword } from '../read-password.ts';
import { addOutputOption, answer, type OutputFormat, type Session } from '../session.ts';

interface LoginOptions {
  readonly account: string;
  readonly fingerprint?: string;
  readonly passwordStdin?: boolean;
  readonly output: OutputFormat;
}

const timeoutMs = 15_000;
const examples = `
Examples:
  holdfast login https://server1:7600 --account anna --fingerprint 3f5c…
  holdfast status --server https://server1:7600`;

export function addLogin(program: Command, session: Session): void {
  const command = program
    .command('login')
    .description('sign in at a server of a cluster, for commands with --server')
    .argument('<url>', 'https://SERVER:PORT')
    .requiredOption('--account <name>', 'who signs in')
    .option(
      '--fingerprint <sha256>',
      "of the cluster's authority, as init and join print it; needed the first time",
    )
    .option('--password-stdin', 'read the password from standard input')
    .addHelpText('after', examples);
  addOutputOption(command).action(async (text: string, options: LoginOptions) => {
    session.output = options.output;
    const url = parseServerUrl(text, 'holdfast login');
    const authority = await findAuthority(session, url, options.fingerprint);
    const password = await readPassword(session, {
      fromStdin: options.passwordStdin ?? false,
      isNew: false,
      command: 'holdfast login',
    });
    const client = createClient({ server: { url, authority }, language: session.terminal.language });
    const { value } = await client.call('login', { body: { account: options.account, password }, timeoutMs });
    const { account, secret, expiresAt, role } = value;
    saveKnownServer(url, { authority, account, secret, expiresAt }, session.terminal);
    answer(session, { account, role, expiresAt }, () => `${session.style.say('done')}\n`);
  });
}

export function addLogout(program: Command, session: Session): void {
  const command = program
    .command('logout')
    .description('end the session at a server, and forget it')
    .addHelpText('after', '\nExample:\n  holdfast logout https://server1:7600')
    .argument('<url>', 'https://SERVER:PORT');
  addOutputOption(command).action(async (text: string, options: LoginOptions) => {
    session.output = options.output;
    const url = parseServerUrl(text, 'holdfast logout');
    const known = readKnownServer(url, session.terminal);
    saveKnownServer(url, undefined, session.terminal);
    if (known) {
      const { authority, secret } = known;
      const client = createClient({
        server: { url, authority, secret },
        language: session.terminal.language,
      });
      await client.call('logout', { timeoutMs });
    }
    answer(session, { done: true }, () => `${session.style.say('done')}\n`);
  });
}

/** The certificate that the fingerprint names, shown by the server; later the one that was kept. */
async function findAuthority(session: Session, url: URL, fingerprint: string | undefined): Promise<string> {
  const known = readKnownServer(url, session.terminal);
  if (fingerprint === undefined) {
    if (known) return known.authority;
    throw createError('HF-CLI-004', {
      problem: '--fingerprint is needed the first time',
      command: 'holdfast login',
    });
  }
  const { fetchAuthority, NotAskedError } = await import('@holdfast/daemon/cluster/contact');
  const contact = { address: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 443) };
  const plain = fingerprint.replaceAll(':', '').toLowerCase();
  return fetchAuthority(contact, { fingerprint: plain, timeoutMs }).catch((error: unknown) => {
    throw error instanceof NotAskedError ? error.cause : error;
  });
}
