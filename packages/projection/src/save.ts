import { type Checkpoint, openCheckpoint, writeSafetensors } from '@minigpt4/checkpoint';
import { asFloat32, type HostTensor, hostTensor, MiniGPT4Error, sameShape } from '@minigpt4/core';
import { type ProjectionWeights, projectionWidths } from './weights.js';

const weightName = 'llama_proj.weight';
const biasName = 'llama_proj.bias';

/** The widths a projection must have to fit between two models. */
export interface ExpectedProjection {
  /** Width of the vectors that come in. Defaults to whatever the file has. */
  readonly inputWidth?: number;
  /** Width of the language model's embeddings. Defaults to whatever the file has. */
  readonly outputWidth?: number;
}

/**
 * The projection of a released MiniGPT-4 checkpoint (`.pth`, `{model: {llama_proj.*, …}, optimizer, …}`), of a plain
 * state dict or of our safetensors, as float32. Everything but `llama_proj.*` is ignored: released files carry buffers
 * of the frozen parts. The original loads with `strict=False` and starts from random values where the pair is absent.
 * @throws `CHECKPOINT_MISMATCH` when the pair is absent, does not belong together or has other widths than expected;
 * the errors of `openCheckpoint` for a file that is absent or broken.
 */
export async function readProjection(path: string, expected: ExpectedProjection = {}): Promise<ProjectionWeights> {
  const checkpoint = await openCheckpoint(path);
  try {
    checkShapes(checkpoint, expected);
    return { weight: await readFloat32(checkpoint, weightName), bias: await readFloat32(checkpoint, biasName) };
  } finally {
    await checkpoint.close();
  }
}

/**
 * Writes a projection as safetensors with the original's names, `llama_proj.weight` and `llama_proj.bias`; readers see
 * the old file or the whole new one, never a part.
 * @param metadata goes into the file's header, such as the run it came from.
 * @throws `SHAPE_MISMATCH` when weight and bias do not belong together.
 */
export async function saveProjection(
  path: string,
  weights: ProjectionWeights,
  metadata?: Record<string, string>,
): Promise<void> {
  projectionWidths('saveProjection', weights);
  await writeSafetensors(path, { [weightName]: weights.weight, [biasName]: weights.bias }, metadata);
}

async function readFloat32(checkpoint: Checkpoint, name: string): Promise<HostTensor<'float32'>> {
  const tensor = await checkpoint.read(name);
  return hostTensor('float32', tensor.shape, asFloat32(tensor));
}

function checkShapes(checkpoint: Checkpoint, expected: ExpectedProjection): void {
  const weight = checkpoint.info(weightName)?.shape;
  const bias = checkpoint.info(biasName)?.shape;
  if (!weight || !bias) throw mismatch(checkpoint, 'no projection in the file', absent(checkpoint, !weight, !bias));
  const [output, input] = weight;
  if (weight.length !== 2 || output === undefined || input === undefined || !sameShape(bias, [output])) {
    const shapes = `expected ${weightName} [out, in] and ${biasName} [out], got [${weight.join(',')}] and [${bias.join(',')}]`;
    throw mismatch(checkpoint, 'weight and bias do not belong together', `${shapes}. Is the file damaged?`);
  }
  const { inputWidth = input, outputWidth = output } = expected;
  if (input === inputWidth && output === outputWidth) return;
  const shapes = `expected ${weightName} [${outputWidth},${inputWidth}], got [${output},${input}]`;
  const hints = [input !== inputWidth && inputHint(input), output !== outputWidth && outputHint];
  throw mismatch(checkpoint, 'a projection for another model', `${shapes}. ${hints.filter(Boolean).join(' ')}`);
}

function absent(checkpoint: Checkpoint, weight: boolean, bias: boolean): string {
  const missing = [weight && weightName, bias && biasName].filter(Boolean).join(' and ');
  const names = checkpoint.names();
  const found = `${names.slice(0, 3).join(', ') || 'nothing'}${names.length > 3 ? `, … (${names.length} tensors)` : ''}`;
  return `expected ${missing}, got ${found}. Pass the small MiniGPT-4 checkpoint or a projection.safetensors.`;
}

function inputHint(input: number): string {
  const kind = input % 1408 === 0 ? 'the file is for a model without Q-Former' : 'check which model the file is for';
  return `Inputs: 768 with a Q-Former, 5632 (four patches of 1408) in the Llama-2 release and MiniGPT-v2; ${kind}.`;
}

const outputHint = 'Outputs: 4096 for a 7B language model, 5120 for 13B; choose the file of the same size.';

function mismatch(checkpoint: Checkpoint, what: string, rest: string): MiniGPT4Error {
  return new MiniGPT4Error('CHECKPOINT_MISMATCH', `${checkpoint.path}: ${what}, ${rest}`);
}
