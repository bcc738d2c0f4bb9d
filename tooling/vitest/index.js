import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { CountReporter } from './count-reporter.js';

/** @param {string} file */
const beside = file => fileURLToPath(new URL(file, import.meta.url));
const conditions = ['@minigpt4/source', 'module', 'node', 'development|production'];

/**
 * Environment in which Node programs that a test starts run on sources, as the test itself does: pass it as `env`.
 * TypeScript is translated as it is loaded, since Node 20 cannot read it.
 */
export const sourceChildren = {
  NODE_OPTIONS: `--conditions=@minigpt4/source --import ${new URL('source-children.js', import.meta.url)}`,
};

/**
 * The one way a package of this repository is tested: on the sources of its siblings, no build needed.
 * Each run leaves `test-report.json` in the package, see `CountReporter`.
 *
 * @param {import('vitest/config').ViteUserConfig['test']} [test] differences from the standard, such as a longer timeout
 */
export const library = (test = {}) =>
  defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      passWithNoTests: true,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      expect: { poll: { timeout: 20_000 } }, // a busy machine is no failure
      pool: 'forks',
      setupFiles: [beside('./fail-on-console.js')],
      reporters: ['default', new CountReporter()],
      ...test,
    },
  });
