import { profiles, type ProfileName, type TimingProfile } from '@holdfast/core';
import { asCount, asFields, asList, asNumber, asOptional, asPath, asText, type Fields } from './parse.ts';

/**
 * How the guard reaches etcd: client addresses, the file of the authority, and the one of certificate and key. `edition`
 * changes when a file does: the guard then reads them anew.
 */
export interface EtcdAccess {
  readonly endpoints: readonly string[];
  readonly tls: { readonly caFile: string; readonly pairFile: string; readonly edition: string } | undefined;
}

/** `run/guard-config.json`: what the daemon tells the guard before it starts, and while it runs. */
export interface GuardConfig {
  readonly formatVersion: 1;
  readonly cluster: string;
  readonly server: string;
  readonly etcd: EtcdAccess;
  readonly profile: TimingProfile;
  /** A watchdog device, or a file that stands in for one. */
  readonly watchdog: string | undefined;
}

export const configFileName = 'guard-config.json';

/** Throws an Error that names the field. */
export function parseGuardConfig(value: unknown): GuardConfig {
  const fields = asFields(value, 'guard configuration');
  if (asCount(fields['formatVersion'], 'formatVersion') !== 1)
    throw new Error('guard configuration has a newer format');
  const etcd = asFields(fields['etcd'], 'etcd');
  const endpoints = asList(etcd['endpoints'], 'endpoints', asText);
  if (endpoints.length === 0) throw new Error('endpoints is empty');
  return {
    formatVersion: 1,
    cluster: asText(fields['cluster'], 'cluster'),
    server: asText(fields['server'], 'server'),
    etcd: { endpoints, tls: asOptional(etcd['tls'], 'tls', parseTls) },
    profile: parseProfile(fields['profile']),
    watchdog: asOptional(fields['watchdog'], 'watchdog', asPath),
  };
}

function parseTls(value: unknown): NonNullable<EtcdAccess['tls']> {
  const fields = asFields(value, 'tls');
  return {
    caFile: asPath(fields['caFile'], 'caFile'),
    pairFile: asPath(fields['pairFile'], 'pairFile'),
    edition: asText(fields['edition'], 'edition'),
  };
}

/** The times travel with the name: a guard that outlives an upgrade goes on with the ones it was given. */
export function parseProfile(value: unknown): TimingProfile {
  const fields = asFields(value, 'profile');
  const time = (name: Exclude<keyof TimingProfile, 'name'>): number => asPositive(fields, name);
  return {
    name: asProfileName(fields['name']),
    leaseTtlMs: time('leaseTtlMs'),
    renewEveryMs: time('renewEveryMs'),
    callTimeoutMs: time('callTimeoutMs'),
    stopAllowanceMs: time('stopAllowanceMs'),
    watchdogMs: time('watchdogMs'),
    daemonAllowanceMs: time('daemonAllowanceMs'),
    // A guard of before knows no promises: it is told of none.
    failsafeMs: fields['failsafeMs'] === undefined ? time('leaseTtlMs') : time('failsafeMs'),
    candidateDelayMs: time('candidateDelayMs'),
    etcdHeartbeatMs: time('etcdHeartbeatMs'),
    etcdElectionMs: time('etcdElectionMs'),
  };
}

function asPositive(fields: Fields, name: string): number {
  const value = asNumber(fields[name], name);
  if (value <= 0) throw new Error(`${name} is not positive`);
  return value;
}

function asProfileName(value: unknown): ProfileName {
  const name = asText(value, 'profile name');
  const known = Object.values(profiles).find((profile) => profile.name === name);
  if (known === undefined) throw new Error('profile name is not known');
  return known.name;
}
