import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/make-set.js';
import { appendLine, keepLinesUpTo, readLines } from './json-lines.js';

describe('json lines', async () => {
  const folder = await temporaryFolder();

  it('forgets what a resumed run writes again, and a line that a kill cut short', async () => {
    const path = join(folder, 'metrics.jsonl');
    for (const step of [1, 2, 3]) await appendLine(path, { step, loss: step / 2 });
    await appendFile(path, '{"step":4,"lo');
    await keepLinesUpTo(path, 2);
    expect(await readFile(path, 'utf8')).toBe('{"step":1,"loss":0.5}\n{"step":2,"loss":1}\n');
  });

  it('has no lines where there is no file', async () => {
    expect(await readLines(join(folder, 'absent'))).toEqual([]);
  });

  it('says what to do when the disk fails', async () => {
    const path = join(folder, 'a-folder');
    await mkdir(path);
    await expect(appendLine(path, { step: 1 })).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  });
});
