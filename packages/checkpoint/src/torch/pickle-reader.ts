import { MiniGPT4Error } from '@minigpt4/core';
import { BufferReader } from 'pickleparser';
import type { CheckpointLimits } from '../limits.js';

const long1 = 0x8a;
const long4 = 0x8b;
const emptyDictionary = 0x7d;
const dictionaryOfProtocol0 = 0x64;
const mark = 0x28;
const global = 0x63;
const longPut = 0x72;
const build = 0x62;
const pop = 0x30;

// what an operation costs beside the others, which allocate some 50 bytes and take a tenth of a microsecond each
const costs: ReadonlyMap<number, number> = new Map([
  [emptyDictionary, 4],
  [long1, 6],
  [long4, 6],
  [mark, 2],
  [longPut, 3],
  [global, 4],
]);

// byte strings are never of use here, and a writable array of them would be a tool for the pickle
const noBytes = new Uint8Array(0);

// the one large integer in a checkpoint is the magic number of the legacy format, 10 bytes
const integerBytes = 64;

// globals and storage keys are text too, whatever the limit of a tensor name
const shortestCut = 1024;

/**
 * The bytes of a pickle as the parser asks for them, with what a hostile pickle would need taken away:
 * no endless loops, no large integers, no applying of state to objects, no text longer than a tensor name, a budget for what
 * its operations and calls cost.
 */
export class PickleReader extends BufferReader {
  readonly #bytes: Uint8Array;
  readonly #path: string;
  readonly #limits: CheckpointLimits;
  #spent = 0;
  #operation = 0;
  #startsOperation = false;

  constructor(bytes: Uint8Array, path: string, limits: CheckpointLimits) {
    super(bytes);
    this.#bytes = bytes;
    this.#path = path;
    this.#limits = limits;
  }

  // the parser asks this before each operation and at no other time
  override hasNext(): boolean {
    this.#startsOperation = true;
    return super.hasNext();
  }

  override byte(): number {
    const value = super.byte();
    if (!this.#startsOperation) return value;
    this.#startsOperation = false;
    this.#operation = value;
    this.spend(costs.get(value) ?? 1);
    return permitted(value);
  }

  override uint32(): number {
    return this.#operation === long1 ? super.byte() : super.uint32();
  }

  override uint64(): number {
    // the base class prints a warning beyond 2^53, where any length is beyond the end
    const low = super.uint32();
    return low + super.uint32() * 2 ** 32;
  }

  override bytes(length: number): Uint8Array {
    const start = this.position;
    this.skip(length);
    if (this.#operation !== long1 && this.#operation !== long4) return noBytes;
    if (length > integerBytes) throw new Error(`expected an integer of at most ${integerBytes} bytes, got ${length}`);
    return this.#bytes.slice(start, start + length);
  }

  override string(size: number, encoding: 'ascii' | 'utf-8'): string {
    const start = this.position;
    this.skip(size);
    // one more than a name may have, so that a name that was cut is still too long
    const end = start + Math.min(size, Math.max(this.#limits.nameLength, shortestCut) + 1);
    const { buffer, byteOffset } = this.#bytes;
    return Buffer.from(buffer, byteOffset + start, end - start).toString(encoding === 'ascii' ? 'latin1' : 'utf8');
  }

  override skip(offset: number): void {
    if (!(offset >= 0)) throw new Error(`expected a length of at least 0, got ${offset}`);
    super.skip(offset);
  }

  /** Takes from the budget, in operations. @throws `CHECKPOINT_LIMIT` when it is used up. */
  spend(operations: number): void {
    const most = this.#limits.pickleOperations;
    this.#spent += operations;
    if (this.#spent <= most) return;
    throw new MiniGPT4Error(
      'CHECKPOINT_LIMIT',
      `${this.#path}: pickle too costly, expected at most ${most} operations, got more. Raise limits.pickleOperations if you trust the file.`,
    );
  }
}

/** The operation that the parser is to carry out for the one in the file. */
function permitted(operation: number): number {
  // the parser's short form prints a warning beyond 2^53; its long form gives a bigint
  if (operation === long1) return long4;
  // state only decorates objects; dropping it keeps pickles from writing onto ours
  if (operation === build) return pop;
  if (operation === dictionaryOfProtocol0)
    throw new Error('expected pickle protocol 2 or later, got an operation of protocol 0');
  return operation;
}
