import { copyFile, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { MiniGPT4Error, toFloat32 } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { fixture, sharedPath, temporaryFolder } from '../test/support.js';
import { openCheckpoint } from './open-checkpoint.js';

const folder = await temporaryFolder();

async function directory(files: Record<string, string>): Promise<string> {
  const place = await mkdtemp(join(folder, 'directory-'));
  for (const [name, source] of Object.entries(files)) await copyFile(fixture(source), join(place, name));
  return place;
}

describe('openCheckpoint', () => {
  it('goes by content, not by name, and makes the path absolute', async () => {
    const place = await directory({ 'model.safetensors': 'runner.pth' });
    await using opened = await openCheckpoint(relative(process.cwd(), join(place, 'model.safetensors')));
    expect(opened.format).toBe('torch');
    expect(opened.path).toBe(join(place, 'model.safetensors'));
  });

  it.each([
    [{ 'pytorch_model.bin': 'runner.pth' }, 'pytorch_model.bin'],
    [{ 'pytorch_model.bin': 'runner.pth', 'model.safetensors': 'variants.safetensors' }, 'model.safetensors'],
  ])('finds the checkpoint of a directory with %j', async (files, expected) => {
    const place = await directory(files);
    await using opened = await openCheckpoint(place);
    expect(opened.path).toBe(join(place, expected));
  });

  it('takes the one index of a directory, whatever its name', async () => {
    const place = await directory({ 'weights.pth': 'runner.pth' });
    const index = join(place, 'my.index.json');
    await writeFile(index, JSON.stringify({ weight_map: { bias: 'weights.pth' } }));
    await using opened = await openCheckpoint(place);
    expect([opened.path, ...opened.names()]).toEqual([index, 'bias']);
    await copyFile(index, join(place, 'your.index.json'));
    await expect(openCheckpoint(place)).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
  });

  it('says what it looked for and what it found', async () => {
    await expect(openCheckpoint(await directory({ 'weights.pth': 'runner.pth' }))).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
      message: expect.stringMatching(/pytorch_model.bin.*got "weights.pth"/),
    });
    await expect(openCheckpoint(join(folder, 'none'))).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
  });

  it.each([
    ['', /a file of 0 bytes/],
    ['PK', /a file of 2 bytes/],
    ['<!DOCTYPE html><html>', /web page/],
    ['\n  <html></html>', /web page/],
    ['version https://git-lfs.github.com/spec/v1\n', /git lfs pull/],
    ['{"weight_map": {}}', /\.json/],
    ['some other bytes', /unknown format/],
  ])('refuses %j with a hint', async (content, message) => {
    const path = join(folder, 'stranger');
    await writeFile(path, content);
    await expect(openCheckpoint(path)).rejects.toMatchObject({
      code: 'CHECKPOINT_UNSUPPORTED',
      message: expect.stringMatching(message),
    });
  });

  it('closes a file it refuses', async () => {
    const handles = async () => (await readdir('/proc/self/fd')).length;
    const before = await handles();
    for (const file of ['malicious.pth', 'deflated.pth', 'malicious-legacy.pth'])
      await expect(openCheckpoint(fixture(file))).rejects.toBeInstanceOf(MiniGPT4Error);
    expect(await handles()).toBe(before);
  });

  it.each(['variants.safetensors', 'runner.pth', 'runner-legacy.pth', 'blocks.gguf'])(
    'refuses %s cut at any length, or reads what is left of it',
    async file => {
      const whole = await readFile(fixture(file));
      const path = join(folder, `cut-${file}`);
      for (let length = 0; length < whole.length; length += length < 300 ? 7 : 97) {
        await writeFile(path, whole.subarray(0, length));
        const error: unknown = await openCheckpoint(path).catch((reason: unknown) => reason);
        expect([length, error]).toEqual([length, expect.any(MiniGPT4Error)]);
      }
    },
  );
});

const tiny = sharedPath('models/tiny');
const nano = sharedPath('goldens/nano/checkpoints');

describe.skipIf(!tiny || !nano)('files in the formats of the original', () => {
  it.each([
    [`${tiny}/eva_vit_tiny.pth`, 'cls_token'],
    [`${tiny}/blip2_tiny.pth`, 'ln_vision.weight'],
    [`${tiny}/minigpt4_tiny_stage1.pth`, 'llama_proj.weight'],
    [`${tiny}/minigpt4_tiny_stage2.pth`, 'llama_proj.weight'],
    [`${tiny}/llm`, 'model.embed_tokens.weight'],
    [`${nano}/eva_vit.pth`, 'cls_token'],
    [`${nano}/blip2_pretrained.pth`, 'query_tokens'],
    [`${nano}/minigpt4_stage1.pth`, 'llama_proj.bias'],
  ])('%s opens, and every tensor reads as finite numbers equal to the bytes at its place', async (path, name) => {
    await using opened = await openCheckpoint(path);
    expect(opened.names()).toContain(name);
    for (const each of opened.names()) {
      const { dtype, data } = await opened.read(each);
      const { file, offset, length } = opened.location(each)!;
      const place = (await readFile(file)).subarray(offset, offset + length);
      const same = place.equals(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      expect([each, same, toFloat32(dtype, data).every(Number.isFinite)]).toEqual([each, true, true]);
    }
  });
});
