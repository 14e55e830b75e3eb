import type { X509Certificate } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
import { text } from 'node:stream/consumers';
import { createError, HoldfastError, isErrorCode } from '@holdfast/contract';
import { z } from 'zod';
import { fingerprintOf } from '../pki/inspect.ts';
import type { Contact } from './token.ts';
import { joinPath, maxJoinBytes } from './wire.ts';

/** The server was not reached, or is not of the cluster: nothing was sent to it that matters. */
export class NotAskedError extends Error {
  override readonly name = 'NotAskedError';
  declare readonly cause: HoldfastError;

  constructor(cause: HoldfastError) {
    super(cause.message, { cause });
  }
}

const maxChain = 8;
const errorBody = z.looseObject({
  code: z.string(),
  message: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/**
 * Gets the cluster authority's certificate from a server, by its fingerprint alone. Proves nothing about the
 * server itself: whoever it is may show that certificate. It is trusted only because its fingerprint came
 * with the token.
 *
 * Throws NotAskedError: HF-CLUSTER-005 (not reached) or HF-CLUSTER-006 (not of this cluster).
 */
export function fetchAuthority(
  contact: Contact,
  options: { readonly fingerprint: string; readonly timeoutMs: number },
): Promise<string> {
  const { address, port } = contact;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer within ${options.timeoutMs} ms`)),
      options.timeoutMs,
    );
    socket.once('close', () => {
      clearTimeout(timer);
      reject(unreachable(contact, new Error('connection closed')));
    });
    socket.once('error', (error) => reject(unreachable(contact, error)));
    socket.once('secureConnect', () => {
      const found = findInChain(socket.getPeerX509Certificate(), options.fingerprint);
      if (found) resolve(found);
      else reject(new NotAskedError(createError('HF-CLUSTER-006', { address })));
      socket.destroy();
    });
  });
}

function findInChain(leaf: X509Certificate | undefined, fingerprint: string): string | undefined {
  let certificate = leaf;
  for (let n = 0; certificate && n < maxChain; n += 1) {
    if (certificate.ca && fingerprintOf(certificate) === fingerprint) return certificate.toString();
    certificate = certificate.issuerCertificate;
  }
  return undefined;
}

/**
 * Sends the request to join to a server whose certificate the authority has issued for that address. Throws
 * NotAskedError when it was certainly not sent; otherwise the refusal of the server as it was meant, or
 * HF-CLUSTER-016.
 */
export async function postJoin(
  contact: Contact,
  options: { readonly authority: string; readonly body: object; readonly timeoutMs: number },
): Promise<unknown> {
  return await postTo(contact, { ...options, path: joinPath });
}

/** Sends what may be sent without a certificate of one's own. Throws as {@link postJoin} does. */
export async function postTo(contact: Contact, options: Posting): Promise<unknown> {
  const { status, answer } = await exchange(contact, options);
  let json: unknown;
  try {
    json = JSON.parse(answer);
  } catch (cause) {
    throw notUnderstood(contact, status, cause);
  }
  if (status === 200) return json;
  const refusal = errorBody.safeParse(json);
  if (!refusal.success || !isErrorCode(refusal.data.code))
    throw notUnderstood(contact, status, refusal.error);
  throw new HoldfastError(refusal.data.code, refusal.data.facts, {});
}

interface Posting {
  readonly path: string;
  readonly authority: string;
  readonly body: object;
  readonly timeoutMs: number;
}

function exchange(
  contact: Contact,
  options: Posting,
): Promise<{ readonly status: number; readonly answer: string }> {
  const { address, port } = contact;
  const { authority, timeoutMs } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  const body = Buffer.from(JSON.stringify(options.body), 'utf8');
  return new Promise((resolve, reject) => {
    let trusted = false;
    const fail = (cause: Error): void => {
      if (!trusted)
        return reject(isCertificateError(cause) ? foreign(contact, cause) : unreachable(contact, cause));
      reject(
        createError(
          'HF-CLUSTER-016',
          { waitedMs: timeoutMs, step: `asking ${address}: ${cause.message}` },
          { cause },
        ),
      );
    };
    const request = httpsRequest({
      host: address,
      port,
      path: options.path,
      method: 'POST',
      ca: authority,
      minVersion: 'TLSv1.3',
      agent: false,
      signal,
      headers: { 'content-type': 'application/json', 'content-length': body.length },
    });
    request.on('error', fail);
    request.on('socket', (socket) => {
      // The secret leaves only after the certificate has been accepted.
      socket.once('secureConnect', () => {
        trusted = true;
        request.end(body);
      });
    });
    request.on('response', (response) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > maxJoinBytes) response.destroy(new Error(`answer has more than ${maxJoinBytes} bytes`));
      });
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), fail);
    });
  });
}

/**
 * Another authority or another server. A certificate that is only out of date is a fault of the right server.
 */
function isCertificateError(error: Error): boolean {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return /SELF_SIGNED|SIGNATURE|ISSUER|ERR_TLS_CERT/.test(code);
}

function foreign({ address }: Contact, cause: unknown): NotAskedError {
  return new NotAskedError(createError('HF-CLUSTER-006', { address }, { cause }));
}

function unreachable({ address, port }: Contact, cause: Error): NotAskedError {
  return new NotAskedError(
    createError('HF-CLUSTER-005', { address: `${address} port ${port}`, problem: cause.message }, { cause }),
  );
}

function notUnderstood({ address }: Contact, status: number, cause: unknown): HoldfastError {
  return createError(
    'HF-CLUSTER-015',
    { server: address, status, detail: 'the answer is not understood' },
    { cause },
  );
}
