import { byteSize, elementCount, formatShape, MiniGPT4Error, rowMajorStrides } from '@minigpt4/core';
import type { CheckpointLimits } from '../limits.js';
import { quote } from '../messages.js';
import type { StoredTensor } from '../storage/file-checkpoint.js';
import { parseJson } from '../storage/parse-json.js';
import { safetensorsDTypes } from './dtypes.js';

/** Where a header was found and what it may claim. */
export interface HeaderContext {
  /** The file, for messages. */
  readonly path: string;
  /** Bytes from the start of the file to the data. */
  readonly dataStart: number;
  /** Bytes from there to the end of the file. */
  readonly dataLength: number;
  readonly limits: CheckpointLimits;
}

/** What a valid header says. */
export interface SafetensorsHeader {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Record<string, string>;
}

// the header, a tensor, one of its lists
const maxDepth = 3;

function corrupt(context: HeaderContext, what: string, cause?: unknown): MiniGPT4Error {
  return new MiniGPT4Error('CHECKPOINT_CORRUPT', `${context.path}: ${what}. Copy or download the file again.`, {
    cause,
  });
}

/** Reads and checks a safetensors header: names, types, shapes, and ranges that cover the data exactly. */
export function parseSafetensorsHeader(bytes: Uint8Array, context: HeaderContext): SafetensorsHeader {
  const fields = Object.entries(parseObject(bytes, context));
  if (fields.length > context.limits.tensors) {
    throw new MiniGPT4Error(
      'CHECKPOINT_LIMIT',
      `${context.path}: too many tensors, expected at most ${context.limits.tensors}, got ${fields.length}. Raise limits.tensors if you trust the file.`,
    );
  }
  const tensors = new Map<string, StoredTensor>();
  const ranges: Range[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of fields) {
    if (name === '__metadata__') metadata = checkMetadata(value, context);
    else {
      const { tensor, range } = parseEntry(name, value, context);
      tensors.set(name, tensor);
      ranges.push(range);
    }
  }
  checkCoverage(ranges, context);
  return { tensors, metadata };
}

function parseObject(bytes: Uint8Array, context: HeaderContext): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = parseJson(bytes, { ...context, maxDepth });
  } catch (cause) {
    if (cause instanceof MiniGPT4Error) throw cause;
    throw corrupt(context, `bad header, ${(cause as Error).message}`, cause);
  }
  if (isObject(parsed)) return parsed;
  throw corrupt(context, 'bad header, expected a JSON object, got another value');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkMetadata(value: unknown, context: HeaderContext): Record<string, string> {
  if (!isObject(value)) throw corrupt(context, 'bad __metadata__, expected an object of strings, got another value');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text === 'string') continue;
    throw corrupt(context, `bad __metadata__, expected strings, got ${typeof text} for ${quote(key)}`);
  }
  return value as Record<string, string>;
}

/** A tensor's bytes, relative to the data. */
interface Range {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && size >= 0);
}

function parseEntry(name: string, value: unknown, context: HeaderContext): { tensor: StoredTensor; range: Range } {
  const { limits, dataStart } = context;
  const where = `tensor ${quote(name)}`;
  if (name.length > limits.nameLength) {
    throw new MiniGPT4Error(
      'CHECKPOINT_LIMIT',
      `${context.path}: name too long, expected at most ${limits.nameLength} characters, got ${name.length}. Raise limits.nameLength if you trust the file.`,
    );
  }
  if (!isObject(value)) throw corrupt(context, `${where}: bad entry, expected an object, got another value`);
  const { dtype: code, shape, data_offsets: offsets } = value;
  const dtype = typeof code === 'string' ? safetensorsDTypes.get(code) : undefined;
  if (!dtype) {
    throw new MiniGPT4Error(
      'CHECKPOINT_UNSUPPORTED',
      `${context.path}: ${where}: unknown type, expected one of ${[...safetensorsDTypes.keys()].join(', ')}, got ${quote(String(code))}. Convert the tensor to one of these.`,
    );
  }
  if (!isSizes(shape)) throw corrupt(context, `${where}: bad shape, expected whole numbers, got something else`);
  if (shape.length > limits.dimensions) {
    throw new MiniGPT4Error(
      'CHECKPOINT_LIMIT',
      `${context.path}: ${where}: too many dimensions, expected at most ${limits.dimensions}, got ${shape.length}. Reshape the tensor.`,
    );
  }
  if (!isSizes(offsets) || offsets.length !== 2)
    throw corrupt(context, `${where}: bad data_offsets, expected two whole numbers, got something else`);
  const [begin, end] = offsets as [number, number];
  const expected = elementCount(shape) * byteSize(dtype);
  if (end - begin !== expected || end > context.dataLength) {
    throw corrupt(
      context,
      `${where}: bad range, expected ${expected} bytes for ${formatShape(shape)} of ${dtype} within ${context.dataLength} bytes of data, got ${begin} to ${end}`,
    );
  }
  const tensor = { name, dtype, shape, strides: rowMajorStrides(shape), offset: dataStart + begin };
  return { tensor, range: { name, begin, end } };
}

function checkCoverage(ranges: Range[], context: HeaderContext): void {
  let covered = 0;
  for (const { name, begin, end } of ranges.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const kind = begin < covered ? 'overlapping data' : 'a gap in the data';
      throw corrupt(context, `${kind}, expected tensor ${quote(name)} to start at ${covered}, got ${begin}`);
    }
    covered = end;
  }
  if (covered !== context.dataLength)
    throw corrupt(context, `wrong file size, expected ${covered} bytes of tensor data, got ${context.dataLength}`);
}
