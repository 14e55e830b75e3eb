import { z } from 'zod';
import { certificateSerial } from '../records.ts';
import { serverName } from '../server-file.ts';
import { dryRun, wallTime } from './common.ts';

/** A certificate that ends in less than this is a warning. */
export const certificateWarningMs = 30 * 86_400_000;

export const certificateBody = z
  .object({
    server: serverName,
    serial: certificateSerial,
    /** `server`: for its port and its etcd member; `etcd-client`: for its calls to etcd. `null` once it is revoked. */
    use: z.enum(['server', 'etcd-client']).nullable(),
    /** What it vouches for: a server's certificate for its name and addresses. */
    names: z.array(z.string()),
    addresses: z.array(z.string()),
    /** SHA-256 of the certificate of the authority that issued it; `null` once it is revoked. */
    authority: z.string().nullable(),
    notAfter: wallTime,
    state: z.enum(['valid', 'ends-soon', 'expired', 'revoked']),
  })
  .meta({ id: 'Certificate' });
export type CertificateBody = z.infer<typeof certificateBody>;

/** GET /certificates */
export const certificatesAnswer = z.object({
  /** Those that the answering server trusts. */
  authorities: z.array(
    z.object({
      /** SHA-256 of its certificate. */
      fingerprint: z.string(),
      subject: z.string(),
      notAfter: wallTime,
      state: z.enum(['valid', 'ends-soon', 'expired']),
    }),
  ),
  certificates: z.array(certificateBody),
});
export type CertificatesAnswer = z.infer<typeof certificatesAnswer>;

/** POST /servers/:server/certificate */
export const renewCertificateRequest = z.strictObject({ dryRun });
