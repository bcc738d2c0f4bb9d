import { describe, expect, it } from 'vitest';
import type { Conversation } from '../conversation.js';
import { chatSessions } from './chat-sessions.js';

function sessionsWithClock(capacity: number) {
  const clock = { now: 0 };
  const disposed: number[] = [];
  let created = 0;
  const sessions = chatSessions({
    create: () => {
      const number = created++;
      return { dispose: () => void disposed.push(number) } as Partial<Conversation> as Conversation;
    },
    capacity,
    idleMs: 100,
    now: () => clock.now,
  });
  return { clock, disposed, sessions };
}

const notFound = expect.objectContaining({ code: 'CHAT_NOT_FOUND' }) as Error;

describe('chatSessions', () => {
  it('forgets the one unused for longest when there are too many', () => {
    const { sessions, disposed } = sessionsWithClock(2);
    const first = sessions.open();
    const second = sessions.open();
    sessions.get(first);
    sessions.open();
    expect(disposed).toEqual([1]);
    expect(() => sessions.get(second)).toThrow(notFound);
    expect(sessions.get(first)).toBeDefined();
  });

  it('forgets those unused for too long', () => {
    const { sessions, clock, disposed } = sessionsWithClock(10);
    const idle = sessions.open();
    const used = sessions.open();
    clock.now = 80;
    sessions.get(used);
    clock.now = 120;
    expect(() => sessions.get(idle)).toThrow(notFound);
    expect(sessions.get(used)).toBeDefined();
    expect(disposed).toEqual([0]);
  });

  it('closes one and all', () => {
    const { sessions, disposed } = sessionsWithClock(10);
    const [first] = [sessions.open(), sessions.open(), sessions.open()];
    sessions.close(first);
    sessions.close('never there');
    expect(disposed).toEqual([0]);
    sessions.closeAll();
    expect(disposed).toEqual([0, 1, 2]);
    expect(() => sessions.get(first)).toThrow(notFound);
  });
});
