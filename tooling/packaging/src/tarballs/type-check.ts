import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../run.js';

/** How TypeScript users resolve modules: as Node does, and as bundlers do. */
export const resolutions = {
  node16: { module: 'Node16', moduleResolution: 'Node16' },
  bundler: { module: 'ESNext', moduleResolution: 'bundler' },
} as const;

/**
 * Type-checks the programs of an installation and the declarations of `names` that they reach, none of them skipped.
 * Gives the errors; those inside other people's declarations are theirs.
 */
export async function typeCheck(
  installation: string,
  names: readonly string[],
  resolution: keyof typeof resolutions,
): Promise<string[]> {
  const project = `tsconfig.${resolution}.json`;
  const compilerOptions = {
    ...resolutions[resolution],
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  await writeFile(join(installation, project), JSON.stringify({ compilerOptions, include: ['programs/*/program.ts'] }));
  const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));
  const args = [tsc, '-p', project, '--pretty', 'false'];
  const { exitCode, stdout, stderr } = await run(process.execPath, args, { cwd: installation });
  const lines = (stdout + stderr).split('\n').filter(line => /^\S/.test(line));
  if (exitCode !== 0 && lines.length === 0) return [`tsc: exit code 0 expected, got ${exitCode}.`];
  return lines.filter(line => {
    const [, owner] = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(line) ?? [];
    return owner === undefined || names.includes(owner);
  });
}
