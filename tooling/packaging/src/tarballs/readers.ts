import {
  parseSource,
  publishable,
  readmePrograms,
  type CodeFence,
  type ReadmeProgram,
  type Repository,
  type WorkspacePackage,
} from '@minigpt4/repo-checks';
import { packageOf } from './undeclared-imports.js';

/** A reader of a README: what they install to run its first program. */
export interface Reader {
  readonly owner: WorkspacePackage;
  readonly program: ReadmeProgram;
  /** The package of the README first, then what else its program imports. */
  readonly installs: readonly string[];
}

/** Bring hundreds of megabytes along. */
const heavy = ['@minigpt4/onnx-session', '@minigpt4/projection'];

/** Programs of the published packages' READMEs, and of the README at the top. */
export function publishedPrograms(repository: Repository): ReadmeProgram[] {
  const readmes = new Set(['README.md', ...publishable(repository).map(({ folder }) => `${folder}/README.md`)]);
  return readmePrograms(repository).filter(({ readme }) => readmes.has(readme));
}

/**
 * Who installs one light package and no more than its README's program takes. Where the program needs a heavy package,
 * which is left to the installation of all together, they only load what they installed.
 */
export function lightReaders(repository: Repository): Reader[] {
  const packages = publishable(repository);
  const programs = publishedPrograms(repository);
  const isLight = (names: readonly string[]): boolean => {
    const below = withDependencies(packages, names);
    return !heavy.some(name => below.has(name));
  };
  return packages.flatMap(owner => {
    const { name, folder, kind } = owner;
    if (kind !== 'packages' || !isLight([name])) return [];
    const readme = `${folder}/README.md`;
    const program = programs.find(other => other.readme === readme);
    const installs = [...new Set([name, ...(program ? importsOf(program) : [])])];
    if (program && isLight(installs)) return [{ owner, program, installs }];
    return [{ owner, program: { ...loading(name), readme, folder }, installs: [name] }];
  });
}

function importsOf({ readme, code }: ReadmeProgram): string[] {
  return parseSource(`${readme}.ts`, code).imports.flatMap(({ specifier }) => packageOf(specifier) ?? []);
}

function loading(name: string): CodeFence {
  const code = `import * as offered from '${name}';\nconsole.log(Object.keys(offered).length > 0);\n`;
  return { language: 'ts', code, line: 0, output: 'true\n' };
}

function withDependencies(packages: readonly WorkspacePackage[], names: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const owner = packages.find(other => other.name === name);
    if (!owner || found.has(name)) return;
    found.add(name);
    for (const dependency of Object.keys(owner.manifest.dependencies ?? {})) visit(dependency);
  };
  for (const name of names) visit(name);
  return found;
}
