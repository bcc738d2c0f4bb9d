import { describe, expect, it } from 'vitest';
import { codeFences } from './code-fences.js';

const readme = `# title

\`\`\`ts
const a = 1;
console.log(a);
\`\`\`

\`\`\`
1
\`\`\`

text

\`\`\`sh
npm start
\`\`\`

prints

\`\`\`
up
\`\`\`
`;

describe('codeFences', () => {
  it('finds each block, where it begins, and what it prints', () => {
    expect(codeFences(readme)).toEqual([
      { language: 'ts', code: 'const a = 1;\nconsole.log(a);\n', line: 4, output: '1\n' },
      { language: '', code: '1\n', line: 9, output: undefined },
      { language: 'sh', code: 'npm start\n', line: 15, output: undefined },
      { language: '', code: 'up\n', line: 21, output: undefined },
    ]);
  });

  it('finds none in plain text', () => {
    expect(codeFences('`code` and\n    indented')).toEqual([]);
  });
});
