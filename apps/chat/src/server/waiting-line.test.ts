import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { waitingLine } from './waiting-line.js';

describe('waitingLine', () => {
  it('lets one in at a time, in order', async () => {
    const line = waitingLine({ capacity: 3, atOnce: 1 });
    const order: string[] = [];
    const work = async (name: string) => {
      const place = line.join('model');
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
    const line = waitingLine({ capacity: 1, atOnce: 1 });
    const place = line.join('model');
    expect(() => line.join('model')).toThrow(expect.objectContaining({ code: 'BUSY' }));
    place.leave();
    place.leave();
    const next = line.join('model');
    expect(() => line.join('model')).toThrow(expect.objectContaining({ code: 'BUSY' }));
    next.leave();
  });

  it('lets nobody overtake when one gives up waiting', async () => {
    const line = waitingLine({ capacity: 3, atOnce: 1 });
    const first = line.join('model');
    await first.turn();
    const second = line.join('model');
    const third = line.join('model');
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

  it('lets several in at a time, but not two users of the same thing', async () => {
    const line = waitingLine({ capacity: 9, atOnce: 2 });
    const order: string[] = [];
    const places = ['a1', 'a2', 'b1', 'c1'].map(name => {
      const place = line.join(name[0]);
      void place.turn().then(() => order.push(name));
      return place;
    });
    await nextTurn();
    expect(order).toEqual(['a1', 'b1']);
    places[2]!.leave();
    await nextTurn();
    expect(order).toEqual(['a1', 'b1', 'c1']);
    places[0]!.leave();
    await nextTurn();
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2']);
    places[1]!.leave();
    places[3]!.leave();
    await line.settled();
  });
});
