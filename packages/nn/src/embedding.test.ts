import { describe, expect, it } from 'vitest';
import { input } from '@minigpt4/onnx-graph';
import { integers, normal, run } from '../test/run-graph.js';
import { embedding } from './embedding.js';
import { Params } from './params.js';

describe('embedding', () => {
  it('takes rows of the table, for ids of any shape', async () => {
    const weight = normal([5, 3], 1);
    const ids = [4, 0, 2, 2, 1, 3];
    const y = embedding(Params.root().at('words'), 5, 3)(input('ids', 'int64', ['batch', 'tokens']));
    expect(y.shape).toEqual(['batch', 'tokens', 3]);
    const result = await run(y, { ids: integers([2, 3], ids), 'words.weight': weight });
    expect(result.shape).toEqual([2, 3, 3]);
    expect([...result.data]).toEqual(ids.flatMap(id => [...weight.data.subarray(3 * id, 3 * id + 3)]));
  });
});
