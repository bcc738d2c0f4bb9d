import { describe, expect, it } from 'vitest';
import { failuresOf, type Files } from './__fixtures__/failures-of.js';
import { checkBanned } from './banned.js';

const good: Files = {
  'README.md': 'Images live in `data/images`, the page at http://localhost:3000/home and src/tmp/x.',
  'packages/core/package.json': { name: '@minigpt4/core' },
  'packages/core/src/index.ts': "export { a } from './a.js';\nexport * as names from './a.js';",
};

// put together here, because this file is checked as well
const path = (...parts: readonly string[]) => ['', ...parts].join('/');
const note = ['TO', 'DO'].join('');
const host = ['registry', 'npmjs', 'org'].join('.');

describe('checkBanned', () => {
  it('accepts ordinary files', () => {
    expect(failuresOf(checkBanned, good)).toEqual([]);
  });

  const cases: readonly { breaks: string; file: string; text: string; expected: string }[] = [
    {
      breaks: 'a star export',
      file: 'packages/core/src/b.ts',
      text: "\nexport * from './a.js';",
      expected: ":2: 'export *' hides",
    },
    {
      breaks: 'a note for later',
      file: 'packages/core/src/b.ts',
      text: `// ${note} more`,
      expected: ':1: a note to do something later',
    },
    {
      breaks: 'a path',
      file: 'README.md',
      text: `See ${path('home', 'me', 'x')}.`,
      expected: ':1: a path of one machine',
    },
    {
      breaks: 'a path in code',
      file: 'packages/core/src/b.ts',
      text: `f('${path('tmp', 'x')}')`,
      expected: ':1: a path of one machine',
    },
    {
      breaks: 'a registry',
      file: '.github/workflows/ci.yml',
      text: `url: ${host}`,
      expected: ':1: the host of a package registry',
    },
    { breaks: 'an invisible character', file: '.ci/run', text: 'a\u200bb', expected: ':1: an invisible character' },
    {
      breaks: 'a loose comparison',
      file: 'packages/core/src/b.test.ts',
      text: `expect(1).${'toBe' + 'CloseTo'}(1)`,
      expected: ':1: toBeCloseTo knows no relative error',
    },
  ];

  it.each(cases)('reports $breaks', ({ file, text, expected }) => {
    const failures = failuresOf(checkBanned, { ...good, [file]: text });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain(`${file}${expected}`);
  });
});
