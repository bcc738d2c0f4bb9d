import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Failure } from '../failure.js';
import type { Repository } from '../repository.js';
import { codeFences, type CodeFence } from './code-fences.js';

/** A `ts` block of a README. */
export interface ReadmeProgram extends CodeFence {
  /** Path of the README, relative to the repository. */
  readonly readme: string;
  /** Folder of the package that it belongs to; for the README at the top the package that is the whole. */
  readonly folder: string;
}

const whole = 'packages/minigpt4';

/** The `ts` blocks of all READMEs: programs that a reader may copy. */
export function readmePrograms({ root, packages }: Repository): ReadmeProgram[] {
  const places = [{ folder: whole, readme: 'README.md' }].concat(
    packages.map(({ folder }) => ({ folder, readme: `${folder}/README.md` })),
  );
  return places.flatMap(({ folder, readme }) => {
    if (!existsSync(join(root, readme))) return [];
    const fences = codeFences(readFileSync(join(root, readme), 'utf8'));
    return fences.filter(({ language }) => language === 'ts').map(fence => ({ ...fence, readme, folder }));
  });
}

/** Every program of a README compiles against the sources. */
export async function checkReadmePrograms(repository: Repository): Promise<Failure[]> {
  const programs = readmePrograms(repository);
  if (programs.length === 0) return [];
  const { root } = repository;
  // a folder that git and turbo ignore, inside each package, so that the package's own imports are in force
  const folders = new Map<string, string>();
  const folderOf = (owner: string): string => {
    const known = folders.get(owner);
    if (known !== undefined) return known;
    mkdirSync(join(root, owner, '.turbo'), { recursive: true });
    const made = mkdtempSync(join(root, owner, '.turbo', 'readme-'));
    folders.set(owner, made);
    return made;
  };
  try {
    const files = new Map<string, ReadmeProgram>();
    for (const program of programs) {
      const file = join(folderOf(program.folder), `program-${files.size}.ts`);
      // also a program that imports nothing is a module
      writeFileSync(file, `${program.code}export {};\n`);
      files.set(file, program);
    }
    const errors = await compile(root, folderOf(whole), [...files.keys()]);
    return errors.map(({ file, line, message }) => {
      const program = files.get(file);
      const where = program
        ? `${program.readme}:${program.line + line - 1}`
        : relative(root, file).split(sep).join('/');
      return { where, what: message, fix: 'Mend the program' };
    });
  } finally {
    for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
  }
}

interface CompileError {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

async function compile(root: string, folder: string, files: readonly string[]): Promise<CompileError[]> {
  const project = join(folder, 'tsconfig.json');
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false };
  const config = { extends: join(root, 'tooling/tsconfig/library.json'), compilerOptions, include: [], files };
  writeFileSync(project, JSON.stringify(config));
  const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));
  const output = await promisify(execFile)(process.execPath, [tsc, '-p', project, '--pretty', 'false'], {
    cwd: root,
    maxBuffer: 1 << 26,
  }).then(
    () => '',
    (error: { stdout?: string; message: string }) => error.stdout || error.message,
  );
  const lines = output.split('\n').filter(line => /^\S/.test(line));
  return lines.map(line => {
    const [, file = project, number = '1', message = line] = /^(.+?)\((\d+),\d+\): (.*)$/.exec(line) ?? [];
    return { file: resolve(root, file), line: Number(number), message: message.replace(/\.$/, '') };
  });
}
