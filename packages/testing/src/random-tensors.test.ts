import { describe, expect, it } from 'vitest';
import { randomTensors } from './random-tensors.js';

describe('randomTensors', () => {
  const wanted = [
    { name: 'a', shape: [50, 40] },
    { name: 'b', shape: [] },
  ];

  it('draws every tensor of the list, the same for the same seed', () => {
    const tensors = randomTensors(wanted, 3);
    expect(tensors).toEqual(randomTensors(wanted, 3));
    expect(tensors).not.toEqual(randomTensors(wanted, 4));
    expect(Object.entries(tensors).map(([name, { dtype, shape }]) => ({ name, dtype, shape }))).toEqual([
      { name: 'a', dtype: 'float32', shape: [50, 40] },
      { name: 'b', dtype: 'float32', shape: [] },
    ]);
  });

  it('has a deviation of 0.3', () => {
    const { data } = randomTensors(wanted)['a']!;
    const deviation = Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);
    expect(deviation).toBeGreaterThan(0.28);
    expect(deviation).toBeLessThan(0.32);
  });
});
