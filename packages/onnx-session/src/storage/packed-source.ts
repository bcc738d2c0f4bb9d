import { allocate, byteSize } from '@minigpt4/core';
import type { StoredSource, WeightSource } from '@minigpt4/onnx-graph';
import { blockFormats, type packedFormats } from './matrix-formats.js';
import type { PackedSection } from './packed-formats.js';
import type { WeightStorage } from './weight-storage.js';

/** A packed matrix and what is to be made of it. */
export interface PackedMatrix {
  /** What the graph computes with; several storages may share a format. */
  readonly storage: WeightStorage;
  readonly sections: Readonly<Record<string, PackedSection>>;
  /** The bytes of all sections. */
  readonly stored: StoredSource;
}

/** Where the graph finds a matrix that was written in one run of bytes. */
export function packedSource(
  format: keyof typeof packedFormats,
  { storage, sections, stored }: PackedMatrix,
): WeightSource {
  const section = (name: string) => sectionOf(stored, sections[name]!);
  const [scales, values] = [section('scales'), section('values')];
  if (format === 'int8 columns') {
    const parts = storage === 'int8 columns, rough' ? 1 : 2;
    return { kind: 'columns', values, scales, parts, together: storage === 'int8 columns, together' };
  }
  return { kind: 'blocks', ...blockFormats[format], values, scales, zeroPoints: section('zeroPoints') };
}

function sectionOf(stored: StoredSource, { dtype, offset, length }: PackedSection): StoredSource {
  if (stored.kind === 'file') return { ...stored, dtype, offset: stored.offset + offset, length };
  const { data } = stored.tensor;
  const section = allocate(dtype, length / byteSize(dtype));
  const bytes = new Uint8Array(data.buffer, data.byteOffset + offset, length);
  new Uint8Array(section.buffer, section.byteOffset, length).set(bytes);
  return { kind: 'memory', tensor: { dtype, shape: [section.length], data: section } };
}
