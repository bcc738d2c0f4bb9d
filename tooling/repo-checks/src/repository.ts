import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSource, type SourceFile } from './source-file.js';

/** The parts of a package.json that have rules. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: boolean;
  readonly files?: readonly string[];
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly publishConfig?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** One package of the workspace with all its sources. */
export interface WorkspacePackage {
  readonly name: string;
  /** Relative to the repository, such as `packages/core`. */
  readonly folder: string;
  readonly kind: 'packages' | 'apps' | 'tooling';
  readonly manifest: Manifest;
  /** Every file of it, relative to the repository, build output left out. */
  readonly files: readonly string[];
  /** The parsed TypeScript and JavaScript files under `src` and `test`. */
  readonly sources: readonly SourceFile[];
}

/** What the checks look at. */
export interface Repository {
  readonly root: string;
  readonly packages: readonly WorkspacePackage[];
  /** Names at the top level that git does not ignore. */
  readonly topLevel: readonly string[];
}

/** Reads and parses a repository once, for all checks. */
export function readRepository(root: string): Repository {
  const ignored = ignoredNames(root);
  const topLevel = readdirSync(root).filter(name => !ignored(name));
  const kinds = ['packages', 'apps', 'tooling'] as const;
  const packages = kinds.flatMap(kind =>
    subfolders(join(root, kind)).flatMap(name => readPackage(root, kind, `${kind}/${name}`, ignored) ?? []),
  );
  return { root, packages, topLevel };
}

/** All files below a folder, relative to the root, without what git ignores. */
export function filesBelow(root: string, folder: string, ignored = ignoredNames(root)): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap(entry => {
    const below = `${folder}/${entry.name}`;
    if (ignored(entry.name)) return [];
    return entry.isDirectory() ? filesBelow(root, below, ignored) : [below];
  });
}

function readPackage(
  root: string,
  kind: WorkspacePackage['kind'],
  folder: string,
  ignored: (name: string) => boolean,
): WorkspacePackage | undefined {
  if (!existsSync(join(root, folder, 'package.json'))) return undefined;
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
  const files = filesBelow(root, folder, ignored);
  const sources = files
    .filter(file => /\.[jt]s$/.test(file) && /^(src|test)\//.test(file.slice(folder.length + 1)))
    .map(file => parseSource(file, readFileSync(join(root, file), 'utf8')));
  return { name: manifest.name, folder, kind, manifest, files, sources };
}

function subfolders(path: string): string[] {
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.filter(entry => entry.isDirectory()).map(entry => entry.name);
}

// plain names and `*.extension` are all that the .gitignore of the repository uses
function ignoredNames(root: string): (name: string) => boolean {
  const file = join(root, '.gitignore');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const patterns = lines.map(line => line.trim().replace(/\/$/, '')).filter(line => line !== '');
  const names = new Set([...patterns, '.git']);
  const endings = patterns.filter(pattern => pattern.startsWith('*')).map(pattern => pattern.slice(1));
  return name => names.has(name) || endings.some(ending => name.endsWith(ending));
}
