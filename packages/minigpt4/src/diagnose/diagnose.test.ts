import { cp, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '@minigpt4/checkpoint';
import { zeros } from '@minigpt4/core';
import { sharedPath } from '@minigpt4/testing';
import { weightsDirectory } from '@minigpt4/tiny';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/random-model.js';
import { readAll, writeOriginals } from '../../test/tiny-originals.js';
import { diagnose } from './diagnose.js';
import type { Diagnosis } from './diagnosis.js';

const folder = await temporaryFolder();
const smol = sharedPath('models/smollm2-135m-instruct');

let directories = 0;
/** A copy of the tiny model, to be broken. */
async function copyOfTiny(): Promise<string> {
  const directory = join(folder, `model-${directories++}`);
  await cp(weightsDirectory(), directory, { recursive: true });
  return directory;
}

async function edit(path: string, change: (json: Record<string, unknown>) => void): Promise<void> {
  const json = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  change(json);
  await writeFile(path, JSON.stringify(json));
}

/** Code and fix of everything that is not well, but memory, which depends on the machine. */
function troubles({ findings }: Diagnosis): [level: string, code: string][] {
  return findings
    .filter(({ level, code }) => level !== 'ok' && code !== 'MEMORY')
    .map(({ level, code }) => [level, code]);
}

describe('diagnose', () => {
  it('finds nothing wrong with the tiny model, says what it is and what it takes', async () => {
    const diagnosis = await diagnose('tiny');
    expect(troubles(diagnosis)).toEqual([]);
    expect(diagnosis).toMatchObject({ source: 'tiny', level: 'ok' });
    expect(diagnosis.findings.map(({ code }) => code)).toEqual([
      'NODE_VERSION',
      'ENGINE_VERSION',
      'IMAGE_DECODER',
      'CUDA',
      'MODEL',
      'MEMORY',
      'QFORMER',
      'WIDTHS',
      'WEIGHTS',
      'LANGUAGE_MODEL',
      'TOKENIZER',
      'MARKER_IDS',
      'LANGUAGE_MODEL_DIGEST',
    ]);
    expect(diagnosis.languageModel).toMatchObject({
      rows: 4096,
      pieces: 4096,
      digest: expect.stringMatching(/^[\da-f]{64}$/),
    });
    expect(diagnosis.memory).toMatchObject({ cachePerPosition: 8192, cacheWhole: 8192 * 512 });
    expect(diagnosis.memory!.int4).toBeLessThan(diagnosis.memory!.int8);
    expect(diagnosis.memory!.int8).toBeLessThan(diagnosis.memory!.float32);
    const again = await diagnose(await copyOfTiny());
    expect(again.languageModel!.digest).toBe(diagnosis.languageModel!.digest);
  });

  it('reads a language model alone', async () => {
    const diagnosis = await diagnose(join(weightsDirectory(), 'llm'));
    expect(troubles(diagnosis)).toEqual([]);
    expect(diagnosis.findings.find(({ code }) => code === 'MODEL')?.message).toContain('reads no pictures');
  });

  it.skipIf(!smol)("reads SmolLM2's GGUF file", async () => {
    const diagnosis = await diagnose(smol!);
    expect(troubles(diagnosis)).toEqual([]);
    expect(diagnosis.languageModel).toMatchObject({ rows: 49152, pieces: 49152 });
    expect(diagnosis.memory!.parameters).toBe(134_515_008);
  });

  it('never throws: what is not there is a failure with its fix', async () => {
    const diagnosis = await diagnose(join(folder, 'nowhere'));
    expect(troubles(diagnosis)).toEqual([['failure', 'MODEL_NOT_FOUND']]);
    expect(diagnosis.findings.at(-1)?.fix).toBe('Check the spelling or the path.');
    expect(diagnosis).not.toHaveProperty('memory');
    const missing = await diagnose(await writeOriginals(join(folder, 'parts'), ['vision']));
    expect(missing.findings.at(-1)).toMatchObject({
      code: 'MODEL_FILES_MISSING',
      message: expect.stringContaining('lmsys/vicuna-7b-delta-v0'),
      fix: 'Put them into the directory, under any name.',
    });
  });
});

describe('diagnose of a model in which something is wrong', () => {
  it('a file that is cut off', async () => {
    const directory = await copyOfTiny();
    await truncate(join(directory, 'llm/model.safetensors'), 1_000_000);
    const codes = troubles(await diagnose(directory));
    expect(codes).toContainEqual(['failure', 'CHECKPOINT_CORRUPT']);
  });

  it('a shard that is missing', async () => {
    const weightMap = { 'model.norm.weight': 'model-00002-of-00002.safetensors' };
    const sharded = join(folder, 'sharded');
    await mkdir(sharded);
    for (const name of ['config.json', 'tokenizer.json']) {
      await cp(join(weightsDirectory(), 'llm', name), join(sharded, name));
    }
    await writeFile(join(sharded, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
    const diagnosis = await diagnose('sharded', { from: folder });
    expect(troubles(diagnosis)).toEqual([['failure', 'CHECKPOINT_NOT_FOUND']]);
    expect(diagnosis.findings.at(-1)?.fix).toBe('Finish the download.');
  });

  it('a projection of another language model', async () => {
    const directory = await copyOfTiny();
    const other = { 'llama_proj.weight': zeros('float32', [512, 128]), 'llama_proj.bias': zeros('float32', [512]) };
    await writeSafetensors(join(directory, 'minigpt4_tiny_stage2.pth'), other);
    expect(troubles(await diagnose(directory))).toEqual([
      ['failure', 'WIDTHS'],
      ['failure', 'CHECKPOINT_MISMATCH'],
    ]);
  });

  it('a Q-Former of another BLIP-2', async () => {
    const directory = await copyOfTiny();
    const tensors = await readAll(join(directory, 'blip2_tiny.pth'));
    await writeSafetensors(join(directory, 'blip2_tiny.pth'), {
      ...tensors,
      't5_proj.weight': zeros('float32', [2048, 1]),
    });
    const diagnosis = await diagnose(directory);
    expect(troubles(diagnosis)).toEqual([['warning', 'QFORMER']]);
    expect(diagnosis.findings.find(({ code }) => code === 'QFORMER')?.message).toContain('FLAN-T5 XL');
  });

  it('ids in config.json that the tokenizer does not have', async () => {
    const directory = await copyOfTiny();
    await edit(join(directory, 'llm/config.json'), json => {
      json.bos_token_id = 0;
      json.eos_token_id = 1;
    });
    expect(troubles(await diagnose(directory))).toEqual([['warning', 'CONFIG_IDS']]);
  });

  it('a tokenizer with more pieces than the model has rows', async () => {
    const directory = await copyOfTiny();
    await edit(join(directory, 'llm/tokenizer.json'), json => {
      const more = { id: 4096, content: '[PAD]', special: true, normalized: false };
      json.added_tokens = [...(json.added_tokens as object[]), more];
    });
    expect(troubles(await diagnose(directory))).toEqual([['failure', 'TOKENIZER']]);
  });

  it('no tokenizer, and a merge that was interrupted', async () => {
    const directory = await copyOfTiny();
    await writeFile(join(directory, 'llm/merge-unfinished.json'), '{}');
    await writeFile(join(directory, 'llm/tokenizer.json'), '{');
    expect(troubles(await diagnose(directory))).toEqual([
      ['failure', 'MERGE_UNFINISHED'],
      ['failure', 'TOKENIZER_INVALID'],
    ]);
  });
});
