import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { linearTicks, logTicks, tickText } from './axis-ticks.js';
import { lineChart } from './line-chart.js';
import { type Point, smoothed, thinned } from './smooth.js';

describe('ticks', () => {
  it.each([
    [0, 10, [0, 2, 4, 6, 8, 10]],
    [1.9, 4.7, [2, 3, 4]],
    [-0.12, 0.31, [-0.1, 0, 0.1, 0.2, 0.3]],
    [0, 0.003, [0, 0.001, 0.002, 0.003]],
    [5, 5, [5]],
  ])('from %d to %d are round', (low, high, ticks) => {
    expectClose(linearTicks(low, high), ticks, { absolute: 1e-12 });
  });

  it.each([
    [0.5, 2000, [1, 10, 100, 1000]],
    [0.9, 12, [1, 2, 5, 10]],
    [3, 4, []],
  ])('of a logarithmic axis from %d to %d', (low, high, ticks) => {
    expect(logTicks(low, high)).toEqual(ticks);
  });

  it.each([
    [0, '0'],
    [0.00001, '1e-5'],
    [0.003, '0.003'],
    [0.1 + 0.2, '0.3'],
    [12500, '12,500'],
    [-2, '-2'],
  ])('%d reads %j', (value, text) => {
    expect(tickText(value)).toBe(text);
  });
});

const line = (count: number): Point[] => Array.from({ length: count }, (_, i) => [i, 2 * i]);

describe('smoothed', () => {
  it('follows a constant from the first point on and halves a jump after a while', () => {
    expectClose(
      smoothed(
        line(5).map(([step]) => [step, 7]),
        3,
      ).map(([, value]) => value),
      [7, 7, 7, 7, 7],
      { absolute: 1e-12 },
    );
    const jump = smoothed(
      line(60).map(([step]): Point => [step, step < 30 ? 0 : 1]),
      5,
    ).map(([, value]) => value);
    expect(jump[29]).toBe(0);
    expectClose([jump[30]!], [0.2], { absolute: 0.01 });
    expect(jump[59]).toBeGreaterThan(0.99);
  });
});

describe('thinned', () => {
  it('keeps the ends and means in between', () => {
    const few = thinned(line(1000), 50);
    expect(few).toHaveLength(50);
    expect([few[0], few.at(-1)]).toEqual([
      [0, 0],
      [999, 1998],
    ]);
    for (const [step, value] of few) expectClose([value], [2 * step], { absolute: 1e-9 });
    const short = line(5);
    expect(thinned(short, 50)).toBe(short);
  });
});

describe('lineChart', () => {
  it('draws curves inside its frame, higher values higher up', () => {
    const { text } = lineChart({
      title: 'A < B',
      series: [{ name: 'up', points: line(10), style: 'plain', colour: 0 }],
    });
    const points = /points="([\d., ]+)"/
      .exec(text)![1]!
      .split(' ')
      .map(pair => pair.split(',').map(Number));
    expect(points).toHaveLength(10);
    for (const [x, y] of points) {
      expect(x).toBeGreaterThanOrEqual(58);
      expect(x).toBeLessThanOrEqual(546);
      expect(y).toBeGreaterThanOrEqual(12);
      expect(y).toBeLessThanOrEqual(220);
    }
    expect(points[0]![1]).toBeGreaterThan(points[9]![1]!);
    expect(text).toContain('aria-label="A &lt; B"');
  });

  it('marks few points, leaves out what has no logarithm, and says where there is nothing', () => {
    const points: Point[] = [
      [0, 0],
      [1, Number.NaN],
      [2, 10],
      [3, 100],
    ];
    const { text } = lineChart({
      title: 'x',
      logarithmic: true,
      series: [{ name: 'y', points, style: 'marked', colour: 1 }],
    });
    expect(text.match(/<circle/g)).toHaveLength(2);
    expect(text).not.toContain('NaN');
    expect(lineChart({ title: 'x', series: [] }).text).toContain('nothing logged');
  });

  it('draws a single point and equal values without a division by zero', () => {
    for (const points of [
      [[5, 3]],
      [
        [1, 0],
        [2, 0],
      ],
    ] as Point[][]) {
      const { text } = lineChart({ title: 'x', series: [{ name: 'y', points, style: 'plain', colour: 0 }] });
      expect(text).not.toMatch(/NaN|Infinity/);
    }
  });
});
