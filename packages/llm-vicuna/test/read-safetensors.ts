import { readFileSync } from 'node:fs';

interface Entry {
  readonly data_offsets: readonly [number, number];
}

/** The float32 tensors of a small safetensors file by name; stands on nothing but the format's description. */
export function readSafetensors(path: string): ReadonlyMap<string, Float32Array> {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, Entry>;
  const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return new Map(
    tensors.map(
      ([
        name,
        {
          data_offsets: [from, to],
        },
      ]) => {
        return [name, new Float32Array(Uint8Array.from(bytes.subarray(start + from, start + to)).buffer)];
      },
    ),
  );
}
