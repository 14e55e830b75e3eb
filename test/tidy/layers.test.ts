import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** Which workspaces each may import. Whoever is not named here may import nothing of ours. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  contract: ['core'],
  engine: ['core', 'contract'],
  kits: ['core', 'contract', 'engine'],
  daemon: ['core', 'contract', 'engine', 'kits'],
  cli: ['contract', 'daemon'],
  console: ['contract'],
  sim: ['core', 'contract', 'engine'],
  lab: ['core', 'contract'],
};

interface Source {
  readonly path: string;
  readonly text: string;
}

function sources(directory: string): readonly Source[] {
  return readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }));
}

const packages = Object.keys(allowed);
const shipped = packages
  .flatMap((name) => sources(`packages/${name}/src`))
  .filter(({ path }) => !isTest(path));

function isTest(path: string): boolean {
  return /\.test\.ts$|\/testing[^/]*\.ts$|-contract\.ts$|\/conformance[^/]*\.ts$/.test(path);
}

function importsOf({ text }: Source): readonly string[] {
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, target]) => target ?? '');
}

test('imports go one way: core, contract, engine, kits, daemon', () => {
  const wrong = shipped.flatMap((source) => {
    const owner = source.path.split('/')[1] ?? '';
    return importsOf(source)
      .map((target) => /^@holdfast\/([^/]+)/.exec(target)?.[1])
      .filter((target) => target !== undefined && target !== owner)
      .filter((target) => !allowed[owner]?.includes(target ?? ''))
      .map((target) => `${source.path} imports ${String(target)}`);
  });
  expect(wrong).toEqual([]);
});

test('no package reaches into another one by a relative path', () => {
  const wrong = shipped.flatMap((source) => {
    const home = source.path.split('/').slice(0, 2).join('/');
    return importsOf(source)
      .filter((target) => target.startsWith('.'))
      .map((target) => relative(root, resolve(root, source.path, '..', target)))
      .filter((target) => !target.startsWith(`${home}/`))
      .map((target) => `${source.path} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

test('core is pure: no Node module, no package, no clock and no chance', () => {
  const core = shipped.filter(({ path }) => path.startsWith('packages/core/'));
  const wrong = core.flatMap((source) => [
    ...importsOf(source)
      .filter((target) => !target.startsWith('./'))
      .map((target) => `${source.path} imports ${target}`),
    ...[
      ...source.text.matchAll(
        /\b(Date\.now|new Date|Math\.random|performance\.|process\.|setTimeout|console\.)/g,
      ),
    ].map(([word]) => `${source.path} names ${word}`),
  ]);
  expect(core.length).toBeGreaterThan(10);
  expect(wrong).toEqual([]);
});

test('the guard needs nothing from npm', () => {
  const seen = new Set<string>();
  const foreign: string[] = [];
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const target of runtimeImports(readFileSync(join(root, path), 'utf8'))) {
      if (target.startsWith('node:')) continue;
      if (target.startsWith('.')) visit(relative(root, resolve(root, path, '..', target)));
      else if (target === '@holdfast/core') visit('packages/core/src/index.ts');
      else if (target.startsWith('@holdfast/engine/')) visit(`packages/engine/src/${target.slice(17)}.ts`);
      else foreign.push(`${path} imports ${target}`);
    }
  };
  visit('packages/daemon/src/guard/main.ts');
  expect(foreign).toEqual([]);
  expect(seen.size).toBeGreaterThan(5);
});

/** Imports that are there at run time: types are erased. */
function runtimeImports(text: string): readonly string[] {
  return [...text.matchAll(/^(?:import|export)\s+(?!type\b)([^;]*?)from\s*'([^']+)'/gms)]
    .filter(([, names = '']) => !/^\{(\s*type\s+[^,}]+,?)*\s*\}\s*$/s.test(names))
    .map(([, , target]) => target ?? '');
}

test('nothing is left undone and nothing is exported by default', () => {
  const everything = [...shipped, ...sources('test'), ...sources('bench')];
  // Written apart, so that this line is not found itself.
  const marks = /\b(TO(?:)DO|FIX(?:)ME|XX(?:)X)\b/;
  const wrong = everything.filter(({ text }) => marks.test(text) || /^export default/m.test(text));
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test('files are named in kebab case, and no file is longer than 450 lines', () => {
  const wrong = shipped
    .filter(
      ({ path, text }) =>
        !/^[a-z0-9.-]+$/.test(path.split('/').at(-1) ?? '') || text.split('\n').length > 450,
    )
    .map(({ path }) => path);
  expect(wrong).toEqual([]);
});
