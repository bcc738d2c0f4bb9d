import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  checkTarballs,
  formatFailure,
  packAll,
  publishable,
  readRepository,
  type Manifest,
} from '@minigpt4/repo-checks';
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { registryAnswers, RegistryUnreachableError } from '../src/npm-install.js';
import { run } from '../src/run.js';
import { installTarballs, type PackageSources } from '../src/tarballs/install-tarballs.js';
import { lightReaders, publishedPrograms } from '../src/tarballs/readers.js';
import { judgeRun, layProgram, runProgram } from '../src/tarballs/readme-run.js';
import { typeCheck } from '../src/tarballs/type-check.js';
import { undeclaredImports } from '../src/tarballs/undeclared-imports.js';
import { makeWorkingFiles, type WorkingFiles } from '../src/tarballs/working-files.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const repository = readRepository(root);
const packages = publishable(repository);
const names = packages.map(({ name }) => name);
const programs = publishedPrograms(repository);

let folder: string;
let sources: PackageSources;
let files: WorkingFiles;
let unreachable: string | undefined;

const all = (): string => join(folder, 'all');
const installed = (name: string): string => join(all(), 'node_modules', name);

/** Where npm cannot reach its registry nothing can be said of the packages: each test then skips and says so. */
const skipUnreachable = ({ skip }: TestContext): void => skip(unreachable !== undefined, unreachable);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stranger-'));
  sources = { tarballs: await packAll(repository, folder), offline: !(await registryAnswers(folder)) };
  files = await makeWorkingFiles(join(folder, 'files'));
  await installTarballs(all(), names, sources).catch((error: unknown) => {
    if (!(error instanceof RegistryUnreachableError)) throw error;
    unreachable = 'npm cannot reach its registry, so that nothing can be installed';
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the tarballs', () => {
  it('are of every package that is published, all of which this package waits for', async () => {
    const manifest = await readFile(join(root, 'tooling/packaging/package.json'), 'utf8');
    const { dependencies, devDependencies } = JSON.parse(manifest) as Manifest;
    expect(names.filter(name => !(name in { ...dependencies, ...devDependencies }))).toEqual([]);
    expect(sources.tarballs).toHaveLength(names.length);
  });

  it('leave publint and attw nothing to say', async () => {
    expect((await checkTarballs(sources.tarballs)).map(formatFailure)).toEqual([]);
  });
});

describe('all packages, installed together', () => {
  beforeEach(skipUnreachable);

  it.for(names)('%s brings its licence and its README, and imports only what it declares', async name => {
    const shipped = await readdir(installed(name));
    expect(shipped).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist', 'package.json', 'src']));
    expect(await undeclaredImports(installed(name))).toEqual([]);
  });

  it.for(programs)('the program of $readme, line $line, runs and prints what the README says', async program => {
    const place = await layProgram(all(), program, files);
    expect(judgeRun(program, await runProgram(place), files)).toBeUndefined();
  });

  it.for(['node16', 'bundler'] as const)('every program type-checks under moduleResolution %s', async resolution => {
    for (const program of programs) await layProgram(all(), program, files);
    expect(await typeCheck(all(), names, resolution)).toEqual([]);
  });

  it('minigpt4-chat answers', async () => {
    const args = ['--image', 'rice-cracker.webp', '--ask', 'What is this?'];
    const bin = join(all(), 'node_modules/.bin/minigpt4-chat');
    const { exitCode, stdout } = await run(bin, args, { cwd: files.folder });
    expect(stdout).toContain('It is a rice cracker.');
    expect(exitCode).toBe(0);
  });

  it('minigpt4-trainer tells what it can do', async () => {
    const bin = join(all(), 'node_modules/.bin/minigpt4-trainer');
    const { exitCode, stdout } = await run(bin, ['--help'], { cwd: files.folder });
    expect(stdout).toContain('Usage: minigpt4-trainer');
    expect(exitCode).toBe(0);
  });
});

describe.concurrent('a package installed with nothing but what it needs', () => {
  it.for(lightReaders(repository))('$owner.name runs its program and type-checks', async (reader, { skip }) => {
    skip(unreachable !== undefined, unreachable);
    const where = join(folder, reader.owner.folder);
    await installTarballs(where, reader.installs, sources);
    const place = await layProgram(where, reader.program, files);
    expect(judgeRun(reader.program, await runProgram(place), files)).toBeUndefined();
    expect(await typeCheck(where, names, 'node16')).toEqual([]);
    await rm(where, { recursive: true });
  });
});
