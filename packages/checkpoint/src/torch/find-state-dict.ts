import { MiniGPT4Error } from '@minigpt4/core';
import type { CheckpointLimits } from '../limits.js';
import { listed, quote } from '../messages.js';
import { PickledTensor } from './pickled-tensor.js';

// "model" is what the original's runner writes (runner_base.py), "state_dict" what Lightning and many others do
const wrappers = ['model', 'state_dict'];

/**
 * The tensors of a pickled state dict by name, whether it is the whole pickle or lies under `model` or `state_dict`.
 * Other values (optimizer, config, epoch, buffers that are no tensors) are left out.
 * @throws `CHECKPOINT_UNSUPPORTED` when there is no such dictionary, `CHECKPOINT_LIMIT` for too many tensors or too long names.
 */
export function findStateDict(root: unknown, path: string, limits: CheckpointLimits): Map<string, PickledTensor> {
  if (!(root instanceof Map)) throw noStateDict(path, 'another object');
  const dictionary: Map<unknown, unknown> =
    wrappers.map((key): unknown => root.get(key)).find(value => holdsTensors(value)) ?? root;
  const tensors = new Map<string, PickledTensor>();
  for (const [name, value] of dictionary) {
    if (typeof name !== 'string' || !(value instanceof PickledTensor)) continue;
    if (name.length > limits.nameLength) throw tooMuch(path, 'characters in a name', limits.nameLength);
    tensors.set(name, value);
  }
  if (tensors.size > limits.tensors) throw tooMuch(path, 'tensors', limits.tensors);
  if (tensors.size === 0 && dictionary.size > 0) {
    const keys = [...dictionary.keys()].filter(key => typeof key === 'string');
    throw noStateDict(path, `a dictionary without tensors, with the keys ${listed(keys)}`);
  }
  return tensors;
}

function holdsTensors(value: unknown): value is Map<unknown, unknown> {
  return value instanceof Map && [...value.values()].some(item => item instanceof PickledTensor);
}

function noStateDict(path: string, got: string): MiniGPT4Error {
  return new MiniGPT4Error(
    'CHECKPOINT_UNSUPPORTED',
    `${path}: no state dict, expected a dictionary of tensors, plain or under ${wrappers.map(quote).join(' or ')}, got ${got}. Save model.state_dict() alone.`,
  );
}

function tooMuch(path: string, what: string, most: number): MiniGPT4Error {
  return new MiniGPT4Error(
    'CHECKPOINT_LIMIT',
    `${path}: state dict too large, expected at most ${most} ${what}, got more. Raise the limit if you trust the file.`,
  );
}
