import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { waitingLine } from './waiting-line.js';

describe('waitingLine', () => {
  it('lets one in at a time, in order', async () => {
    const line = waitingLine(3);
    const order: string[] = [];
    const work = async (name: string) => {
      const place = line.join();
      await place.turn();
      order.push(`${name} in`);
      await nextTurn();
      order.push(`${name} out`);
      place.leave();
    };
    await Promise.all([work('a'), work('b'), work('c')]);
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  });

  it('refuses more than fit, and has room again when one leaves', () => {
    const line = waitingLine(1);
    const place = line.join();
    expect(() => line.join()).toThrow(expect.objectContaining({ code: 'BUSY' }));
    place.leave();
    place.leave();
    const next = line.join();
    expect(() => line.join()).toThrow(expect.objectContaining({ code: 'BUSY' }));
    next.leave();
  });

  it('lets nobody overtake when one gives up waiting', async () => {
    const line = waitingLine(3);
    const first = line.join();
    await first.turn();
    const second = line.join();
    const third = line.join();
    const giveUp = new AbortController();
    const waiting = second.turn(giveUp.signal).finally(() => second.leave());
    let thirdIsIn = false;
    const entering = third.turn().then(() => {
      thirdIsIn = true;
    });
    giveUp.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await nextTurn();
    expect(thirdIsIn).toBe(false);
    first.leave();
    await entering;
    third.leave();
    await line.settled();
  });
});
