import { posix } from 'node:path';
import type { Failure } from './failure.js';
import { allowedEdges, confined, stages } from './layer-table.js';
import type { Manifest, Repository, WorkspacePackage } from './repository.js';
import type { Import, SourceFile } from './source-file.js';

/** Packages point down only: what each declares and what its files really import follow `layer-table.ts`. */
export function checkLayers({ packages }: Repository): Failure[] {
  const byName = new Map(packages.map(found => [found.name, found]));
  return [
    ...packages.flatMap(owner => [
      ...checkManifest(owner, byName),
      ...owner.sources.flatMap(file => file.imports.flatMap(found => checkImport(owner, file, found, byName))),
      ...checkUnused(owner),
    ]),
    ...checkCycles(byName),
  ];
}

type Packages = ReadonlyMap<string, WorkspacePackage>;

function checkManifest(owner: WorkspacePackage, byName: Packages): Failure[] {
  const where = `${owner.folder}/package.json`;
  if (owner.kind === 'packages' && !allowedEdges[owner.name]) {
    const fix = 'Give it a line in tooling/repo-checks/src/layer-table.ts';
    return [{ where, what: `${owner.name} has no place among the layers`, fix }];
  }
  const failures: Failure[] = [];
  for (const name of Object.keys(runtimeDependencies(owner.manifest))) {
    const target = byName.get(name);
    if (target && !isAllowed(owner, target)) failures.push(upwards(where, owner, name));
    if (target?.manifest.private && !owner.manifest.private) {
      failures.push({ where, what: `depends on the private ${name}`, fix: 'Make it a devDependency or publish it' });
    }
  }
  for (const name of Object.keys(allDependencies(owner.manifest))) {
    if (isOtherStage(owner, name)) failures.push(otherStage(where, name));
    const home = confined.find(({ matches }) => matches.test(name));
    if (!home || home.allowed.some(path => path.startsWith(`${owner.folder}/`))) continue;
    if (home.inTests && !runtimeDependencies(owner.manifest)[name]) continue;
    failures.push({ where, what: `depends on ${name}`, fix: home.reason });
  }
  return failures;
}

function checkImport(owner: WorkspacePackage, file: SourceFile, found: Import, byName: Packages): Failure[] {
  const { specifier } = found;
  const where = `${file.path}:${found.line}`;
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file.path), specifier);
    if (target.startsWith(`${owner.folder}/`)) return [];
    return [{ where, what: `imports ${specifier} outside its package`, fix: 'Import the other package by its name' }];
  }
  const name = packageName(specifier);
  if (specifier.startsWith('node:') || name === owner.name) return [];

  const failures: Failure[] = [];
  const home = confined.find(({ matches }) => matches.test(specifier));
  const isHome = home?.allowed.some(path => file.path.startsWith(path)) || (file.isTest && home?.inTests);
  if (home && !isHome) failures.push({ where, what: `imports ${specifier}`, fix: home.reason });

  const target = byName.get(name);
  if (isOtherStage(owner, name)) failures.push(otherStage(where, name));
  else if (target && !file.isTest && !isAllowed(owner, target)) failures.push(upwards(where, owner, name));

  const declared = file.isTest ? allDependencies(owner.manifest) : runtimeDependencies(owner.manifest);
  if (declared[name] === undefined) {
    const field = file.isTest ? 'devDependencies' : 'dependencies';
    failures.push({ where, what: `imports ${name}, which is not declared`, fix: `Add it to the ${field}` });
  }
  return failures;
}

function checkUnused(owner: WorkspacePackage): Failure[] {
  const published = owner.sources.filter(file => !file.isTest);
  if (published.length === 0) return [];
  const used = new Set(published.flatMap(file => file.imports.map(({ specifier }) => packageName(specifier))));
  return Object.keys(owner.manifest.dependencies ?? {})
    .filter(name => !used.has(name))
    .map(name => ({
      where: `${owner.folder}/package.json`,
      what: `depends on ${name} but nothing in src imports it`,
      fix: 'Remove it, or make it a devDependency if only tests use it',
    }));
}

function checkCycles(byName: Packages): Failure[] {
  const done = new Set<string>();
  const failures: Failure[] = [];
  const visit = (name: string, trail: readonly string[]): void => {
    const owner = byName.get(name);
    if (!owner || done.has(name)) return;
    const start = trail.indexOf(name);
    if (start >= 0) {
      const what = `cycle ${[...trail.slice(start), name].join(' → ')}`;
      failures.push({ where: `${owner.folder}/package.json`, what, fix: 'Move a test or its helper up one package' });
      return;
    }
    for (const next of Object.keys(allDependencies(owner.manifest))) visit(next, [...trail, name]);
    done.add(name);
  };
  for (const name of byName.keys()) visit(name, []);
  return failures;
}

function isAllowed(owner: WorkspacePackage, target: WorkspacePackage): boolean {
  if (target.kind === 'apps') return false;
  if (owner.kind === 'packages') return allowedEdges[owner.name]?.includes(target.name) ?? false;
  return target.kind === 'packages' || owner.kind === 'tooling';
}

function isOtherStage(owner: WorkspacePackage, name: string): boolean {
  return stages.includes(owner.name) && stages.includes(name) && owner.name !== name;
}

function otherStage(where: string, name: string): Failure {
  return { where, what: `a stage reaches for the stage ${name}`, fix: 'Let the two meet in packages/minigpt4' };
}

function upwards(where: string, owner: WorkspacePackage, name: string): Failure {
  const allowed = allowedEdges[owner.name]?.join(', ') || 'no other package';
  const what = `${owner.name} may use ${owner.kind === 'packages' ? allowed : 'packages only'}, got ${name}`;
  return { where, what, fix: 'Move the code down, or hand in what it needs as an argument' };
}

function runtimeDependencies({ dependencies, peerDependencies }: Manifest): Readonly<Record<string, string>> {
  return { ...dependencies, ...peerDependencies };
}

function allDependencies(manifest: Manifest): Readonly<Record<string, string>> {
  return { ...manifest.devDependencies, ...runtimeDependencies(manifest) };
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
