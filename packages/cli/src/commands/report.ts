import { Option, type Command } from 'commander';
import { createError } from '@holdfast/contract';
import type { Client } from '../client.ts';
import { parseWhole } from '../option-values.ts';
import { renderReport, renderReports } from '../render/report.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

interface ReportOptions extends ClientOptions {
  readonly limit: number;
  readonly list?: boolean;
}

/** How the daemon names reports: milliseconds of a wall clock, the server, a counter. */
const reportId = /^\d{15}-[a-z0-9-]+-\d{6}$/;

export function addReport(program: Command, session: Session): void {
  const command = program
    .command('report')
    .description('show how a hierarchy came back in service: the timeline of a failover or another move')
    .argument('[tag|id]', 'any tag of a hierarchy: its newest report; or the id of a report')
    .option('--list', 'the newest reports, one line each; so also without an argument')
    .addOption(
      new Option('--limit <number>', 'with --list: the newest so many, up to 200')
        .argParser(parseWhole({ from: 1, to: 200 }))
        .default(20),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast report\n  holdfast report pgsql-5432\n  holdfast report pgsql-5432 --list',
    );
  addClientOptions(command).action(async (what: string | undefined, options: ReportOptions) => {
    const { client, readTimeoutMs: timeoutMs } = connect(session, options);
    if (what === undefined || options.list) {
      const query = { limit: String(options.limit), ...(what !== undefined && { hierarchy: what }) };
      const { value, json } = await client.call('reports', { query, timeoutMs });
      answer(session, json, () => renderReports(value.reports, session.style));
      return;
    }
    const id = reportId.test(what) ? what : await findNewest(client, what, timeoutMs);
    const { value, json } = await client.call('report', { parameter: id, timeoutMs });
    answer(session, json, () => renderReport(value, session.style));
  });
}

/** The id of a hierarchy's newest report. Rejects with HF-API-010 when it has none. */
async function findNewest(client: Client, tag: string, timeoutMs: number): Promise<string> {
  const query = { limit: '1', hierarchy: tag };
  const { value } = await client.call('reports', { query, timeoutMs });
  const [newest] = value.reports;
  if (!newest) throw createError('HF-API-010', { report: tag });
  return newest.id;
}
