import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { Problem, nodeBinary, root, run } from './common.mjs';

const home = path.join(root, 'packages', 'console');
const page = path.join(home, 'dist', 'index.html');

/** Builds the console where that has not been done since its sources were changed. */
export async function ensureConsole() {
  const builtAt = existsSync(page) ? statSync(page).mtimeMs : 0;
  const sources = [path.join(home, 'src'), path.join(root, 'packages', 'contract', 'src')];
  const files = [
    ...sources.flatMap(filesIn),
    path.join(home, 'index.html'),
    path.join(home, 'vite.config.ts'),
    path.join(root, 'package-lock.json'),
  ];
  if (files.every((file) => statSync(file).mtimeMs <= builtAt)) return;
  process.stderr.write('building the console\n');
  const vite = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const options = ['build', '--logLevel', 'warn', '--config', path.join(home, 'vite.config.ts')];
  if ((await run(nodeBinary(), [vite, ...options])) !== 0) throw new Problem('the console cannot be built');
}

function filesIn(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
