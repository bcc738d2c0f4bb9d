/**
 * Every error this family of packages throws on purpose. The message reads `where: what, expected …, got …. Fix.`;
 * `code` is a literal to branch on, and `cause` keeps the error underneath, if there was one.
 */
export class MiniGPT4Error<Code extends string = string> extends Error {
  override readonly name = 'MiniGPT4Error';
  /** What went wrong, as a literal such as `SHAPE_MISMATCH`. */
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** True for an error with a `code` from this family, optionally for one code alone. */
export function isMiniGPT4Error(error: unknown, code?: string): error is MiniGPT4Error {
  return error instanceof MiniGPT4Error && (code === undefined || error.code === code);
}
