import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ServerFile } from '@holdfast/contract';
import type { EngineEvent } from '@holdfast/engine';
import { toClientTls } from '../etcd/client-tls.ts';
import { etcdFilesOf, readEtcdFiles } from '../etcd/existing-tls.ts';
import { tryAtEtcd, type Gateway, type TlsMaterial } from '../etcd/gateway.ts';
import type { EtcdAccess } from '../guard/config.ts';
import type { GuardLink } from '../guard/link.ts';
import { writeDurableFile } from '../pki/durable-file.ts';
import { pkiPaths, type Pki } from '../pki/files.ts';
import { inspectCertificate } from '../pki/inspect.ts';
import { joinPair, splitPair } from '../pki/pair.ts';
import { Secret } from '../pki/secret.ts';

/** What this server shows etcd, and where its guard reads the same. */
export interface EtcdTls {
  readonly material: TlsMaterial;
  readonly guard: NonNullable<EtcdAccess['tls']>;
}

const lookEveryMs = 10_000;

/** The certificate that the cluster has given this server for etcd. */
export function ownEtcdTls(stateDirectory: string, pki: Pki): EtcdTls {
  const { caCertificate: caFile, etcdClientPair: pairFile } = pkiPaths(stateDirectory);
  return describe({ caFile, pairFile }, toClientTls(pki));
}

/**
 * What this server shows etcd from its start on. The files of an existing etcd are copied: guard and daemon then go on with
 * a set that fits and that etcd has answered, while its owner replaces one file after the other. Rejects as `readEtcdFiles`
 * does while there is no copy.
 */
export async function openEtcdTls(
  stateDirectory: string,
  file: Pick<ServerFile, 'etcd'>,
  pki: Pki,
): Promise<EtcdTls> {
  const files = etcdFilesOf(file);
  if (!files) return ownEtcdTls(stateDirectory, pki);
  const kept = await readCopy(stateDirectory).catch(() => undefined);
  return kept ?? (await keepCopy(stateDirectory, await readEtcdFiles(files)));
}

/**
 * Takes up what the owner of an existing etcd renews, once etcd has answered it: no lease is in danger, whatever is put there.
 * Tells each renewal, and what is in its way when that changes. Returns how to end it.
 */
export function followEtcdFiles(
  daemon: {
    readonly file: ServerFile;
    readonly etcdTls: EtcdTls;
    readonly gateway: Pick<Gateway, 'endpoints' | 'setTls'>;
    readonly guard: Pick<GuardLink, 'setTls'>;
  },
  options: {
    readonly stateDirectory: string;
    readonly tell: (event: Pick<EngineEvent, 'code' | 'severity' | 'facts'>) => void;
  },
): () => void {
  const { file, gateway, guard } = daemon;
  const { stateDirectory, tell } = options;
  const files = etcdFilesOf(file);
  if (!files) return () => undefined;
  const { server } = file;
  let current = daemon.etcdTls;
  let trouble = '';
  let isLooking = false;

  async function takeUp(material: TlsMaterial): Promise<void> {
    if (editionOf(material) === current.guard.edition) return;
    await tryAtEtcd(gateway.endpoints(), material);
    const next = await keepCopy(stateDirectory, material);
    gateway.setTls(material);
    await guard.setTls(next.guard);
    current = next;
    const until = inspectCertificate(material.cert).notAfter;
    tell({ code: 'certificate-renewed', severity: 'info', facts: { server, until } });
  }

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    let message = '';
    try {
      if (files) await takeUp(await readEtcdFiles(files));
    } catch (error) {
      message = error instanceof Error ? error.message : String(error);
    }
    isLooking = false;
    if (message !== '' && message !== trouble)
      tell({ code: 'certificate-not-renewed', severity: 'warning', facts: { server, message } });
    trouble = message;
  }

  const timer = setInterval(() => void look(), lookEveryMs).unref();
  void look();
  return () => clearInterval(timer);
}

async function keepCopy(stateDirectory: string, material: TlsMaterial): Promise<EtcdTls> {
  const { existingEtcdAuthority: caFile, existingEtcdPair: pairFile } = pkiPaths(stateDirectory);
  await writeDurableFile(caFile, material.ca);
  await writeDurableFile(pairFile, joinPair(material.cert, new Secret(material.key)));
  return describe({ caFile, pairFile }, material);
}

async function readCopy(stateDirectory: string): Promise<EtcdTls> {
  const { existingEtcdAuthority: caFile, existingEtcdPair: pairFile } = pkiPaths(stateDirectory);
  const { certificate: cert, key } = splitPair(await readFile(pairFile, 'utf8'));
  return describe({ caFile, pairFile }, { ca: await readFile(caFile, 'utf8'), cert, key });
}

function describe(files: Pick<EtcdTls['guard'], 'caFile' | 'pairFile'>, material: TlsMaterial): EtcdTls {
  return { material, guard: { ...files, edition: editionOf(material) } };
}

function editionOf({ ca, cert }: TlsMaterial): string {
  return createHash('sha256').update(`${ca}${cert}`).digest('hex');
}
