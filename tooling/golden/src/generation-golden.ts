import { asFloat32 } from '@minigpt4/core';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { generate, type EarlyStopping, type GenerationResult } from '@minigpt4/llm-vicuna';
import { SessionLanguageModel } from 'minigpt4';
import { readJsonFile, withTensors, type NanoModel } from './nano-model.js';
import { largestMagnitude, type Report } from './report.js';

/** Options as the original's `generate` calls them. */
interface OriginalOptions {
  readonly max_new_tokens: number;
  readonly do_sample: boolean;
  readonly num_beams?: number;
  readonly length_penalty?: number;
  readonly early_stopping?: EarlyStopping;
  readonly repetition_penalty?: number;
  readonly num_return_sequences?: number;
  readonly min_new_tokens?: number;
  readonly eos_token_id?: number;
}

interface Run {
  readonly options: OriginalOptions;
  readonly ids?: readonly number[];
  readonly sequences?: readonly (readonly number[])[];
  readonly sequence_scores?: readonly number[];
  readonly stop?: readonly (readonly number[])[];
}

/** `generation.json`. */
export interface GenerationGolden {
  readonly eos: number;
  readonly runs: Readonly<Record<string, Run>>;
  readonly history_for_repetition_in_sampling: readonly number[];
}

/** Options of a run that are understood here; a new one is a failure, not silently left out. */
const known = new Set([
  'max_new_tokens',
  'do_sample',
  'num_beams',
  'length_penalty',
  'early_stopping',
  'repetition_penalty',
  'num_return_sequences',
  'min_new_tokens',
  'eos_token_id',
]);

/** Compares the next logits and every run of `generation.json`, ids and all. */
export async function generationGolden(model: NanoModel, report: Report): Promise<void> {
  const { directory, config, files } = model;
  const golden = await readJsonFile<GenerationGolden>(directory, 'generation.json');
  const weights = await openCheckpoint(files.llm);
  const language = await SessionLanguageModel.create(config.llm, weights, { eosIds: [golden.eos] });
  await withTensors(directory, 'generation.safetensors', async tensors => {
    const prompt = asFloat32(await tensors.read('inputs_embeds'));
    const logits = await language.forward(prompt, language.createCache());
    const expected = asFloat32(await tensors.read('next_logits'));
    report.close('generation.next_logits', logits, expected, 1e-4 * largestMagnitude(expected));
    for (const [name, run] of Object.entries(golden.runs)) await compareRun(language, prompt, { name, run }, report);
  });
  await language.dispose();
  await weights.close();
}

async function compareRun(
  language: SessionLanguageModel,
  prompt: Float32Array,
  { name, run }: { name: string; run: Run },
  report: Report,
): Promise<void> {
  const unknown = Object.keys(run.options).filter(key => !known.has(key));
  if (unknown.length > 0 || run.options.do_sample) {
    report.skip(`generation.${name}`, `options not covered: ${unknown.join(', ') || 'do_sample'}`);
    return;
  }
  const result = await runToEnd(language, prompt, run);
  if (run.ids !== undefined) report.equal(`generation.${name}`, result.ids, run.ids);
  run.sequences?.forEach((ids, i) => report.equal(`generation.${name}.${i}`, result.sequences[i] ?? [], ids));
  if (run.sequence_scores !== undefined) {
    report.close(`generation.${name}.scores`, result.scores ?? [], run.sequence_scores, 1e-4);
  }
}

async function runToEnd(language: SessionLanguageModel, prompt: Float32Array, run: Run): Promise<GenerationResult> {
  const { options } = run;
  const tokens = generate(language, prompt, {
    maxNewTokens: options.max_new_tokens,
    ...(options.min_new_tokens === undefined ? {} : { minNewTokens: options.min_new_tokens }),
    ...(options.num_beams === undefined ? {} : { beams: options.num_beams }),
    ...(options.length_penalty === undefined ? {} : { lengthPenalty: options.length_penalty }),
    ...(options.early_stopping === undefined ? {} : { earlyStopping: options.early_stopping }),
    ...(options.repetition_penalty === undefined ? {} : { repetitionPenalty: options.repetition_penalty }),
    ...(options.num_return_sequences === undefined ? {} : { returnSequences: options.num_return_sequences }),
    ...(options.eos_token_id === undefined ? {} : { eosIds: [options.eos_token_id] }),
    ...(run.stop === undefined ? {} : { stopSequences: run.stop }),
  });
  for (;;) {
    const next = await tokens.next();
    if (next.done === true) return next.value;
  }
}
