import { findAccount } from './account.ts';
import type { Cluster } from './cluster.ts';
import { ownerOf } from './service.ts';
import { accountOfService } from './start-conditions.ts';

/** How far the look at a data directory came, and the first path that the account may not use. */
export interface DataAccess {
  readonly account: string;
  readonly entries: number;
  readonly complete: boolean;
  readonly wrong: string | undefined;
}

const entryLimit = 20_000;
const foldersAtOnce = 16;
const reserveMs = 200;

/**
 * May the service's account read and write the whole data directory (K-05)? Everything in it must belong to it and
 * be open to it. Links are passed over: what they lead to is looked at where it is a tablespace of its own. Ends with
 * `complete: false` at the limit or shortly before the deadline.
 */
export async function judgeDataAccess(cluster: Cluster, deadline: number): Promise<DataAccess> {
  const { host, parameters } = cluster;
  const service = await host.services.get(parameters.service);
  const account = accountOfService(service) ?? parameters.account ?? (await ownerOf(cluster)) ?? '';
  const uid = (await findAccount(host, account))?.uid;
  const folders = [parameters.dataDirectory];
  let entries = 0;
  for (
    let folder = folders.splice(0, foldersAtOnce);
    folder.length > 0;
    folder = folders.splice(0, foldersAtOnce)
  ) {
    if (entries > entryLimit || host.clock.now() > deadline - reserveMs) {
      return { account, entries, complete: false, wrong: undefined };
    }
    const looks = await Promise.all(folder.map((path) => lookInto(cluster, path, uid)));
    for (const look of looks) {
      entries += look.entries;
      folders.push(...look.folders);
      if (look.wrong !== undefined) return { account, entries, complete: false, wrong: look.wrong };
    }
  }
  return { account, entries, complete: true, wrong: undefined };
}

interface Look {
  readonly entries: number;
  readonly folders: readonly string[];
  readonly wrong: string | undefined;
}

async function lookInto(cluster: Cluster, folder: string, uid: number | undefined): Promise<Look> {
  const { files } = cluster.host;
  const names = (await files.list(folder)) ?? [];
  const folders: string[] = [];
  for (const name of names) {
    const path = `${folder}/${name}`;
    const stat = await files.stat(path);
    // Files come and go while the server runs.
    if (!stat || stat.kind === 'link') continue;
    const needed = stat.kind === 'directory' ? 0o700 : 0o600;
    // Configuration and certificates may belong to root, if the account can read them; nobody writes those here.
    const isConfiguration = /\.(conf|crt|key|pem)$/.test(name) && (stat.mode & 0o044) !== 0;
    const isOwn = stat.uid === uid && (stat.mode & needed) === needed;
    if (!isOwn && !isConfiguration) return { entries: names.length, folders, wrong: path };
    if (stat.kind === 'directory') folders.push(path);
  }
  return { entries: names.length, folders, wrong: undefined };
}
