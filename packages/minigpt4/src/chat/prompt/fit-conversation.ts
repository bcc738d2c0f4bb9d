import { dropOldestTurn, type Conversation } from '@minigpt4/prompt-templates';
import { ContextFullError } from './context-full-error.js';
import type { SegmentIds } from './prompt-ids.js';

/** What {@link fitConversation} fits a conversation to. */
export interface FitOptions {
  /** Ids of a conversation's segments. */
  readonly read: (conversation: Conversation) => readonly SegmentIds[];
  /** Positions of all images. */
  readonly imageTokens: number;
  readonly maxPositions: number;
  /** Tokens the answer may have at most. */
  readonly maxNewTokens: number;
  /** Whether old turns may go. */
  readonly drops: boolean;
}

/** A conversation that the model can read. */
export interface FittedConversation {
  readonly conversation: Conversation;
  /** Ids of its segments. */
  readonly ids: readonly SegmentIds[];
  /** Turns that had to go. */
  readonly dropped: number;
  /** Tokens its answer may have. */
  readonly maxNewTokens: number;
}

/**
 * A conversation with as few of its oldest turns gone as leave room for the answer, of which at most a quarter of all
 * positions is kept free: an answer that may become very long must not cost the whole conversation.
 *
 * @throws {@link ContextFullError} when there is no room for one token
 */
export function fitConversation(
  asked: Conversation,
  { read, imageTokens, maxPositions, maxNewTokens, drops }: FitOptions,
): FittedConversation {
  const free = Math.min(maxNewTokens, Math.floor(maxPositions / 4));
  const candidates = drops ? withFewerTurns(asked) : [asked];
  let [low, high] = [0, candidates.length - 1];
  let ids = read(asked);
  // most often nothing has to go, and reading takes time: the first question is whether all fits, then halves are tried
  for (let at = 0; ; at = Math.floor((low + high) / 2)) {
    if (at > 0) ids = read(candidates[at]!);
    const promptTokens = ids.reduce((sum, segment) => sum + segment.ids.length, imageTokens);
    if (promptTokens + free > maxPositions) low = Math.min(at + 1, high);
    else high = at;
    if (low < high || at !== high) continue;
    if (promptTokens >= maxPositions) throw new ContextFullError('chat', { promptTokens, imageTokens, maxPositions });
    const room = Math.min(maxNewTokens, maxPositions - promptTokens);
    return { conversation: candidates[at]!, ids, dropped: at, maxNewTokens: room };
  }
}

/** The conversation, and what is left of it with one turn less each time. */
function withFewerTurns(conversation: Conversation): Conversation[] {
  const all = [conversation];
  for (let next = dropOldestTurn(conversation); next !== undefined; next = dropOldestTurn(next)) all.push(next);
  return all;
}
