import { defineConfig } from 'tsup';

/**
 * The one way a package of this repository is bundled: ESM for Node 20, with source maps.
 * `tsc` writes the declarations afterwards, because TypeScript 7 has no JavaScript API for tsup's own `dts`.
 *
 * @param {import('tsup').Options} [options] differences from the standard, such as more entries
 */
export const library = (options = {}) =>
  defineConfig({
    entry: ['src/index.ts'],
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    clean: true,
    silent: true,
    ...options,
  });
