import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { createError, type ImportAnswer } from '@holdfast/contract';
import { renderTable } from '../render/table.ts';
import type { Style } from '../render/style.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

export function addExport(program: Command, session: Session): void {
  const command = program
    .command('export')
    .description('write what is configured into a file that can be imported')
    .argument('[file]', 'where to write it; standard output when left out')
    .addHelpText(
      'after',
      `
The file is YAML: settings, properties of servers, communication paths, and hierarchies with everything that was set for
them. It has no accounts, certificates or passwords. Keep a copy apart from the servers: with it a cluster whose etcd is
lost is set up again.

Examples:
  holdfast export /root/holdfast.yaml
  holdfast export | diff /root/holdfast.yaml -`,
    );
  addClientOptions(command).action(async (file: string | undefined, options: ClientOptions) => {
    const { client, readTimeoutMs: timeoutMs } = connect(session, options);
    const { value, json } = await client.call('configuration', { timeoutMs });
    if (file === undefined) answer(session, json, () => value.text);
    else withFile(file, 'holdfast export', () => writeFileSync(file, value.text, { mode: 0o600 }));
  });
}

interface ImportOptions extends ClientOptions {
  readonly dryRun?: boolean;
}

export function addImport(program: Command, session: Session): void {
  const command = program
    .command('import')
    .description('make the configuration that of an exported file')
    .argument('<file>', 'the file; - reads standard input')
    .option('--dry-run', 'only show what differs')
    .addHelpText(
      'after',
      `
Everything takes place in one transaction, or nothing does. What the file does not name stays as it is; nothing is deleted,
started or stopped. Servers must have joined before they are named. A hierarchy that is not there is recorded out of
service; one that is there keeps its servers and resources, which have commands of their own.

Examples:
  holdfast import /root/holdfast.yaml --dry-run
  holdfast import /root/holdfast.yaml`,
    );
  addClientOptions(command).action(async (file: string, options: ImportOptions) => {
    const text = withFile(file, 'holdfast import', () => readFileSync(file === '-' ? 0 : file, 'utf8'));
    const { client, changeTimeoutMs: timeoutMs } = connect(session, options);
    const body = { text, dryRun: options.dryRun ?? false };
    const { value, json } = await client.call('importConfiguration', { body, timeoutMs });
    answer(session, json, () => renderImport(value, session.style));
  });
}

/** Reads or writes a file that the caller has named. Throws HF-CLI-004. */
function withFile<T>(file: string, command: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const problem = `${file}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw createError('HF-CLI-004', { problem, command }, { cause });
  }
}

const mostShown = 80;

function renderImport({ dryRun, differences, next }: ImportAnswer, { say, paint }: Style): string {
  if (differences.length === 0) return `${say('noDifference')}\n`;
  const rows = differences.map(({ line, field, before, after, command }) => [
    ...[String(line), field, shorten(before), shorten(after), command ?? ''],
  ]);
  const head = [say('line'), say('field'), say('isNow'), say('isToBe'), say('command')];
  const table = renderTable(
    [head, ...rows].map((row) => row.map((text) => ({ text }))),
    paint,
  );
  const steps = next.map((command) => `${say('next')} ${command}\n`).join('');
  return `${table}${steps}${dryRun ? `${say('dryRun')}\n` : ''}`;
}

function shorten(value: unknown): string {
  const json = JSON.stringify(value ?? '-');
  const text = typeof value === 'object' && value !== null ? '…' : json.replaceAll('"', '');
  return text.length <= mostShown ? text : `${text.slice(0, mostShown - 1)}…`;
}
