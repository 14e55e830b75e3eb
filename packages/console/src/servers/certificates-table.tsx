import type { CertificateBody, CertificatesAnswer } from '@holdfast/contract';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { RowActions } from '../shell/row-actions.tsx';
import { useRefusal } from '../shell/use-refusal.ts';
import { useFormats } from '../words/formats.ts';
import { CertificateState } from '../words/states.tsx';

export const certificatesKey = 'certificates';

const pollMs = 10_000;
/** As many digits tell one authority from another. */
const shownOfFingerprint = 16;

/** Every server's certificates, and the authorities that issue them. */
export function useCertificates(): UseQueryResult<CertificatesAnswer> {
  return useQuery({
    queryKey: [certificatesKey],
    queryFn: ({ signal }) => callApi('certificates', { signal }),
    refetchInterval: pollMs,
    staleTime: 0,
  });
}

/** What a certificate vouches for, who issued it, and what became of it (S-01). */
export function CertificatesTable({ answer }: { readonly answer: CertificatesAnswer }) {
  const say = useText();
  const { time } = useFormats();
  const refusal = useRefusal('administrator');
  const subjectOf = (authority: string | null): string =>
    answer.authorities.find(({ fingerprint }) => fingerprint === authority)?.subject ??
    authority?.slice(0, shownOfFingerprint) ??
    '–';
  const columns: readonly Column<CertificateBody>[] = [
    { title: say('column.server'), cell: ({ server }) => server },
    {
      title: say('certificates.use'),
      cell: ({ use }) => (use === null ? '–' : say(`certificateUse.${use}`)),
    },
    { title: say('servers.state'), cell: ({ state }) => <CertificateState state={state} /> },
    { title: say('access.until'), cell: ({ notAfter }) => time(notAfter) },
    {
      title: say('certificates.names'),
      cell: ({ names, addresses }) => [...names, ...addresses].join(', ') || '–',
    },
    {
      title: say('certificates.serial'),
      cell: ({ serial }) => <span className="hf-wrap">{serial}</span>,
    },
    {
      title: say('certificates.issuer'),
      cell: ({ authority }) => <span className="hf-wrap">{subjectOf(authority)}</span>,
    },
    {
      title: say('access.actions'),
      cell: ({ server, use }) =>
        use === 'server' && (
          <RowActions
            name={say('certificates.of', { server })}
            actions={[
              {
                words: say('certificates.renew'),
                path: `/servers/server/${encodeURIComponent(server)}/renew-certificates`,
                refusal,
              },
            ]}
          />
        ),
    },
  ];
  return (
    <PlainTable
      label={say('certificates.title')}
      columns={columns}
      rows={answer.certificates}
      keyOf={({ serial }) => serial}
      empty={say('certificates.none')}
    />
  );
}
