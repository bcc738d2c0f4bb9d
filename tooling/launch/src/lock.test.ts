import { existsSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withTree } from './__fixtures__/with-tree.js';
import { withLock } from './lock.js';

describe('withLock', () => {
  it('lets one task run at a time and gives its result', async () => {
    await withTree({}, async root => {
      const file = join(root, 'cache', 'lock');
      const events: string[] = [];
      const task = (name: string) => async () => {
        events.push(`${name} begins`);
        await sleep(20);
        events.push(`${name} ends`);
        return name;
      };
      expect(await Promise.all([withLock(file, task('a')), withLock(file, task('b'))])).toEqual(['a', 'b']);
      expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
      expect(existsSync(file)).toBe(false);
    });
  });

  it('takes over a lock that nobody touches any more', async () => {
    await withTree({ lock: '' }, async root => {
      utimesSync(join(root, 'lock'), new Date(0), new Date(0));
      expect(await withLock(join(root, 'lock'), async () => 'ran')).toBe('ran');
    });
  });

  it('is free again after a task that failed', async () => {
    await withTree({}, async root => {
      const file = join(root, 'lock');
      await expect(withLock(file, () => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
      expect(await withLock(file, async () => 'ran')).toBe('ran');
    });
  });
});
