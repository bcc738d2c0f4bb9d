import { type DType, type HostTensor, rowMajorStrides } from '@minigpt4/core';

/** What {@link writePickle} can write: tensors and dictionaries of them, as deep as wanted. */
export type Picklable = HostTensor | { readonly [key: string]: Picklable };

/** A pickle, and the tensors whose bytes it refers to: storage `0` is the first. */
export interface WrittenPickle {
  readonly bytes: Buffer;
  readonly storages: readonly HostTensor[];
}

const storageTypes: Readonly<Record<DType, string>> = {
  float64: 'DoubleStorage',
  float32: 'FloatStorage',
  float16: 'HalfStorage',
  bfloat16: 'BFloat16Storage',
  int64: 'LongStorage',
  int32: 'IntStorage',
  int16: 'ShortStorage',
  int8: 'CharStorage',
  uint8: 'ByteStorage',
  bool: 'BoolStorage',
};

/** Pickle operations of protocol 2, the ones that `torch.save` itself uses. */
const protocol = Buffer.from([0x80, 2]);
const stop = Buffer.from('.');
const falseValue = Buffer.from([0x89]);
const persistentId = Buffer.from('Q');
const orderedDictionary = call('collections', 'OrderedDict', []);

/** The pickle of nested dictionaries of tensors, as PyTorch reads it, with `weights_only` too. */
export function writePickle(value: Picklable): WrittenPickle {
  const storages: HostTensor[] = [];
  return { bytes: Buffer.concat([protocol, write(value, storages), stop]), storages };
}

function write(value: Picklable, storages: HostTensor[]): Buffer {
  if (isTensor(value)) return writeTensor(value, storages);
  const items = Object.entries(value).flatMap(([key, item]) => [text(key), write(item, storages)]);
  return Buffer.concat([orderedDictionary, Buffer.from('('), ...items, Buffer.from('u')]);
}

/** Whether it is a tensor, rather than a dictionary. */
export function isTensor(value: Picklable): value is HostTensor {
  return ArrayBuffer.isView(value.data);
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`, the storage by its persistent id. */
function writeTensor(tensor: HostTensor, storages: HostTensor[]): Buffer {
  const { dtype, shape, data } = tensor;
  const key = String(storages.push(tensor) - 1);
  const type = global('torch', storageTypes[dtype]);
  const storage = Buffer.concat([
    tuple([text('storage'), type, text(key), text('cpu'), integer(data.length)]),
    persistentId,
  ]);
  const strides = rowMajorStrides(shape);
  return call('torch._utils', '_rebuild_tensor_v2', [
    storage,
    integer(0),
    tuple(shape.map(integer)),
    tuple(strides.map(integer)),
    falseValue,
    orderedDictionary,
  ]);
}

function global(module: string, name: string): Buffer {
  return Buffer.from(`c${module}\n${name}\n`);
}

function call(module: string, name: string, values: readonly Buffer[]): Buffer {
  return Buffer.concat([global(module, name), tuple(values), Buffer.from('R')]);
}

function tuple(items: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const head = Buffer.from('X\0\0\0\0');
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Four bytes where they suffice; else eight, as a Python long. */
function integer(value: number): Buffer {
  const short = value < 2 ** 31;
  const bytes = Buffer.alloc(short ? 5 : 10);
  if (short) {
    bytes.write('J');
    bytes.writeInt32LE(value, 1);
  } else {
    bytes.set([0x8a, 8]);
    bytes.writeBigInt64LE(BigInt(value), 2);
  }
  return bytes;
}
