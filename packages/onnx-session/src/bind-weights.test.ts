import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { merged, openCheckpoint, writeSafetensors, type Checkpoint } from '@minigpt4/checkpoint';
import { float32ToBfloat16, float32ToFloat16, hostTensor, type HostTensor } from '@minigpt4/core';
import { graph, input, parameter } from '@minigpt4/onnx-graph';
import { describe, expect, it } from 'vitest';
import { float32, temporaryFolder } from '../test/support.js';
import { bindWeights, expectedTensors } from './bind-weights.js';
import { createSession } from './session.js';

const a = float32([2, 2], [1, 2, 3, 4]);
const b = float32([2], [10, 20]);

/** y = x · a + b. */
const affine = graph({
  y: input('x', 'float32', ['rows', 2])
    .matmul(parameter('a', [2, 2]))
    .add(parameter('b', [2])),
});
const x = float32([1, 2], [1, 1]);
const y = float32([1, 2], [14, 26]);

const folder = await temporaryFolder();
let files = 0;

/** A checkpoint of the tensors in a file of its own below `path`. */
async function checkpointOf(tensors: Record<string, HostTensor>, path = '.'): Promise<Checkpoint> {
  const file = join(folder, path, `${files++}.safetensors`);
  await mkdir(join(folder, path), { recursive: true });
  await writeSafetensors(file, tensors);
  return openCheckpoint(file);
}

/** The same checkpoint with one tensor that lies in no single piece, as strided ones of `.pth` files do. */
function strided(checkpoint: Checkpoint, name: string): Checkpoint {
  return {
    ...checkpoint,
    path: checkpoint.path,
    info: key => checkpoint.info(key),
    names: () => checkpoint.names(),
    read: key => checkpoint.read(key),
    location: key => (key === name ? undefined : checkpoint.location(key)),
  };
}

async function run(weights: Checkpoint): Promise<HostTensor> {
  await using session = await createSession(affine, { weights });
  return (await session.run({ x })).y!;
}

describe('expectedTensors', () => {
  it('lists the parameters that the outputs need, with their shapes', () => {
    expect(expectedTensors(affine)).toEqual([
      { name: 'a', shape: [2, 2] },
      { name: 'b', shape: [2] },
    ]);
  });
});

describe('bindWeights', () => {
  it('points into the file', async () => {
    await using checkpoint = await checkpointOf({ a, b });
    const { sources, folder: base } = await bindWeights(affine, checkpoint);
    expect(base).toBe(folder);
    const { file, offset, length } = checkpoint.location('a')!;
    expect(sources.get('a')).toEqual({
      kind: 'file',
      dtype: 'float32',
      location: file.slice(folder.length + 1),
      offset,
      length,
    });
    expect([...sources.keys()]).toEqual(['a', 'b']);
    expect(await run(checkpoint)).toEqual(y);
  });

  it('finds weights in files of different folders', async () => {
    await using checkpoint = merged([
      await checkpointOf({ a }, 'one/deep er'),
      await checkpointOf({ b }, 'one/ünlike/2'),
    ]);
    const { sources, folder: base } = await bindWeights(affine, checkpoint);
    expect(base).toBe(join(folder, 'one'));
    expect([...sources.values()].map(source => source.kind === 'file' && source.location.split('/')[0])).toEqual([
      'deep er',
      'ünlike',
    ]);
    expect(await run(checkpoint)).toEqual(y);
  });

  it('is not misled by folders whose names begin alike', async () => {
    await using checkpoint = merged([await checkpointOf({ a }, 'model'), await checkpointOf({ b }, 'model-2')]);
    expect((await bindWeights(affine, checkpoint)).folder).toBe(folder);
    expect(await run(checkpoint)).toEqual(y);
  });

  it('follows links, such as those of the Hugging Face cache', async () => {
    await using blob = await checkpointOf({ a, b }, 'blobs');
    await mkdir(join(folder, 'snapshots/1'), { recursive: true });
    await symlink(join('../..', blob.path.slice(folder.length)), join(folder, 'snapshots/1/model.safetensors'));
    await using checkpoint = await openCheckpoint(join(folder, 'snapshots/1'));
    expect(await run(checkpoint)).toEqual(y);
  });

  it('reads a strided tensor into memory', async () => {
    await using checkpoint = await checkpointOf({ a, b });
    const { sources } = await bindWeights(affine, strided(checkpoint, 'a'));
    expect(sources.get('a')).toEqual({ kind: 'memory', tensor: a });
    expect(sources.get('b')?.kind).toBe('file');
    expect(await run(strided(checkpoint, 'a'))).toEqual(y);
  });

  it('needs no folder when everything is in memory', async () => {
    await using checkpoint = await checkpointOf({ a, b });
    const inMemory = strided(strided(checkpoint, 'a'), 'b');
    expect((await bindWeights(affine, inMemory)).folder).toBe('');
    expect(await run(inMemory)).toEqual(y);
  });

  it.each([
    ['float16', float32ToFloat16],
    ['bfloat16', float32ToBfloat16],
  ] as const)('computes in float32 with weights stored as %s, mapped or in memory', async (dtype, toHalf) => {
    const half = (tensor: HostTensor<'float32'>) => hostTensor(dtype, tensor.shape, toHalf(tensor.data));
    await using checkpoint = await checkpointOf({ a: half(a), b: half(b) });
    expect((await bindWeights(affine, checkpoint)).sources.get('a')).toMatchObject({ kind: 'file', dtype });
    expect(await run(checkpoint)).toEqual(y);
    expect(await run(strided(checkpoint, 'a'))).toEqual(y);
  });

  it('keeps what float32 needs: a half-precision weight does not make the result half', async () => {
    await using checkpoint = await checkpointOf({
      a: hostTensor('float16', [2, 2], float32ToFloat16(a.data)),
      b: float32([2], [0, 2 ** -20]),
    });
    expect(await run(checkpoint)).toEqual(float32([1, 2], [4, 6 + 2 ** -20]));
  });

  it('lets be what the graph does not ask for', async () => {
    await using checkpoint = await checkpointOf({ a, b, other: b });
    expect([...(await bindWeights(affine, checkpoint)).sources.keys()]).toEqual(['a', 'b']);
  });

  it('reports all missing and mis-shaped tensors at once', async () => {
    const needy = graph({ y: affine.outputs.get('y')!, minus: parameter('c', [7]).neg() });
    await using checkpoint = await checkpointOf({ b: float32([3], [1, 2, 3]) });
    await expect(bindWeights(needy, checkpoint)).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
      missing: [
        { name: 'a', shape: [2, 2] },
        { name: 'c', shape: [7] },
      ],
      misshaped: [{ name: 'b', expected: [2], got: [3] }],
      unexpected: [],
    });
    await expect(createSession(needy, { weights: checkpoint })).rejects.toMatchObject({ code: 'CHECKPOINT_MISMATCH' });
  });
});
