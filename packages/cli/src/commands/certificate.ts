import type { Command } from 'commander';
import type { CertificatesAnswer } from '@holdfast/contract';
import { colourOf } from '../render/style.ts';
import { renderTable, type Cell } from '../render/table.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

interface RenewOptions extends ClientOptions {
  readonly dryRun?: boolean;
}

const examples = `
Examples:
  holdfast certificate list
  holdfast certificate renew
  holdfast certificate renew server2`;

export function addCertificate(program: Command, session: Session): void {
  const certificate = program
    .command('certificate')
    .description("the servers' certificates")
    .addHelpText('after', examples);
  addList(certificate, session);
  addRenewal(certificate, session);
}

function addList(certificate: Command, session: Session): void {
  const command = certificate
    .command('list')
    .description('show the certificates of every server, and the authorities that issue them');
  addClientOptions(command).action(async (options: ClientOptions) => {
    const { client, readTimeoutMs: timeoutMs } = connect(session, options);
    const { value, json } = await client.call('certificates', { timeoutMs });
    answer(session, json, () => renderCertificates(value, session));
  });
}

function addRenewal(certificate: Command, session: Session): void {
  const command = certificate
    .command('renew')
    .description('give a server new certificates and revoke the old ones; what runs goes on running')
    .argument('[server]', 'the server (default: the one that is asked)')
    .option('--dry-run', 'only check that the server is there')
    .addHelpText(
      'after',
      '\nEvery server does this by itself in the last third of the life of its certificates.',
    );
  addClientOptions(command).action(async (server: string | undefined, options: RenewOptions) => {
    const { client, readTimeoutMs, changeTimeoutMs: timeoutMs } = connect(session, options);
    const parameter = server ?? (await client.call('status', { timeoutMs: readTimeoutMs })).value.answeredBy;
    const body = { dryRun: options.dryRun ?? false };
    const { value, json } = await client.call('renewCertificate', { parameter, body, timeoutMs });
    answer(session, json, () => renderCertificates(value, session));
  });
}

function renderCertificates(
  { certificates, authorities }: CertificatesAnswer,
  { style: { say, paint } }: Session,
): string {
  const head = (...texts: readonly string[]): Cell[] => texts.map((text) => ({ text, colour: 'bold' }));
  const rows = certificates.map((one): Cell[] => [
    { text: one.server },
    { text: one.use === null ? '-' : say(one.use === 'server' ? 'forPort' : 'forEtcd') },
    { text: say(one.state), colour: colourOf(one.state) },
    { text: one.notAfter },
    { text: one.serial },
    { text: one.authority?.slice(0, 16) ?? '-' },
    { text: [...one.names, ...one.addresses].join(', ') },
  ]);
  const issuers = authorities.map(({ fingerprint, subject, state, notAfter }): Cell[] => [
    { text: fingerprint.slice(0, 16) },
    { text: say(state), colour: colourOf(state) },
    { text: notAfter },
    { text: subject },
  ]);
  const columns = [say('server'), say('use'), say('state'), say('until'), say('serial')];
  return [
    renderTable([head(...columns, say('authority'), say('names')), ...rows], paint),
    renderTable([head(say('authority'), say('state'), say('until'), say('subject')), ...issuers], paint),
  ].join('\n');
}
