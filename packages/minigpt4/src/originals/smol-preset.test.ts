import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedPath } from '@minigpt4/testing';
import { weightsDirectory } from '@minigpt4/tiny';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/random-model.js';
import { writeTinyGguf } from '../../test/tiny-gguf.js';
import { loadMiniGPT4 } from '../load.js';
import { describeModel } from '../model/model-directory.js';

const folder = await temporaryFolder();
const [blind, seeing, empty] = ['blind', 'seeing', 'empty'].map(name => join(folder, name)) as [string, string, string];
const preset = 'smollm2-135m';
const smollm2 = sharedPath('models/smollm2-135m-instruct');
const picture = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };

describe('smollm2-135m', () => {
  beforeAll(async () => {
    for (const directory of [blind, seeing, empty]) await mkdir(directory);
    await writeTinyGguf(join(blind, 'model.gguf'));
    await cp(join(blind, 'model.gguf'), join(seeing, 'model.gguf'));
    await cp(join(weightsDirectory(), 'minigpt4_tiny_stage2.pth'), join(seeing, 'projection.pth'));
  });

  it("is the tiny model's eyes before the GGUF file of a directory", async () => {
    const { name, config, files } = await describeModel(preset, { directory: seeing });
    expect([name, config.vision.width, config.llm.maxPositions]).toEqual([preset, 128, 512]);
    expect(files).toMatchObject({ projection: join(seeing, 'projection.pth'), llm: join(seeing, 'model.gguf') });
    await using model = await loadMiniGPT4(preset, { directory: seeing, threads: 1 });
    await using tiny = await loadMiniGPT4('tiny', { threads: 1 });
    expect((await model.encodeImage(picture)).data).toEqual((await tiny.encodeImage(picture)).data);
  });

  it('reads text alone until a projection is trained', async () => {
    const { files } = await describeModel(preset, { directory: blind });
    expect(files).not.toHaveProperty('projection');
    await using model = await loadMiniGPT4(preset, { directory: blind, threads: 1 });
    await expect(model.encodeImage(picture)).rejects.toMatchObject({ code: 'IMAGES_UNSUPPORTED' });
    const projection = join(seeing, 'projection.pth');
    await using trained = await loadMiniGPT4(preset, { directory: blind, projection, threads: 1 });
    expect((await trained.encodeImage(picture)).tokens).toBe(12);
  });

  it.skipIf(!smollm2)('fits the file of the hub', async () => {
    const { config, files } = await describeModel(preset, { directory: smollm2! });
    expect([config.llm.width, config.llm.kvHeads, config.qformer?.width, config.llm.tiedHead]).toEqual([
      576,
      3,
      128,
      true,
    ]);
    expect(files.llm).toBe(join(smollm2!, 'SmolLM2-135M-Instruct.Q4_1.gguf'));
  });

  it('names the missing file', async () => {
    await expect(describeModel(preset, { directory: empty })).rejects.toMatchObject({
      code: 'MODEL_FILES_MISSING',
      message: expect.stringContaining('SmolLM2-135M-Instruct.Q4_1.gguf'),
    });
  });
});
