import { describe, expect, it } from 'vitest';
import { initialProjection } from './init.js';

describe('initialProjection', () => {
  it('is uniform in ±1/√inputWidth, as a PyTorch Linear', () => {
    const { weight, bias } = initialProjection({ inputWidth: 64, outputWidth: 400, seed: 3 });
    expect(weight.shape).toEqual([400, 64]);
    expect(bias.shape).toEqual([400]);
    for (const { data } of [weight, bias]) {
      const values = [...data];
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1 / 8);
      expect(Math.max(...values)).toBeGreaterThan(0.98 / 8);
      expect(Math.min(...values)).toBeLessThan(-0.98 / 8);
      const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      expect(Math.abs(variance * 64 * 3 - 1)).toBeLessThan(0.15);
    }
  });

  it('follows the seed alone', () => {
    const sizes = { inputWidth: 6, outputWidth: 4 };
    const first = initialProjection({ ...sizes, seed: 1 });
    expect(initialProjection({ ...sizes, seed: 1 })).toEqual(first);
    expect(initialProjection({ ...sizes, seed: 2 })).not.toEqual(first);
  });

  it.each([
    [0, 4],
    [6, 1.5],
    [Number.NaN, 4],
  ])('refuses widths %s and %s', (inputWidth, outputWidth) => {
    expect(() => initialProjection({ inputWidth, outputWidth, seed: 1 })).toThrow(
      expect.objectContaining({ code: 'SHAPE_INVALID' }),
    );
  });
});
