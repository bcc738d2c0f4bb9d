import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publishable, readRepository, type WorkspacePackage } from '@minigpt4/repo-checks';
import { npmInstall } from '../npm-install.js';
import { run } from '../run.js';
import { Clone } from './clone.js';
import { digestFolder } from './digest-folder.js';
import { judgeCourses, type Course } from './judge-courses.js';
import { startRegistry, type LocalRegistry } from './local-registry.js';

/** What a rehearsal showed. */
export interface Rehearsal {
  readonly courses: readonly Course[];
  /** What went otherwise than it should, one line each. */
  readonly problems: readonly string[];
}

/** Options of {@link rehearse}. */
export interface RehearseOptions {
  /** The repository. */
  readonly root: string;
  /** An empty folder for the clone and the installations. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Is told what is going on, a short line at a time. */
  readonly onStep: (step: string) => void;
}

/** Others stand on the first, and none of them has to move; all that stand on the second have to. */
const [patched, moved] = ['@minigpt4/qformer', '@minigpt4/core'] as const;

/**
 * Makes three releases from a clean clone to a registry on this machine: the first; one package patched; one package
 * moved by a minor. Installs the first and the second by npm and compares what was installed.
 */
export async function rehearse({ root, folder, signal, onStep }: RehearseOptions): Promise<Rehearsal> {
  onStep('cloning the last commit and installing what it needs');
  const clone = await Clone.make(root, join(folder, 'clone'), signal);
  const packages = publishable(readRepository(clone.folder));
  const names = packages.map(({ name }) => name);
  const upstream = (await run('npm', ['config', 'get', 'registry'], { cwd: folder, signal })).stdout.trim();
  await using registry = await startRegistry({ names, upstream });
  await clone.publishTo(registry.url);

  onStep('first release');
  await clone.release();
  const first = newest(registry);

  onStep(`a patch of ${patched}`);
  await addExport(join(clone.folder, folderOf(packages, patched)));
  await clone.addChangeset(patched, 'patch');
  await clone.release();
  const second = newest(registry);

  onStep('installing both with npm');
  const old = await install(join(folder, 'old'), registry, first, signal);
  const fresh = await install(join(folder, 'new'), registry, second, signal);

  onStep(`a minor of ${moved}`);
  await clone.addChangeset(moved, 'minor');
  await clone.release();

  const courses = names.map(name => ({
    name,
    versions: [first, second, newest(registry)].map(versions => versions.get(name) ?? 'none'),
    filesChanged: old.get(name) !== fresh.get(name),
  }));
  return { courses, problems: judgeCourses(courses, { patched, moved, packages, published: registry.published }) };
}

function folderOf(packages: readonly WorkspacePackage[], name: string): string {
  const owner = packages.find(other => other.name === name);
  if (!owner) throw new Error(`rehearse: a package ${name} expected, got none. Name another in rehearse.ts.`);
  return owner.folder;
}

/** A change that a user can see: one more name. */
async function addExport(folder: string): Promise<void> {
  await writeFile(join(folder, 'src/rehearsed.ts'), '/** Added by the rehearsal. */\nexport const rehearsed = true;\n');
  await appendFile(join(folder, 'src/index.ts'), "export { rehearsed } from './rehearsed.js';\n");
}

type Versions = ReadonlyMap<string, string>;

function newest({ published }: LocalRegistry): Versions {
  return new Map([...published].map(([name, versions]) => [name, versions.at(-1)!.version]));
}

/** Installs exactly these versions from the registry; a digest of the files of each. */
async function install(
  folder: string,
  { url }: LocalRegistry,
  versions: Versions,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  await mkdir(folder);
  await npmInstall(folder, { dependencies: Object.fromEntries(versions), args: [`--registry=${url}`], signal });
  const digests = new Map<string, string>();
  for (const name of versions.keys()) digests.set(name, await digestFolder(join(folder, 'node_modules', name)));
  return digests;
}
