import { MiniGPT4Error } from '@minigpt4/core';

/** A conversation, or what is left of it when all that may go has gone, is longer than the model can read. */
export class ContextFullError extends MiniGPT4Error<'CONTEXT_FULL'> {
  /** Positions it would take, images included. */
  readonly promptTokens: number;
  /** Those of them that stand for images. */
  readonly imageTokens: number;
  /** Positions the model has, of which an answer needs at least one. */
  readonly maxPositions: number;

  constructor(
    where: string,
    {
      promptTokens,
      imageTokens,
      maxPositions,
    }: Pick<ContextFullError, 'promptTokens' | 'imageTokens' | 'maxPositions'>,
  ) {
    super(
      'CONTEXT_FULL',
      `${where}: too long to be read, expected fewer than ${maxPositions} tokens, got ${promptTokens}, ${imageTokens} of them images. Ask something shorter, show less, or start anew.`,
    );
    this.promptTokens = promptTokens;
    this.imageTokens = imageTokens;
    this.maxPositions = maxPositions;
  }
}
