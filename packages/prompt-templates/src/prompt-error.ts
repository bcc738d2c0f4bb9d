/** What can be wrong with a prompt. */
export type PromptErrorCode = 'MARKER_IN_TEXT' | 'EMPTY_QUESTION' | 'BAD_POSITION' | 'TEMPLATE_INVALID';

/** The errors of this package, which has no dependencies and so no base class of others; branch on `code`. */
export class PromptError extends Error {
  override readonly name = 'PromptError';
  readonly code: PromptErrorCode;

  constructor(code: PromptErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
