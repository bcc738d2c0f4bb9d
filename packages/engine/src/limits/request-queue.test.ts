import { describe, expect, it } from 'vitest';
import { RequestQueue } from './request-queue.js';

/** Enters and notes in which order that worked. */
function enterAll(queue: RequestQueue, names: readonly string[], signal?: AbortSignal) {
  const entered: string[] = [];
  const leaves = names.map(async name => {
    const leave = await queue.enter(signal);
    entered.push(leave === undefined ? `not ${name}` : name);
    return leave;
  });
  return { entered, leaves };
}

const turn = () => new Promise(resolve => setImmediate(resolve));

describe('RequestQueue', () => {
  it('lets in as many as may be at work, and the others in their order', async () => {
    const queue = new RequestQueue({ maxConcurrent: 2, maxQueued: 3 });
    const { entered, leaves } = enterAll(queue, ['a', 'b', 'c', 'd', 'e']);
    await turn();
    expect([entered.join(''), queue.running, queue.waiting]).toEqual(['ab', 2, 3]);
    const leave = await leaves[0]!;
    leave!();
    leave!(); // counts once
    const late = queue.enter(); // behind those who wait, though a place is free this instant
    await turn();
    expect([entered.join(''), queue.running, queue.waiting]).toEqual(['abc', 2, 3]);
    for (const other of leaves.slice(1)) (await other)!();
    (await late)!();
    expect([entered.join(''), queue.running, queue.waiting]).toEqual(['abcde', 0, 0]);
  });

  it('refuses more than may wait', async () => {
    const queue = new RequestQueue({ maxConcurrent: 1, maxQueued: 1 });
    const leave = await queue.enter();
    const second = queue.enter();
    await expect(queue.enter()).rejects.toMatchObject({ code: 'BUSY' });
    leave!();
    expect(await second).toBeDefined();
  });

  it('lets go who does not want any more', async () => {
    const queue = new RequestQueue({ maxConcurrent: 1, maxQueued: 9 });
    const leave = await queue.enter();
    const abort = new AbortController();
    const { entered } = enterAll(queue, ['a', 'b'], abort.signal);
    const patient = queue.enter();
    abort.abort();
    await turn();
    expect([entered, queue.waiting]).toEqual([['not a', 'not b'], 1]);
    expect(await queue.enter(abort.signal)).toBeUndefined();
    leave!();
    expect(await patient).toBeDefined();
    expect(queue.running).toBe(1);
  });
});
