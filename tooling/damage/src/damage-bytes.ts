import type { Random } from '@minigpt4/core';

/** Bytes from `start` up to `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What is damaged and where damage is worth most. */
export interface Damageable {
  readonly bytes: Buffer;
  /** The parts that say what the others mean: headers, names, offsets. Three of four damages begin in one of them. */
  readonly structure: readonly ByteRange[];
}

type Damage = (bytes: Buffer, at: number, source: Random) => Buffer;

const longest = 64;

/** The ways in which a copy is damaged, by what a report calls them. */
const damages: Readonly<Record<string, Damage>> = {
  'bit flips': (bytes, at, source) => {
    const copy = Buffer.from(bytes);
    const flips = 1 + source.integer(4);
    for (let i = 0; i < flips; i++) {
      const place = i === 0 ? at : Math.min(bytes.length - 1, at + source.integer(longest));
      copy[place]! ^= 1 << source.integer(8);
    }
    return copy;
  },
  truncation: (bytes, at) => Buffer.from(bytes.subarray(0, at)),
  'zeroed range': (bytes, at, source) =>
    Buffer.from(bytes).fill(0, at, Math.min(bytes.length, at + 1 + source.integer(4 * longest))),
  'swapped ranges': (bytes, at, source) => {
    const length = 1 + source.integer(longest);
    const other = source.integer(bytes.length);
    const [first, second] = [Math.min(at, other), Math.max(at, other)];
    const size = Math.min(length, second - first, bytes.length - second);
    const copy = Buffer.from(bytes);
    copy.set(bytes.subarray(second, second + size), first);
    copy.set(bytes.subarray(first, first + size), second);
    return copy;
  },
  'inserted bytes': (bytes, at, source) => {
    const inserted = Buffer.from(Array.from({ length: 1 + source.integer(longest) }, () => source.integer(256)));
    return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
  },
  'removed bytes': (bytes, at, source) =>
    Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + source.integer(longest))]),
  'lying number': (bytes, at, source) => lieInText(bytes, at, source) ?? lieInBinary(bytes, at, source),
};

const lies: readonly bigint[] = [
  0n,
  1n,
  255n,
  2n ** 16n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** The next digits from a place on, within a header of text, made another number. */
function lieInText(bytes: Buffer, at: number, source: Random): Buffer | undefined {
  const ahead = bytes.toString('latin1', at, at + 4 * longest);
  const digits = /^[\x20-\x7e\n]*?(\d+)/.exec(ahead);
  if (!digits) return undefined;
  const [whole, number = ''] = digits;
  const start = at + whole.length - number.length;
  const near = [BigInt(number) + 1n, BigInt(number) * 2n, -1n].map(String);
  const all = [...lies.map(String), ...near, '1e400', '1.5'];
  const lie = Buffer.from(all[source.integer(all.length)]!);
  return Buffer.concat([bytes.subarray(0, start), lie, bytes.subarray(start + number.length)]);
}

/** A little-endian number of 4 or 8 bytes, or the one that is there plus one. */
function lieInBinary(bytes: Buffer, at: number, source: Random): Buffer {
  const copy = Buffer.from(bytes);
  const size = source.integer(2) === 0 ? 4 : 8;
  const start = Math.max(0, Math.min(at, bytes.length - size));
  const field = copy.subarray(start, start + size);
  const lie = lies[source.integer(lies.length)]!;
  if (source.integer(4) === 0) field[0]! += 1;
  else for (let i = 0; i < field.length; i++) field[i] = Number((lie >> BigInt(8 * i)) & 255n);
  return copy;
}

/** A damaged copy of a file, and what was done to it; the same source gives the same copy. It always differs. */
export function damageBytes({ bytes, structure }: Damageable, source: Random): { what: string; bytes: Buffer } {
  const names = Object.keys(damages);
  for (;;) {
    const what = names[source.integer(names.length)]!;
    const range = source.integer(4) < 3 ? structure[source.integer(structure.length)] : undefined;
    const { start, end } = range ?? { start: 0, end: bytes.length };
    const damaged = damages[what]!(bytes, start + source.integer(end - start), source);
    if (!damaged.equals(bytes)) return { what, bytes: damaged };
  }
}
