import {
  createError,
  describeProblem,
  type DoctorAnswer,
  type doctorQuery,
  type Language,
} from '@holdfast/contract';
import { failedFinding } from '@holdfast/kits';
import type { z } from 'zod';
import type { PlacedFinding } from '../api/assemble.ts';
import type { ApiContext } from '../api/context.ts';
import { parsePlacedFindings } from '../api/findings.ts';
import { copyReason } from '../api/hierarchy-view.ts';
import { clockPortsOf, examineClock } from './clocks.ts';
import { examineLimitMs, examineServer } from './examine-server.ts';
import { collectTold, currentSnapshot, type ToldByTag } from './told.ts';

/** Servers that are asked at a time: each measures etcd meanwhile. */
const serversAtOnce = 8;

/** GET /doctor: asks every server for its checks, and compares their clocks with this one's. */
export async function answerDoctor(
  context: ApiContext,
  query: z.output<typeof doctorQuery>,
  language: Language,
): Promise<DoctorAnswer> {
  const { file, host } = context;
  const snapshot = await currentSnapshot(context);
  const known = new Set([file.server, ...Object.keys(snapshot?.view.servers ?? {})]);
  const asked = query.server === undefined ? [...known].sort() : [...new Set(query.server.split(','))];
  const stranger = asked.find((server) => !known.has(server));
  if (stranger !== undefined) throw createError('HF-HIER-005', { server: stranger });
  const told = Object.assign(
    {},
    ...(await Promise.all(
      Object.values(snapshot?.view.hierarchies ?? {}).map((hierarchy) =>
        collectTold(context, hierarchy, snapshot?.view.owners[hierarchy.id]?.server),
      ),
    )),
  ) as ToldByTag;
  const servers: DoctorAnswer['servers'] = [];
  for (let at = 0; at < asked.length; at += serversAtOnce) {
    const some = asked.slice(at, at + serversAtOnce);
    servers.push(...(await Promise.all(some.map((server) => askOne(context, { server, told, language })))));
  }
  return { answeredBy: file.server, at: host.clock.wallTime(), servers };
}

interface Question {
  readonly server: string;
  readonly told: ToldByTag;
  readonly language: Language;
}

/** A server that does not answer is shown as such, never as fine. */
async function askOne(context: ApiContext, question: Question): Promise<DoctorAnswer['servers'][number]> {
  const { server, told, language } = question;
  const inWords = (findings: readonly PlacedFinding[]) =>
    findings.map((finding) => putIntoWords(finding, language));
  try {
    if (server === context.file.server)
      return { server, answered: true, findings: inWords(await examineServer(context, told)) };
    const clock = { ...(await examineClock(clockPortsOf(context), server)), server, tag: null };
    const answer = await context.ask(server, 'api/doctor', { told }, examineLimitMs + 3_000);
    return { server, answered: true, findings: inWords([clock, ...parsePlacedFindings(answer, server)]) };
  } catch (error) {
    const problem = (error instanceof Error ? error.message : String(error)).slice(0, 300);
    const finding = failedFinding('answers', 'server-unanswered', { server, problem });
    return { server, answered: false, findings: inWords([{ ...finding, server, tag: null }]) };
  }
}

function putIntoWords(
  finding: PlacedFinding,
  language: Language,
): DoctorAnswer['servers'][number]['findings'][number] {
  const { sentence, remedy } = describeProblem(finding.reason, language);
  return {
    ...finding,
    reason: copyReason(finding.reason),
    message: sentence,
    remedy: finding.outcome === 'passed' ? null : (remedy ?? null),
  };
}
