import type { Failure } from './failure.js';
import type { Repository, WorkspacePackage } from './repository.js';

const topLevel = new Set([
  'README.md',
  'package.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'turbo.json',
  'LICENSE',
  'packages',
  'apps',
  'tooling',
  '.changeset',
  '.ci',
  '.github',
  '.gitignore',
]);

const limits = { filesPerFolder: 12, foldersBelowSrc: 2, linesPerFile: 400 };
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
const drawers = /^(utils?|helpers?|common|misc|lib)$/;
const configs = ['tsconfig.json', 'tsconfig.build.json', 'tsup.config.ts', 'vitest.config.ts'];

/** The same skin for every package, small files in shallow folders, and nothing new at the top level. */
export function checkLayout(repository: Repository): Failure[] {
  return [
    ...checkTopLevel(repository),
    ...repository.packages.flatMap(owner => [
      ...checkSkin(owner),
      ...checkExports(owner),
      ...checkFolders(owner),
      ...checkLengths(owner),
    ]),
  ];
}

function checkTopLevel(repository: Repository): Failure[] {
  const extra = repository.topLevel.filter(name => !topLevel.has(name));
  const missing = [...topLevel].filter(name => !repository.topLevel.includes(name));
  return [
    ...extra.map(where => ({ where, what: 'not one of the names at the top level', fix: 'Move it into a package' })),
    ...missing.map(where => ({ where, what: 'missing at the top level', fix: 'Add it' })),
  ];
}

function checkSkin(owner: WorkspacePackage): Failure[] {
  const { folder, kind, manifest, files, sources } = owner;
  const failures: Failure[] = [];
  const need = (ok: boolean, where: string, what: string, fix: string): void => {
    if (!ok) failures.push({ where, what, fix });
  };
  const needFile = (name: string, fix: string): void => {
    need(files.includes(`${folder}/${name}`), `${folder}/${name}`, 'missing', fix);
  };
  const json = `${folder}/package.json`;
  need(manifest.license === 'MIT', json, `license 'MIT' expected, got '${manifest.license}'`, 'Set it');
  need(manifest.type === 'module', json, `type 'module' expected, got '${manifest.type}'`, 'Set it');
  // a tooling package without sources is a few lines of configuration
  if (sources.length === 0 && kind === 'tooling') return failures;

  need((manifest.description ?? '') !== '', json, 'description missing', 'Say in one sentence what it gives');
  need(manifest.engines?.['node'] !== undefined, json, 'engines.node missing', 'Copy it from a sibling');
  needFile('README.md', 'Say what it is, with a program and its output');
  const hasTest = files.some(file => file.endsWith('.test.ts'));
  need(hasTest, folder, 'no test', 'Add one beside a source file');
  if (kind === 'tooling') return failures;

  for (const name of configs) needFile(name, 'Copy it from a sibling');
  if (kind === 'apps') needFile('src/main.ts', 'An app starts there');
  need(manifest.sideEffects === false, json, 'sideEffects false expected', 'Set it');
  if (manifest.private) return failures;
  const shipped = ['dist', 'src', '!src/**/*.test.ts'].every(pattern => manifest.files?.includes(pattern));
  need(shipped, json, 'files must hold dist, src and !src/**/*.test.ts', 'Copy it from a sibling');
  const { access, provenance } = manifest.publishConfig ?? {};
  need(
    access === 'public' && provenance === true,
    json,
    'publishConfig incomplete',
    'Set access public, provenance true',
  );
  return failures;
}

function checkExports({ folder, kind, manifest, files }: WorkspacePackage): Failure[] {
  if (kind === 'tooling') return [];
  const where = `${folder}/package.json`;
  const entries = Object.entries(manifest.exports ?? {});
  const failures: Failure[] = [];
  const first = kind === 'packages' ? '.' : entries[0]?.[0];
  if (entries[0]?.[0] !== first || entries.at(-1)?.[0] !== './package.json') {
    failures.push({ where, what: "exports must begin with '.' and end with './package.json'", fix: 'Reorder them' });
  }
  for (const [key, target] of entries) {
    if (typeof target === 'string') continue;
    const conditions = Object.keys(target).join(', ');
    if (conditions !== '@minigpt4/source, types, default') {
      const what = `exports '${key}': @minigpt4/source, types, default expected in this order, got ${conditions}`;
      failures.push({ where, what, fix: 'Reorder them' });
    }
    const source = target['@minigpt4/source']?.replace(/^\./, folder) ?? '';
    if (!files.includes(source)) {
      failures.push({ where, what: `exports '${key}' points at ${source}, which is absent`, fix: 'Add the file' });
    }
  }
  return failures;
}

function checkFolders({ folder, files }: WorkspacePackage): Failure[] {
  const failures: Failure[] = [];
  const counts = new Map<string, number>();
  for (const file of files) {
    const [top, ...parts] = file.slice(folder.length + 1).split('/');
    // what a tool or a user names: fixtures keep the names of their originals
    if (top !== 'src' || parts.some(part => part.startsWith('__'))) continue;
    const path = file.split('/').slice(0, -1).join('/');
    const depth = parts.length - 1;
    if (depth > limits.foldersBelowSrc) {
      const what = `${depth} folders below src, at most ${limits.foldersBelowSrc} expected`;
      failures.push({ where: file, what, fix: 'Flatten' });
    }
    for (const part of parts) {
      if (!kebabCase.test(part)) failures.push({ where: file, what: `'${part}' is not kebab-case`, fix: 'Rename it' });
      if (!drawers.test(part)) continue;
      const fix = 'Put each helper beside its user, or name the folder after what it does';
      failures.push({ where: file, what: `'${part}' is a drawer for anything`, fix });
    }
    if (/(?<!\.test)\.[jt]s$/.test(file)) counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  for (const [where, count] of counts) {
    if (count <= limits.filesPerFolder) continue;
    const what = `${count} source files in one folder, at most ${limits.filesPerFolder} expected`;
    failures.push({ where, what, fix: 'Group what belongs together' });
  }
  return failures;
}

function checkLengths({ sources }: WorkspacePackage): Failure[] {
  return sources.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length;
    if (lines <= limits.linesPerFile) return [];
    const what = `${lines} lines, at most ${limits.linesPerFile} expected`;
    return [{ where: path, what, fix: 'Split it by what a reader looks for' }];
  });
}
