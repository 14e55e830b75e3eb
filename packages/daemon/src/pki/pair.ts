import type { Secret } from './secret.ts';

/**
 * A certificate and its private key in one PEM text, so that one write replaces both: whoever reads the file gets a pair
 * that fits. etcd takes such a file for both of its options.
 */
export function joinPair(certificate: string, key: Secret): string {
  return `${certificate}${key.reveal()}`;
}

/** Takes a pair apart; further certificates, which lead to the authority, stay with the first. Throws an Error, which does not repeat the text, when either half is missing. */
export function splitPair(text: string): { readonly certificate: string; readonly key: string } {
  const certificate = /(?:-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n)+/.exec(text)?.[0];
  const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(text)?.[0];
  if (certificate === undefined || key === undefined)
    throw new Error('a file of certificate and key has only one of them, or neither');
  return { certificate, key };
}
