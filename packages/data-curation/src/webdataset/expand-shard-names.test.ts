import { describe, expect, it } from 'vitest';
import { expandShardNames } from './expand-shard-names.js';

describe('expandShardNames', () => {
  it.each([
    ['a.tar', ['a.tar']],
    ['{00000..00002}.tar', ['00000.tar', '00001.tar', '00002.tar']],
    ['s-{8..11}.tar', ['s-8.tar', 's-9.tar', 's-10.tar', 's-11.tar']],
    ['{08..10}', ['08', '09', '10']],
    ['{2..0}', ['2', '1', '0']],
    ['{train,val}-{0..1}.tar', ['train-0.tar', 'train-1.tar', 'val-0.tar', 'val-1.tar']],
    ['{,x}a', ['a', 'xa']],
    ['odd{name.tar', ['odd{name.tar']],
    ['{1..x}', ['{1..x}']],
  ])('%s', (pattern, names) => {
    expect(expandShardNames(pattern)).toEqual(names);
  });

  it("expands the original's stage-1 pattern", () => {
    const names = expandShardNames('laion_dataset/{00000..10488}.tar');
    expect(names).toHaveLength(10_489);
    expect(names.at(-1)).toBe('laion_dataset/10488.tar');
  });

  it.each(['{0..9999999}', '{0..9999}{0..9999}'])('refuses %s before making the list', pattern => {
    expect(() => expandShardNames(pattern)).toThrow(expect.objectContaining({ code: 'TOO_MANY_SHARDS' }));
  });
});
