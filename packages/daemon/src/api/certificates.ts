import {
  certificateWarningMs,
  createError,
  type CertificateBody,
  type CertificatesAnswer,
} from '@holdfast/contract';
import { because, type Reason, type Server } from '@holdfast/core';
import type { Snapshot } from '@holdfast/engine';
import type { ApiContext } from './context.ts';
import { certificatesIn, inspectCertificate } from '../pki/inspect.ts';

/** Milliseconds for another server to renew its certificates: it asks a member, and etcd. */
const renewLimitMs = 40_000;
/** Every server's certificate also names the machine itself. */
const ownAddresses = ['127.0.0.1', '::1'];

/** GET /certificates: what is on record, of dead servers, too; nobody is asked. */
export async function answerCertificates(context: ApiContext): Promise<CertificatesAnswer> {
  const snapshot = await context.engine.refresh();
  const nowMs = Date.parse(context.host.clock.wallTime());
  const authorities = certificatesIn(context.certificates.authorities()).map((one) => {
    const { fingerprint, subject, notAfter } = inspectCertificate(one);
    return { fingerprint, subject, notAfter, state: stateAt(notAfter, nowMs) };
  });
  const servers = Object.values(snapshot.view.servers).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const valid = servers.flatMap((server) => viewCertificates(server, nowMs));
  return { authorities, certificates: [...valid, ...viewRevoked(snapshot)] };
}

function viewCertificates({ name, addresses, certificates }: Server, nowMs: number): CertificateBody[] {
  return certificates.map(({ serial, use, authority, notAfter }) => ({
    ...{ server: name, serial, use, authority, notAfter },
    names: use === 'server' ? [name] : [],
    addresses: use === 'server' ? [...new Set([...addresses, ...ownAddresses])] : [],
    state: stateAt(notAfter, nowMs),
  }));
}

function viewRevoked({ revoked }: Snapshot): CertificateBody[] {
  return Object.entries(revoked).map(([serial, { server, notAfter }]) => ({
    ...{ server, serial, notAfter, state: 'revoked' as const },
    ...{ use: null, authority: null, names: [], addresses: [] },
  }));
}

function stateAt(notAfter: string, nowMs: number): 'valid' | 'ends-soon' | 'expired' {
  const leftMs = Date.parse(notAfter) - nowMs;
  return leftMs <= 0 ? 'expired' : leftMs < certificateWarningMs ? 'ends-soon' : 'valid';
}

/** What people should know of a server's certificates; `undefined` when they are well. */
export function doubtCertificates({ name, certificates }: Server, nowMs: number): Reason | undefined {
  const [first] = certificates.toSorted((a, b) => Date.parse(a.notAfter) - Date.parse(b.notAfter));
  const state = first && stateAt(first.notAfter, nowMs);
  if (!first || state === 'valid') return undefined;
  const code = state === 'expired' ? 'certificate-expired' : 'certificate-ends-soon';
  return because(code, { server: name, until: first.notAfter });
}

/** POST /servers/:server/certificate. Rejects with HF-HIER-005, HF-HIER-006, HF-CLUSTER-060, HF-CLUSTER-061 or HF-STORE-006. */
export async function renewCertificate(
  context: ApiContext,
  server: string,
  dryRun: boolean,
): Promise<CertificatesAnswer> {
  const { view } = await context.engine.refresh();
  if (!view.servers[server]) throw createError('HF-HIER-005', { server });
  if (server === context.file.server) {
    if (!dryRun) await context.certificates.renew();
  } else await context.ask(server, 'certificates/renew', { dryRun }, renewLimitMs);
  return answerCertificates(context);
}
