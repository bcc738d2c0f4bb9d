import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { input } from '@minigpt4/onnx-graph';
import { integers, normal, run } from '../test/run-graph.js';
import { rotary } from './rotary.js';

const [batch, tokens, heads, headSize] = [2, 3, 2, 8];
const theta = 10000;
const x = normal([batch, tokens, heads * headSize], 1);

/** Element i of a head turned by the angle of its pair: the first half holds cosines' parts, the second the sines'. */
function turned(positions: readonly number[]): number[] {
  return Array.from(x.data, (value, i) => {
    const element = i % headSize;
    const pair = element % (headSize / 2);
    const angle = positions[Math.floor(i / (heads * headSize))]! / theta ** ((2 * pair) / headSize);
    const partner = element < headSize / 2 ? -x.data[i + headSize / 2]! : x.data[i - headSize / 2]!;
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}

describe('rotary', () => {
  const y = rotary({ headSize, positions: 64, theta })(
    input('x', 'float32', ['batch', 'tokens', heads * headSize]),
    input('positions', 'int64', ['batch', 'tokens']),
  );

  it('keeps the shape', () => {
    expect(y.shape).toEqual(['batch', 'tokens', heads * headSize]);
  });

  it.each([[[0, 1, 2, 0, 1, 2]], [[5, 6, 7, 61, 62, 63]], [[9, 3, 3, 0, 40, 8]]])('turns by positions %o', async at => {
    expectClose((await run(y, { x, positions: integers([batch, tokens], at) })).data, turned(at), { absolute: 1e-5 });
  });

  it('leaves position 0 as it is', async () => {
    const result = await run(y, { x, positions: integers([batch, tokens], [0, 0, 0, 0, 0, 0]) });
    expect([...result.data]).toEqual([...x.data]);
  });
});
