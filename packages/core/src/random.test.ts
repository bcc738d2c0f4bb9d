import { describe, expect, it } from 'vitest';
import { random, randomFromState, type Random } from './random.js';

const draws = (source: Random) => [
  source.uniform(),
  source.integer(1000),
  source.normal(),
  ...source.permutation(5),
  source.uniform(),
];

describe('random', () => {
  it('gives the same stream for the same seed, and it does not change between versions', () => {
    expect(draws(random(42))).toEqual(draws(random(42)));
    expect(draws(random(42))).not.toEqual(draws(random(43)));
    const fixed = random(42);
    expect(Array.from({ length: 4 }, () => fixed.integer(1_000_000))).toEqual([351613, 170984, 677472, 176248]);
  });

  it('draws the first numbers of neighbouring seeds evenly and independently', () => {
    const seeds = Array.from({ length: 2000 }, (_, seed) => random(seed));
    const first = seeds.map(source => source.uniform());
    const second = seeds.map(source => source.uniform());
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    // deviation of a mean is 0.0065, of a correlation 0.022
    for (const values of [first, second]) expect(Math.abs(mean(values) - 0.5)).toBeLessThan(0.03);
    const tenths = new Set(first.map(value => Math.floor(10 * value)));
    expect(tenths.size).toBe(10);
    const neighbours = mean(first.slice(1).map((value, i) => 12 * (value - 0.5) * (first[i]! - 0.5)));
    const pairs = mean(first.map((value, i) => 12 * (value - 0.5) * (second[i]! - 0.5)));
    expect(Math.max(Math.abs(neighbours), Math.abs(pairs))).toBeLessThan(0.1);
  });

  it('goes on from a saved state, at any point, also through JSON', () => {
    const source = random(7);
    for (let i = 0; i < 20; i++) {
      const state = JSON.parse(JSON.stringify(source.state())) as number[];
      const restored = randomFromState(state);
      expect(draws(restored)).toEqual(draws(source));
      expect(restored.state()).toEqual(source.state());
    }
  });

  it('does not change a state that was taken', () => {
    const source = random(7);
    const state = source.state();
    const copy = [...state];
    draws(source);
    randomFromState(state).uniform();
    expect(state).toEqual(copy);
  });

  it.each([[[]], [[1, 2, 3]], [[1, 2, 3, 4, 5]], [[0, 0, 0, 0]], [[1, 2, 3, 0.5]], [[1, 2, 3, Number.NaN]]])(
    'refuses the state %j',
    state => {
      expect(() => randomFromState(state)).toThrow(expect.objectContaining({ code: 'RANDOM_STATE' }));
    },
  );

  it('draws integers evenly within the bound', () => {
    const source = random(1);
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 70_000; i++) counts[source.integer(7)]!++;
    // deviation of a count is 93
    expect(counts.every(count => Math.abs(count - 10_000) < 500)).toBe(true);
    expect(source.integer(1)).toBe(0);
    expect(source.integer(2 ** 40)).toBeLessThan(2 ** 40);
  });

  it.each([[0], [-1], [1.5], [Number.NaN], [Infinity]])('refuses the bound %d', bound => {
    expect(() => random(1).integer(bound)).toThrow(expect.objectContaining({ code: 'RANDOM_RANGE' }));
  });

  it('draws uniform numbers in [0, 1) and normal numbers of mean 0 and deviation 1', () => {
    const source = random(2);
    const uniform = Array.from({ length: 50_000 }, () => source.uniform());
    expect(uniform.every(value => value >= 0 && value < 1)).toBe(true);
    const normal = Array.from({ length: 50_000 }, () => source.normal());
    const mean = normal.reduce((sum, value) => sum + value, 0) / normal.length;
    const variance = normal.reduce((sum, value) => sum + (value - mean) ** 2, 0) / normal.length;
    expect(normal.every(Number.isFinite)).toBe(true);
    // five deviations of each estimate
    expect(Math.abs(mean)).toBeLessThan(0.023);
    expect(Math.abs(variance - 1)).toBeLessThan(0.032);
  });

  it('permutes: each number once, each place equally likely', () => {
    const source = random(3);
    expect(source.permutation(0)).toEqual([]);
    const order = source.permutation(100);
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const first = [0, 0, 0];
    for (let i = 0; i < 9000; i++) first[source.permutation(3)[0]!]!++;
    expect(first.every(count => Math.abs(count - 3000) < 225)).toBe(true);
  });
});
