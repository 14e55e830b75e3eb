import { createError, type ServerFile } from '@holdfast/contract';
import { invariant } from '@holdfast/core';
import { fingerprintOf } from '../pki/inspect.ts';
import { Secret } from '../pki/secret.ts';
import { checkServer } from './check-server.ts';
import { fetchAuthority, NotAskedError, postJoin } from './contact.ts';
import type { SetUpServer } from './init.ts';
import { chosenParts, parseSetup, type ServerSetup } from './setup.ts';
import { prepareStateDirectory, writeServerState } from './state-directory.ts';
import { parseJoinToken, type JoinToken } from './token.ts';
import { joinAnswer, type JoinAnswer, type JoinRequest } from './wire.ts';

export interface JoinOptions extends ServerSetup {
  readonly role: 'member' | 'witness';
}

const connectTimeoutMs = 5_000;
/** Long enough for an etcd that is just electing a leader. */
const answerTimeoutMs = 30_000;

/**
 * Makes this machine a server of the cluster that issued the token (C-01): asks one of its members, which it
 * knows by the authority's fingerprint in the token, and writes certificates and `server.json`. Nothing is
 * started.
 *
 * When it fails, nothing is left here. If a member had been asked already, the token may be used up: join
 * again under the same name with a new one; that is allowed until this server has come up once.
 *
 * Throws errors of the catalogue: those of `initCluster`, HF-CLUSTER-003 to -007, -010, -015 to -018, -022.
 */
export async function joinCluster(tokenText: string, options: JoinOptions): Promise<SetUpServer> {
  const token = parseJoinToken(tokenText);
  const { role, ...given } = options;
  const setup = parseSetup(given);
  await prepareStateDirectory(setup.stateDir);
  const binary = await checkServer(setup);

  const { createRequest } = await import('../pki/authority.ts');
  const forServer = await createRequest();
  const forEtcd = await createRequest();
  const answer = await askMembers(token, {
    formatVersion: 1,
    tokenId: token.id,
    secret: token.secret.reveal(),
    server: setup.server,
    role,
    addresses: setup.addresses,
    port: setup.port,
    etcd:
      setup.etcd.kind === 'embedded'
        ? { clientPort: setup.etcd.clientPort, peerPort: setup.etcd.peerPort }
        : null,
    serverRequest: forServer.request,
    etcdClientRequest: forEtcd.request,
  });
  const pki = {
    caCertificate: answer.caCertificate,
    caKey: answer.caKey === null ? undefined : new Secret(answer.caKey),
    serverCertificate: answer.serverCertificate,
    serverKey: forServer.key,
    etcdClientCertificate: answer.etcdClientCertificate,
    etcdClientKey: forEtcd.key,
  };
  const { cluster, profile } = answer;
  const file: ServerFile = {
    ...chosenParts(setup),
    cluster,
    role,
    profile,
    contacts: [...token.contacts],
    ...etcdParts(setup, binary, answer),
  };
  await writeServerState(setup.stateDir, { file, pki });
  return { file, fingerprint: token.fingerprint };
}

/**
 * Asks one member after the other until one has been asked; what that one says counts, because the token is
 * used once.
 */
async function askMembers(token: JoinToken, request: JoinRequest): Promise<JoinAnswer> {
  let last: NotAskedError | undefined;
  for (const contact of token.contacts) {
    try {
      const { fingerprint } = token;
      const authority = await fetchAuthority(contact, { fingerprint, timeoutMs: connectTimeoutMs });
      const body = await postJoin(contact, { authority, body: request, timeoutMs: answerTimeoutMs });
      const answer = joinAnswer.safeParse(body);
      if (answer.success && fingerprintOf(answer.data.caCertificate) === fingerprint) return answer.data;
      const detail = 'the answer is not understood';
      throw createError(
        'HF-CLUSTER-015',
        { server: contact.address, status: 200, detail },
        { cause: answer.error },
      );
    } catch (error) {
      if (!(error instanceof NotAskedError)) throw error;
      last = error;
    }
  }
  invariant(last !== undefined, 'a token names at least one server');
  throw last.cause;
}

function etcdParts(
  setup: ServerSetup,
  binary: string | undefined,
  answer: JoinAnswer,
): Pick<ServerFile, 'etcd' | 'etcdEndpoints'> {
  const { etcd } = setup;
  const { etcdEndpoints } = answer;
  if (etcd.kind === 'existing') return { etcd, etcdEndpoints: etcd.endpoints };
  if (answer.etcd === 'external')
    return { etcd: { kind: 'existing', endpoints: etcdEndpoints }, etcdEndpoints };
  const { clientPort, peerPort } = etcd;
  return { etcd: { kind: 'client', binary: binary ?? '', clientPort, peerPort }, etcdEndpoints };
}
