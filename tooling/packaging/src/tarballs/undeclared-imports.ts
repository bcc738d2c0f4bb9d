import { readdir, readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { parseSource, type Manifest } from '@minigpt4/repo-checks';

/**
 * What an installed package imports in its code or its types without declaring it: that would work only where something
 * else happens to bring it along. One line each, `file: module`.
 */
export async function undeclaredImports(folder: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  const declared = new Set([manifest.name, ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })]);
  const entries = await readdir(join(folder, 'dist'), { recursive: true });
  const undeclared: string[] = [];
  for (const entry of entries.filter(name => /\.(js|d\.ts)$/.test(name)).toSorted()) {
    const { imports } = parseSource(entry, await readFile(join(folder, 'dist', entry), 'utf8'));
    for (const { specifier } of imports) {
      const name = packageOf(specifier);
      if (name !== undefined && !declared.has(name)) undeclared.push(`${entry}: ${specifier}`);
    }
  }
  return undeclared;
}

/** The package that a module belongs to; undefined for files and for what Node brings. */
export function packageOf(specifier: string): string | undefined {
  if (/^(\.|#|node:)/.test(specifier) || builtinModules.includes(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
