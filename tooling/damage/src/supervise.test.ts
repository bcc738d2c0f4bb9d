import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Supervised } from './supervise.js';

const file = fileURLToPath(new URL('../test/hanging.mjs', import.meta.url));

describe('Supervised', () => {
  it('goes on after a trial that hangs and one that breaks the process', async () => {
    const supervised = new Supervised({ file, args: [], timeLimit: 2000 });
    const verdicts = [];
    for (const number of [1, 2, 3, 1]) verdicts.push((await supervised.run(number)).verdict);
    await supervised.close();
    expect(verdicts).toEqual([
      { kind: 'whole' },
      { kind: 'violation', what: 'no end within 2000 ms' },
      { kind: 'violation', what: 'the process ended, exit code 7' },
      { kind: 'whole' },
    ]);
  });

  it('says when a program does not start', async () => {
    const supervised = new Supervised({ file, args: ['refuse'], timeLimit: 1000 });
    await expect(supervised.run(1)).rejects.toThrow(/ended before its first trial, exit code 4/);
  });
});
