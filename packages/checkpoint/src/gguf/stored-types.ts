import type { DType } from '@minigpt4/core';
import type { BlockEncoding } from '../storage/block-encoding.js';
import { q4One, q4Zero, q5One, q5Zero, q8Zero } from './simple-blocks.js';
import { q4K, q5K, q6K } from './super-blocks.js';

/** A type of tensor under its number in GGUF: elements one after another, or blocks. */
export type StoredType =
  | { readonly kind: 'plain'; readonly name: string; readonly dtype: DType }
  | { readonly kind: 'blocks'; readonly encoding: BlockEncoding };

const plain = (name: string, dtype: DType): StoredType => ({ kind: 'plain', name, dtype });
const blocks = (encoding: BlockEncoding): StoredType => ({ kind: 'blocks', encoding });

/** The types that are read; the format has others (2 and 3 bits, importance matrices), which are refused. */
export const storedTypes: ReadonlyMap<number, StoredType> = new Map([
  [0, plain('F32', 'float32')],
  [1, plain('F16', 'float16')],
  [2, blocks(q4Zero)],
  [3, blocks(q4One)],
  [6, blocks(q5Zero)],
  [7, blocks(q5One)],
  [8, blocks(q8Zero)],
  [12, blocks(q4K)],
  [13, blocks(q5K)],
  [14, blocks(q6K)],
  [30, plain('BF16', 'bfloat16')],
]);

/** What a type is called in files and tools, such as `F16` or `Q4_K`. */
export function typeName(type: StoredType): string {
  return type.kind === 'plain' ? type.name : type.encoding.name;
}
