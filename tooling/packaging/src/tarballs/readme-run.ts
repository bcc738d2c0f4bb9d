import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadmeProgram } from '@minigpt4/repo-checks';
import { transform } from 'esbuild';
import { run, type Finished } from '../run.js';
import { firstDifference } from './same-output.js';
import { enterFiles, type WorkingFiles } from './working-files.js';

/** Lays a program into a folder of an installation: as written for the compiler, and without its types for Node. */
export async function layProgram(installation: string, program: ReadmeProgram, files: WorkingFiles): Promise<string> {
  const name = `${program.readme.replaceAll(/[/.]/g, '-')}-${program.line}`;
  const folder = join(installation, 'programs', name);
  await rm(folder, { recursive: true, force: true });
  await enterFiles(files, folder);
  const { code } = await transform(program.code, { loader: 'ts', format: 'esm', target: 'node20' });
  await writeFile(join(folder, 'program.ts'), program.code);
  await writeFile(join(folder, 'program.mjs'), code);
  return folder;
}

/** Runs a program that lies in an installation, under Node alone; what it keeps between runs it keeps in its folder. */
export function runProgram(folder: string): Promise<Finished> {
  const env = { XDG_CACHE_HOME: join(folder, 'cache') };
  return run(process.execPath, ['program.mjs'], { cwd: folder, env, timeout: 120_000 });
}

/** What is wrong with a run, or undefined: it must end well and print what the README says. */
export function judgeRun(
  program: ReadmeProgram,
  { exitCode, stdout, stderr }: Finished,
  { names, standIns }: WorkingFiles,
): string | undefined {
  const where = `${program.readme}:${program.line}`;
  if (exitCode !== 0) {
    return `${where}: exit code 0 expected, got ${exitCode}. The files there are ${names.join(', ')}. It printed:\n${stdout}${stderr}`;
  }
  if (program.output === undefined || standIns.some(name => program.code.includes(name))) return undefined;
  const difference = firstDifference(stdout, program.output);
  return difference === undefined ? undefined : `${where}: ${difference}. It printed:\n${stdout}`;
}
