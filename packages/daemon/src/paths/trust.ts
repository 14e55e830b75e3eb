import type { CertificateSerial } from '@holdfast/core';
import type { Credentials } from './peer.ts';

/** What this server shows and whom it believes. Both change while connections are open. */
export interface Trust {
  credentials(): Credentials;
  isRevoked(serial: CertificateSerial): boolean;
  /** Calls back when either has changed. Returns how to take that back. */
  onChange(callback: () => void): () => void;
}

export interface ChangingTrust extends Trust {
  setCredentials(credentials: Credentials): void;
  setRevoked(serials: ReadonlySet<CertificateSerial>): void;
}

export function createTrust(first: Credentials): ChangingTrust {
  const listeners = new Set<() => void>();
  let credentials = first;
  let revoked: ReadonlySet<CertificateSerial> = new Set();

  function tell(): void {
    for (const listener of listeners) listener();
  }

  return {
    credentials: () => credentials,
    isRevoked: (serial) => revoked.has(serial),
    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    setCredentials(next) {
      credentials = next;
      tell();
    },
    setRevoked(next) {
      revoked = next;
      tell();
    },
  };
}
