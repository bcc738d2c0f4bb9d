import { describe, expect, it } from 'vitest';
import { SampleOrder } from './sample-order.js';

const take = (order: SampleOrder, count: number) => Array.from({ length: count }, () => order.next());

describe('SampleOrder', () => {
  it('visits every position once in each pass, in another order each time', () => {
    const order = new SampleOrder(50, 7);
    const [first, second] = [take(order, 50), take(order, 50)];
    const all = Array.from({ length: 50 }, (_, i) => i);
    expect(first.toSorted((a, b) => a - b)).toEqual(all);
    expect(second.toSorted((a, b) => a - b)).toEqual(all);
    expect(second).not.toEqual(first);
  });

  it('depends on the seed alone', () => {
    expect(take(new SampleOrder(20, 3), 30)).toEqual(take(new SampleOrder(20, 3), 30));
    expect(take(new SampleOrder(20, 3), 20)).not.toEqual(take(new SampleOrder(20, 4), 20));
  });

  it.each([0, 1, 19, 20, 21, 40])('goes on after %i positions', taken => {
    const whole = take(new SampleOrder(20, 5), 60);
    const order = new SampleOrder(20, 5);
    take(order, taken);
    expect(take(new SampleOrder(20, 5, order.state()), 20)).toEqual(whole.slice(taken, taken + 20));
  });
});
