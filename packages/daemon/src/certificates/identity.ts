import type { CertificateSerial } from '@holdfast/core';
import type { Gateway } from '../etcd/gateway.ts';
import type { GuardLink } from '../guard/link.ts';
import type { ChangingTrust, Credentials } from '../paths/index.ts';
import { writePairs, writeRevocationList, type OwnPairs, type Pki } from '../pki/files.ts';
import { ownEtcdTls } from './existing-etcd.ts';

/** This server's certificates, as files and in everything that shows them. */
export interface Identity {
  current(): Pki;
  /**
   * Writes new certificates of this server and takes them up without a restart: port, new paths, calls to etcd, guard. The
   * etcd member reads its file at each new connection. Rejects when they could not be written, or when the guard has not
   * taken them up: then it goes on with the old ones, and a repetition is safe.
   */
  replace(own: OwnPairs): Promise<void>;
  /** Takes up the files once more where somebody may not have followed. */
  takeUp(): Promise<void>;
  /** Refuses certificates from now on, and ends connections of paths and API that they had opened. */
  setRevoked(serials: readonly CertificateSerial[]): void;
}

export function createIdentity(
  first: Pki,
  options: {
    readonly stateDirectory: string;
    readonly trust: ChangingTrust;
    readonly gateway: Pick<Gateway, 'setTls'>;
    readonly guard: Pick<GuardLink, 'setTls'>;
    /** Not with an etcd that has certificates of its own: see `followEtcdFiles`. */
    readonly isForEtcd: boolean;
    /** The list for etcd could not be written: it is tried again with the next change. Must not throw. */
    readonly onError: (error: unknown) => void;
  },
): Identity {
  const { stateDirectory, trust, gateway, guard } = options;
  let pki = first;
  let revoked: string | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function takeUp(): Promise<void> {
    trust.setCredentials(toCredentials(pki));
    if (!options.isForEtcd) return;
    const shown = ownEtcdTls(stateDirectory, pki);
    gateway.setTls(shown.material);
    await guard.setTls(shown.guard);
  }

  return {
    current: () => pki,
    takeUp,
    async replace(own) {
      await writePairs(stateDirectory, own);
      pki = { ...pki, ...own };
      await takeUp();
    },
    setRevoked(serials) {
      const text = serials.toSorted().join();
      if (text === revoked) return;
      revoked = text;
      trust.setRevoked(new Set(serials));
      writing = writing
        .then(() => writeRevocationList(stateDirectory, pki.serverKey, serials))
        .catch((error: unknown) => {
          revoked = undefined;
          options.onError(error);
        });
    },
  };
}

/** What a server shows on its port and on paths. */
export function toCredentials(pki: Pki): Credentials {
  const { serverCertificate: certificate, serverKey: key, caCertificate } = pki;
  return { certificate, key, caCertificate };
}
