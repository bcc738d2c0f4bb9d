import { expect, it } from 'vitest';
import { ResidentChats } from './resident-chats.js';

it('forgets the chats unused for longest when they hold too much, but none that is answered or was used just now', () => {
  const forgotten: string[] = [];
  const chat = (name: string) => ({ busy: false, forget: () => void forgotten.push(name) });
  const [a, b, c] = [chat('a'), chat('b'), chat('c')];
  const residents = new ResidentChats(10);
  residents.use(a, 4);
  residents.use(b, 4);
  residents.use(a, 6);
  expect(forgotten).toEqual([]);
  residents.use(c, 1);
  expect([forgotten, residents.size]).toEqual([['b'], 2]);
  a.busy = true;
  residents.use(b, 20);
  expect([forgotten, residents.size]).toEqual([['b', 'c'], 2]);
  residents.drop(b);
  residents.use(c, 4);
  expect([forgotten, residents.size]).toEqual([['b', 'c'], 2]);
});
