import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { smallSizes } from '../../test/small-sizes.js';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { writeRandomOnnx } from './write-random-onnx.js';

const folder = await temporaryFolder();

describe('writeRandomOnnx', async () => {
  await writeRandomOnnx(folder, smallSizes.llm);
  const path = join(folder, 'onnx', 'model_q4.onnx');
  const { graph } = fromBinary(ModelProtoSchema, await readFile(path));

  it('has the inputs and outputs that transformers.js feeds and reads', () => {
    const cache = (prefix: string) => [0, 1].flatMap(i => [`${prefix}.${i}.key`, `${prefix}.${i}.value`]);
    expect(graph?.input.map(({ name }) => name).toSorted()).toEqual(
      ['attention_mask', 'input_ids', ...cache('past_key_values')].toSorted(),
    );
    expect(graph?.output.map(({ name }) => name).toSorted()).toEqual(['logits', ...cache('present')].toSorted());
  });

  it('keeps weights in the second file, each on a page of its own, in four bits', async () => {
    const places = graph!.initializer.flatMap(({ name, dims, externalData }) => {
      const place = new Map(externalData.map(({ key, value }) => [key, value]));
      const [offset, length] = [Number(place.get('offset')), Number(place.get('length'))];
      return externalData.length === 0 ? [] : [{ name, dims: dims.map(Number), offset, length }];
    });
    expect(places.filter(({ offset }) => offset % 4096 !== 0)).toEqual([]);
    expect(places.find(({ name }) => name === 'layer.1.down.b')).toMatchObject({ dims: [32, 2, 16], length: 1024 });
    const end = Math.max(...places.map(({ offset, length }) => offset + length));
    expect((await stat(`${path}_data`)).size).toBe(end);
  });

  it('gives a node only what is there before it', () => {
    const known = new Set(['', ...graph!.input.map(({ name }) => name), ...graph!.initializer.map(({ name }) => name)]);
    for (const node of graph!.node) {
      expect(node.input.filter(name => !known.has(name))).toEqual([]);
      for (const name of node.output) known.add(name);
    }
  });
});
