import { readFile } from 'node:fs/promises';
import { createTokenizer, vicuna13b, vicuna7b, type Tokenizer } from '@minigpt4/llm-vicuna';
import { sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { originalPresets } from '../originals/presets.js';
import { configIdsFinding, familyFinding, familyOf, tokenizerFindings } from './language-identity.js';

const later = { ...vicuna7b, vocabularySize: 32000 };
const llama2 = originalPresets['llama2-7b'].config.llm;

describe('familyOf', () => {
  it.each([
    ['vicuna-v0', vicuna7b],
    ['vicuna-v0', vicuna13b],
    ['llama-1', later],
    ['llama-2', llama2],
    ['llama-2', { ...later, rmsNormEpsilon: 1e-5 }],
    ['other', { ...vicuna7b, vocabularySize: 49152 }],
  ])('%s', (family, config) => {
    expect(familyOf(config)).toBe(family);
  });
});

describe('familyFinding', () => {
  it.each<[string, string, Parameters<typeof familyFinding>]>([
    ['ok', 'Vicuna v0 with a Q-Former', [vicuna7b, 'qformer']],
    ['warning', 'what may be a later Vicuna, or v0 without its padding row', [later, 'qformer']],
    ['failure', 'Llama-2 with a Q-Former', [llama2, 'qformer']],
    ['ok', 'Llama-2 with patches', [llama2, 'patches']],
    ['failure', 'Vicuna v0 with patches', [vicuna7b, 'patches']],
    ['ok', 'anything alone', [llama2, 'none']],
  ])('%s: %s', (level, _, [config, pictures]) => {
    const finding = familyFinding(config, pictures);
    expect([finding.level, finding.code]).toEqual([level, 'LANGUAGE_MODEL']);
    expect(finding.fix === undefined).toBe(level === 'ok');
  });
});

describe('configIdsFinding', () => {
  const ids = { bosId: 1, eosId: 2 } as Tokenizer;
  it('knows the trap of Vicuna directories, and files that say nothing', () => {
    expect(configIdsFinding({ bos_token_id: 0, eos_token_id: 1 }, ids)?.code).toBe('CONFIG_IDS');
    expect(configIdsFinding({ bos_token_id: 1, eos_token_id: 2 }, ids)).toBeUndefined();
    expect(configIdsFinding({ eos_token_id: null }, ids)).toBeUndefined();
  });
});

describe.skipIf(!sharedPath('data/llama-tokenizer.json'))('tokenizerFindings', () => {
  it("holds a LLaMA's tokenizer against LLaMA's ids", async () => {
    const json = JSON.parse(await readFile(sharedPath('data/llama-tokenizer.json')!, 'utf8')) as {
      model: { merges: unknown[] };
    };
    const [rows, ids] = tokenizerFindings(createTokenizer(json), vicuna7b);
    expect([rows?.level, rows?.message]).toEqual(['ok', '32000 pieces for 32001 rows']);
    expect(ids?.message).toBe('"###" is [835], and [2277,29937] behind a full stop');
    json.model.merges = json.model.merges.slice(0, 40);
    const wrong = tokenizerFindings(createTokenizer(json), vicuna7b);
    expect(wrong[1]).toMatchObject({ level: 'failure', code: 'MARKER_IDS' });
  });
});
