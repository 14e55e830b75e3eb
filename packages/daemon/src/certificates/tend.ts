import { createError } from '@holdfast/contract';
import type { EngineEvent } from '@holdfast/engine';
import type { ApiContext } from '../api/context.ts';
import { etcdFilesOf } from '../etcd/existing-tls.ts';
import { tryAtEtcd } from '../etcd/gateway.ts';
import type { Identity } from './identity.ts';
import { issueAnswer, issueCertificates, type IssueAnswer, type IssueRequest } from './issue.ts';
import { createRenewal, isDue, type Renewal } from './renewal.ts';

/** The certificates of this server, looked after for as long as its daemon runs. */
export interface CertificateKeeper extends Pick<Renewal, 'renew'> {
  /** The certificates of the authorities that are trusted here, PEM. */
  authorities(): string;
  /** Issues certificates to another server, which a path has brought here. */
  issueTo(server: string, request: IssueRequest): Promise<IssueAnswer>;
  /** From now on looks by itself. */
  begin(): void;
  end(): void;
}

const dayMs = 86_400_000;
const shortestAgainMs = 60_000;
/**
 * The old certificates are revoked this long after a renewal: whoever has asked for it over a path that was made with them gets
 * the answer first.
 */
const settleAfterMs = 1_000;
const askMemberMs = 15_000;

/**
 * Looks at each start and once a day whether the certificates are on record and have enough of their time left; after a failure
 * soon again, and then ever less often, which is told.
 */
export function createCertificateKeeper(
  context: Pick<ApiContext, 'file' | 'store' | 'keys' | 'engine' | 'ask'>,
  options: {
    readonly identity: Identity;
    readonly endpoints: () => readonly string[];
    readonly tell: (event: Pick<EngineEvent, 'code' | 'severity' | 'facts'>) => void;
  },
): CertificateKeeper {
  const { file, store, keys } = context;
  const { identity, tell } = options;
  const { server } = file;
  const issueTo = (to: string, request: IssueRequest): Promise<IssueAnswer> =>
    issueCertificates(to, request, { self: server, pki: identity.current(), store, keys });
  const renewal = createRenewal({
    ...{ server, store, keys, identity },
    issue: (request) =>
      identity.current().caKey ? issueTo(server, request) : askMembers(context, server, request),
    // An etcd with certificates of its own has nothing to do with these.
    tryAtEtcd: (tls) => (etcdFilesOf(file) ? Promise.resolve() : tryAtEtcd(options.endpoints(), tls)),
  });
  let timer: NodeJS.Timeout | undefined;
  let againMs = shortestAgainMs;
  let isEnded = false;

  async function renew(): Promise<string> {
    const until = await renewal.renew();
    tell({ code: 'certificate-renewed', severity: 'info', facts: { server, until } });
    lookIn(settleAfterMs);
    return until;
  }

  function lookIn(delayMs: number): void {
    clearTimeout(timer);
    if (!isEnded) timer = setTimeout(() => void look(), delayMs).unref();
  }

  async function look(): Promise<void> {
    try {
      await renewal.settle();
      await renewal.forgetExpired();
      const { serverCertificate, etcdClientCertificate } = identity.current();
      const now = new Date();
      if (isDue(serverCertificate, now) || isDue(etcdClientCertificate, now)) await renew();
      else lookIn(dayMs);
      againMs = shortestAgainMs;
    } catch (error) {
      lookIn(againMs);
      // Each attempt leaves two revoked certificates on record.
      againMs = Math.min(againMs * 2, dayMs);
      const message = error instanceof Error ? error.message : String(error);
      tell({ code: 'certificate-not-renewed', severity: 'warning', facts: { server, message } });
    }
  }

  return {
    authorities: () => identity.current().caCertificate,
    renew,
    issueTo,
    begin() {
      if (!isEnded) void look();
    },
    end() {
      isEnded = true;
      clearTimeout(timer);
    },
  };
}

/** Asks the members one after the other, those that are there first. Rejects with HF-CLUSTER-060 when none has issued. */
async function askMembers(
  { engine, ask }: Pick<ApiContext, 'engine' | 'ask'>,
  server: string,
  request: IssueRequest,
): Promise<IssueAnswer> {
  const { servers, sessions } = (await engine.refresh()).view;
  const members = Object.values(servers).filter(({ name, role }) => role === 'member' && name !== server);
  const there = members.toSorted((a, b) => Number(!sessions[a.name]) - Number(!sessions[b.name]));
  let cause: unknown = new Error('there is no member');
  for (const { name } of there) {
    try {
      return issueAnswer.parse(await ask(name, 'certificates/issue', request, askMemberMs));
    } catch (error) {
      cause = error;
    }
  }
  const problem = cause instanceof Error ? cause.message : String(cause);
  throw createError('HF-CLUSTER-060', { server, problem }, { cause });
}
