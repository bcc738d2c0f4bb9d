import { formatShape, MiniGPT4Error, sameShape, type Shape } from '@minigpt4/core';
import type { Checkpoint } from './checkpoint.js';
import { quote } from './messages.js';

/** A tensor that a model needs. */
export interface ExpectedTensor {
  readonly name: string;
  readonly shape: Shape;
}

/** A tensor that is there with another shape than the model needs. */
export interface ShapeMismatch {
  readonly name: string;
  readonly expected: Shape;
  readonly got: Shape;
}

/** Differences beyond the expected list. */
export interface VerifyOptions {
  /** Tensors that may be there without being expected: those whose name matches one of these. Defaults to none. */
  readonly ignore?: readonly RegExp[];
}

// of each kind; the error's fields hold them all
const mostPrinted = 12;

/** Everything that is wrong with a checkpoint at once; the message shows the first few of each kind. */
export class CheckpointMismatchError extends MiniGPT4Error<'CHECKPOINT_MISMATCH'> {
  /** Expected tensors that the checkpoint lacks. */
  readonly missing: readonly ExpectedTensor[];
  /** Expected tensors with another shape. */
  readonly misshaped: readonly ShapeMismatch[];
  /** Tensors that are neither expected nor ignored. */
  readonly unexpected: readonly string[];

  constructor(message: string, found: Pick<CheckpointMismatchError, 'missing' | 'misshaped' | 'unexpected'>) {
    super('CHECKPOINT_MISMATCH', message);
    this.missing = found.missing;
    this.misshaped = found.misshaped;
    this.unexpected = found.unexpected;
  }
}

/**
 * Holds the checkpoint's directory against what a model needs; reads no data.
 * @throws {@link CheckpointMismatchError} listing all missing, mis-shaped and unexpected tensors.
 */
export function verifyCheckpoint(
  checkpoint: Checkpoint,
  expected: readonly ExpectedTensor[],
  { ignore = [] }: VerifyOptions = {},
): void {
  const missing: ExpectedTensor[] = [];
  const misshaped: ShapeMismatch[] = [];
  for (const tensor of expected) {
    const info = checkpoint.info(tensor.name);
    if (!info) missing.push(tensor);
    else if (!sameShape(info.shape, tensor.shape))
      misshaped.push({ name: tensor.name, expected: tensor.shape, got: info.shape });
  }
  const known = new Set(expected.map(({ name }) => name));
  // search, because test and exec of a /g pattern remember where they stopped
  const ignored = (name: string) => ignore.some(pattern => name.search(pattern) >= 0);
  const unexpected = checkpoint.names().filter(name => !known.has(name) && !ignored(name));
  if (missing.length + misshaped.length + unexpected.length === 0) return;

  const counts = `${missing.length} missing, ${misshaped.length} mis-shaped, ${unexpected.length} unexpected`;
  const lines = [
    ...printed('missing', missing, ({ name, shape }) => `${quote(name)}: expected ${formatShape(shape)}, got nothing`),
    ...printed(
      'mis-shaped',
      misshaped,
      ({ name, expected: shape, got }) => `${quote(name)}: expected ${formatShape(shape)}, got ${formatShape(got)}`,
    ),
    ...printed(
      'unexpected',
      unexpected,
      name => `${quote(name)}: expected nothing, got ${formatShape(checkpoint.info(name)?.shape ?? [])}`,
    ),
  ];
  throw new CheckpointMismatchError(
    `${checkpoint.path}: tensors do not fit the model (${counts}), expected ${known.size} tensors, got ${checkpoint.names().length}:\n${lines.join('\n')}\n` +
      'Check that the file and the configuration belong together; tensors that the model may leave out need an ignore pattern.',
    { missing, misshaped, unexpected },
  );
}

function printed<T>(kind: string, items: readonly T[], print: (item: T) => string): string[] {
  const lines = items.slice(0, mostPrinted).map(item => `  ${kind} ${print(item)}`);
  return items.length > mostPrinted ? [...lines, `  ${kind} ... and ${items.length - mostPrinted} more`] : lines;
}
