import type { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { openEngine, type CreateEngine, type Device } from './open-engine.js';

const engine = {} as InferenceSession;

/** An engine whose providers work or fail, and what it was asked for. */
function standIn(failing: Readonly<Record<string, string>>): { create: CreateEngine; asked: unknown[] } {
  const asked: unknown[] = [];
  const create: CreateEngine = async (_, { executionProviders, intraOpNumThreads }) => {
    asked.push([...executionProviders!, intraOpNumThreads]);
    const reason = failing[executionProviders![0] as string];
    if (reason !== undefined) throw new Error(reason);
    return engine;
  };
  return { create, asked };
}

async function open(device: Device, failing: Readonly<Record<string, string>>) {
  const { create, asked } = standIn(failing);
  const told: string[] = [];
  const options = { name: 'decoder', device, session: { intraOpNumThreads: 3 } };
  const opening = openEngine(new Uint8Array(1), { ...options, onProgress: line => told.push(line) }, create);
  const result = await opening.catch((error: unknown) => error);
  return { result, asked, told };
}

describe('openEngine', () => {
  it('takes the processor and says nothing', async () => {
    expect(await open('cpu', {})).toEqual({ result: { engine, device: 'cpu' }, asked: [['cpu', 3]], told: [] });
  });

  it.each(['cuda', 'auto'] as const)('%s takes the card where it works, and says so', async device => {
    const { result, asked, told } = await open(device, {});
    expect(result).toEqual({ engine, device: 'cuda' });
    expect(asked).toEqual([['cuda', 3]]);
    expect(told).toEqual(['decoder: computing with CUDA']);
  });

  it('auto takes the processor where the card does not work, and says why', async () => {
    const { result, asked, told } = await open('auto', { cuda: 'libcudart.so.12 is missing.\nmore' });
    expect(result).toEqual({ engine, device: 'cpu' });
    expect(asked).toEqual([
      ['cuda', 3],
      ['cpu', 3],
    ]);
    expect(told).toEqual([
      expect.stringMatching(/^decoder: computing on the processor, .*\(libcudart.so.12 is missing\)$/),
    ]);
  });

  it('cuda fails with what to do where the card does not work', async () => {
    const { result, told } = await open('cuda', { cuda: 'no device' });
    expect(result).toMatchObject({
      code: 'DEVICE_UNAVAILABLE',
      message: expect.stringMatching(/^decoder: .*got no device\. .*"auto"/),
      cause: expect.objectContaining({ message: 'no device' }),
    });
    expect(told).toEqual([]);
  });

  it("leaves the processor's own errors as they are", async () => {
    const both = { cuda: 'no device', cpu: 'bad model' };
    expect((await open('auto', both)).result).toEqual(new Error('bad model'));
    expect((await open('cpu', both)).result).toEqual(new Error('bad model'));
  });
});
