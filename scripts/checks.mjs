import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { nodeBinary, root, run } from './common.mjs';

/** Checks that read the sources only. Each counts as one. */
const staticChecks = [
  { name: 'types', program: 'typescript/bin/tsc', options: ['-p', '.'] },
  { name: 'types of the console', program: 'typescript/bin/tsc', options: ['-p', 'packages/console'] },
  { name: 'lint', program: 'oxlint/bin/oxlint', options: ['--type-aware', '--deny-warnings'] },
  { name: 'format', program: 'prettier/bin/prettier.cjs', options: ['--check', '--log-level', 'warn', '.'] },
];

/**
 * Runs the static checks, and with `all` the tests; `args` go to vitest. Closes with `N passed, N failed`
 * and, if there are such, `, N skipped`, alone on the last line. Returns the exit code.
 */
export async function runChecks(which, args) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, program, options } of staticChecks) {
    process.stdout.write(`\n== ${name}\n`);
    const code = await run(nodeBinary(), [path.join(root, 'node_modules', program), ...options]);
    sum[code === 0 ? 'passed' : 'failed'] += 1;
    process.stdout.write(`${name}: ${code === 0 ? 'passed' : 'failed'}\n`);
  }
  if (which === 'all') add(sum, await runTests(args));
  const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : '';
  process.stdout.write(`\n${sum.passed} passed, ${sum.failed} failed${skipped}\n`);
  return sum.failed === 0 ? 0 : 1;
}

function add(sum, more) {
  for (const name of Object.keys(sum)) sum[name] += more[name];
}

async function runTests(args) {
  process.stdout.write('\n== tests\n');
  const directory = mkdtempSync(path.join(os.tmpdir(), 'holdfast-tests-'));
  const report = path.join(directory, 'report.json');
  try {
    const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await run(nodeBinary(), [vitest, 'run', ...reporters, ...args]);
    const found = readReport(report);
    if (found !== undefined) tellSkipped(found);
    return count(found, code);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** What was skipped, by the outermost title that says what it needs. */
function tellSkipped({ testResults }) {
  const groups = new Map();
  for (const { name, assertionResults } of testResults)
    for (const { status, title, ancestorTitles } of assertionResults)
      if (status !== 'passed' && status !== 'failed') {
        const titles = [...ancestorTitles, title];
        const needy = titles.find((one) => /\bneeds?\b/.test(one)) ?? titles.join(': ');
        const group = `${path.relative(root, name)}: ${needy}`;
        groups.set(group, (groups.get(group) ?? 0) + 1);
      }
  for (const [group, tests] of groups) process.stdout.write(`skipped ${tests}: ${group}\n`);
}

/**
 * A file that could not even be loaded, or an error outside of every test, is a failure without a failed
 * test.
 */
function count(report, code) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every(({ status: s }) => s !== 'failed'),
  ).length;
  const failed = report.numFailedTests + unloaded;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
