import type { Command } from 'commander';
import { parseWhole } from '../option-values.ts';
import { renderTable } from '../render/table.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

interface AuditOptions extends ClientOptions {
  readonly limit: number;
  readonly search?: string;
}

const examples = `
Examples:
  holdfast audit
  holdfast audit --search anna --limit 500`;

export function addAudit(program: Command, session: Session): void {
  const command = program
    .command('audit')
    .description('show who asked for which change, from where, and what came of it')
    .option('--limit <number>', 'the newest so many, up to 1000', parseWhole({ from: 1, to: 1000 }), 50)
    .option('--search <text>', 'only records that contain this text')
    .addHelpText('after', examples);
  addClientOptions(command).action(async (options: AuditOptions) => {
    const { client, readTimeoutMs: timeoutMs } = connect(session, options);
    const { limit, search } = options;
    const query = { limit: String(limit), ...(search !== undefined && { search }) };
    const { value, json } = await client.call('audit', { query, timeoutMs });
    const rows = value.records.map(({ at, who, from, what, error, status, asked }) => [
      ...[at, who, from, what, error ?? String(status), asked],
    ]);
    answer(session, json, () =>
      renderTable(
        rows.map((row) => row.map((text) => ({ text }))),
        session.style.paint,
      ),
    );
  });
}
