#!/usr/bin/env node
// Plain JavaScript: with a TypeScript entry Node loads its remover of types in every process, which keeps 24 MB of it for
// good. What is loaded from here comes from the cache, where the types are gone already.
import { enableCompileCache } from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';

keepCompiledCode();

// A reader that has seen enough (`| head`) ends the output, not the program's exit code.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
});

// Loaded after the cache is there: halves the time to the first output.
const [{ runCli }, { createTerminal }] = await Promise.all([import('./cli.ts'), import('./terminal.ts')]);
process.exitCode = await runCli(process.argv.slice(2), createTerminal(process));

/**
 * Keeps compiled code in the user's own home as the account database has it: neither a directory that others
 * can write to nor one that the environment names may hold code that root runs.
 */
function keepCompiledCode() {
  const { homedir, uid } = userInfo();
  if (uid >= 0 && homedir.startsWith('/') && homedir !== '/nonexistent')
    enableCompileCache(join(homedir, '.cache', 'holdfast'));
}
