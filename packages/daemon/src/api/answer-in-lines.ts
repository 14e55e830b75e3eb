import { languageOfHeader, linesOfJson, type ChangeAnswer, type ChangeLine } from '@holdfast/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noteFailure } from '../access/index.ts';
import type { TellFindings } from './extend-checks.ts';
import { describeFailure } from './findings.ts';
import { copyReason } from './hierarchy-view.ts';

/** The client reads lines, each an object in JSON. */
export function wantsLines({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes(linesOfJson) ?? false;
}

/** Answers a change in lines: what its checks have found as they end, and at last the answer itself, or the error. */
export async function answerInLines(
  request: FastifyRequest,
  reply: FastifyReply,
  change: (tell: TellFindings) => Promise<ChangeAnswer>,
): Promise<FastifyReply> {
  const { raw } = reply.hijack();
  raw.writeHead(200, { 'content-type': linesOfJson, 'cache-control': 'no-store' });
  const write = (line: ChangeLine): void => {
    // A check that ends after another one has failed altogether has nobody to tell.
    if (!raw.writableEnded && !raw.destroyed) raw.write(`${JSON.stringify(line)}\n`);
  };
  try {
    const answer = await change((findings) =>
      write({ findings: findings.map((one) => ({ ...one, reason: copyReason(one.reason) })) }),
    );
    write({ answer });
  } catch (error) {
    const { body, status } = describeFailure(error, languageOfHeader(request.headers['accept-language']));
    noteFailure(request, body.code);
    write({ error: body, status });
  }
  raw.end();
  return reply;
}
