import { type DType, MiniGPT4Error } from '@minigpt4/core';
import type { CheckpointLimits } from '../limits.js';
import { quote } from '../messages.js';
import { PickledStorage, PickledTensor, StorageType, toIndex } from './pickled-tensor.js';

/** What a pickle may call; whatever else a pickle can name is refused. */
export type AllowedFunction = (...values: unknown[]) => unknown;

const storageTypes: Readonly<Record<string, DType>> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
};

// constants and plain containers that a runner's config or optimizer may hold; their values are not used
const constants =
  'float16 float32 float64 half float double bfloat16 int8 int16 int32 int64 short int long uint8 bool strided contiguous_format preserve_format channels_last'.split(
    ' ',
  );
const discarded = [
  'torch.device',
  '__builtin__.set',
  '__builtin__.frozenset',
  'builtins.set',
  'builtins.frozenset',
  '_codecs.encode',
];

// more than any allowed function takes
const mostArguments = 16;

/** The pickle that names globals. */
export interface NamingPickle {
  /** Its file, for messages. */
  readonly path: string;
  readonly limits: CheckpointLimits;
  /** Takes what a call costs, in operations, from the pickle's budget. */
  readonly spend: (operations: number) => void;
}

/** The functions and constants that the pickles of one file may name; looks up a global or refuses it with `CHECKPOINT_UNSAFE`. */
export function allowedGlobals({ path, limits, spend }: NamingPickle): {
  resolve(module: unknown, name: unknown): AllowedFunction;
} {
  const sizes = (value: unknown) => checkSizes(value, limits, spend);
  const table = new Map<string, unknown>([
    ...Object.entries(storageTypes).map(([name, dtype]) => [`torch.${name}`, new StorageType(dtype)] as const),
    ...constants.map(name => [`torch.${name}`, Object.freeze({})] as const),
    ...discarded.map(name => [name, bounded(() => null)] as const),
    ['collections.OrderedDict', bounded(orderedDictionary(spend))],
    ['torch.Size', bounded(values => sizes(values[0]))],
    ['torch._utils._rebuild_tensor', bounded(values => rebuildTensor(values, sizes))],
    ['torch._utils._rebuild_tensor_v2', bounded(values => rebuildTensor(values, sizes))],
    ['torch._utils._rebuild_parameter', bounded(rebuildParameter)],
  ]);
  return {
    resolve(module, name) {
      // a name can be any object of the pickle, and an object's text can be endless
      const global = typeof module === 'string' && typeof name === 'string' ? `${module}.${name}` : 'a computed name';
      const found = table.get(global);
      // constants are no functions, which is all the better: calling one fails
      if (found) return found as AllowedFunction;
      throw new MiniGPT4Error(
        'CHECKPOINT_UNSAFE',
        `${path}: pickle refused, expected tensors and plain data, got the Python object ${quote(global)}. ` +
          'Nothing was executed. If you trust the file, load it in Python and save its state_dict alone.',
      );
    },
  };
}

function bounded(call: (values: unknown[]) => unknown): AllowedFunction {
  return (...values) => {
    if (values.length > mostArguments)
      throw new Error(`expected at most ${mostArguments} arguments, got ${values.length}`);
    return call(values);
  };
}

/** Python 3 fills an empty dictionary afterwards; Python 2 hands over a list of pairs, which a hostile pickle could repeat. */
function orderedDictionary(spend: NamingPickle['spend']): (values: unknown[]) => Map<unknown, unknown> {
  return ([list = []]) => {
    if (!Array.isArray(list)) throw new Error('expected a list of pairs for OrderedDict, got another value');
    spend(4 + 2 * list.length);
    return new Map(
      list.map((pair: unknown) => {
        if (Array.isArray(pair) && pair.length === 2) return [pair[0], pair[1]] as const;
        throw new Error('expected pairs for OrderedDict, got another value');
      }),
    );
  };
}

function checkSizes(value: unknown, limits: CheckpointLimits, spend: NamingPickle['spend']): number[] {
  if (!Array.isArray(value)) throw new Error('expected a tuple of sizes, got another value');
  if (value.length > limits.dimensions)
    throw new Error(`expected at most ${limits.dimensions} dimensions, got ${value.length}`);
  spend(1 + value.length);
  return value.map(size => toIndex(size, 'a size or stride'));
}

/** `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`; the older form lacks the last two. */
function rebuildTensor(values: unknown[], sizes: (value: unknown) => number[]): PickledTensor {
  const [storage, offset, size, stride] = values;
  if (!(storage instanceof PickledStorage)) throw new Error('expected a storage for a tensor, got another value');
  const shape = sizes(size);
  const strides = sizes(stride);
  if (shape.length !== strides.length) throw new Error(`expected ${shape.length} strides, got ${strides.length}`);
  return new PickledTensor({ storage, offset: toIndex(offset, 'a storage offset'), shape, strides });
}

/** `torch._utils._rebuild_parameter(data, requires_grad, hooks)`: a parameter is its tensor. */
function rebuildParameter([tensor]: unknown[]): PickledTensor {
  if (tensor instanceof PickledTensor) return tensor;
  throw new Error('expected a tensor for a parameter, got another value');
}
