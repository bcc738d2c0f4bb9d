import { randomUUID } from 'node:crypto';
import { MiniGPT4Error } from '@minigpt4/core';
import type { Conversation } from '../conversation.js';

/** The conversations a server keeps, bounded in number and idle time. */
export interface ChatSessions {
  /** Opens a conversation, closing the one unused for longest when there are too many. @returns its id */
  open(): string;
  /** The conversation, which counts as used now. @throws `CHAT_NOT_FOUND` */
  get(id: string): Conversation;
  /** Forgets a conversation; an unknown id is no error. */
  close(id: string): void;
  /** Forgets all of them. */
  closeAll(): void;
}

/** How {@link chatSessions} works. */
export interface ChatSessionsOptions {
  /** Makes a new conversation. */
  readonly create: () => Conversation;
  /** Conversations kept at most. */
  readonly capacity: number;
  /** Milliseconds after which an unused conversation is forgotten. */
  readonly idleMs: number;
  /** Milliseconds on a steady clock. Defaults to `performance.now`. */
  readonly now?: () => number;
}

interface Session {
  readonly talk: Conversation;
  usedAt: number;
}

/** No conversations yet. */
export function chatSessions({
  create,
  capacity,
  idleMs,
  now = () => performance.now(),
}: ChatSessionsOptions): ChatSessions {
  const sessions = new Map<string, Session>(); // least recently used first

  const close = (id: string) => {
    sessions.get(id)?.talk.dispose();
    sessions.delete(id);
  };
  const closeIdle = () => {
    for (const [id, { usedAt }] of sessions) if (now() - usedAt > idleMs) close(id);
  };
  return {
    open() {
      closeIdle();
      const [oldest] = sessions.keys();
      if (oldest !== undefined && sessions.size >= capacity) close(oldest);
      const id = randomUUID();
      sessions.set(id, { talk: create(), usedAt: now() });
      return id;
    },
    get(id) {
      closeIdle();
      const session = sessions.get(id);
      if (!session) {
        throw new MiniGPT4Error(
          'CHAT_NOT_FOUND',
          `server: no such chat, expected one of the ${capacity} used last, got ${id}. Open a new one with POST /api/chats.`,
        );
      }
      session.usedAt = now();
      sessions.delete(id);
      sessions.set(id, session);
      return session.talk;
    },
    close,
    closeAll: () => [...sessions.keys()].forEach(close),
  };
}
