import { MiniGPT4Error } from '@minigpt4/core';
import type { LanguageModel } from '@minigpt4/llm-vicuna';

/** Tokens read in one run, as a prompt is. */
const chunkTokens = 128;

/** What a model makes of a text, token by token. */
export interface TextScores {
  /** Minus the log-probability of each next token, in nats: tokens - 1 of them. */
  readonly losses: readonly number[];
  /** The likeliest next token in each place. */
  readonly likeliest: readonly number[];
}

/**
 * Scores each next token of a text: `prompt` reads many tokens in a run, as prompts are read; `answer` one after another,
 * as answers are written. A model may compute the two in different ways.
 */
export async function textScores(
  model: LanguageModel,
  ids: readonly number[],
  way: 'prompt' | 'answer',
): Promise<TextScores> {
  const losses: number[] = [];
  const likeliest: number[] = [];
  const step = way === 'prompt' ? chunkTokens : 1;
  const cache = model.createCache();
  for (let start = 0; start < ids.length; start += step) {
    const part = ids.slice(start, start + step);
    const embeddings = await model.embed(part);
    const logits =
      way === 'answer'
        ? await model.forward(embeddings, cache)
        : await forwardEach(model)(
            embeddings,
            cache,
            part.map((_, i) => following(start + i)),
          );
    part.forEach((_, i) => {
      const next = ids[start + i + 1];
      if (next === undefined) return;
      const row = logits.subarray(i * model.vocabularySize, (i + 1) * model.vocabularySize);
      const { best, logSum } = summary(row);
      losses.push(logSum - row[next]!);
      likeliest.push(best);
    });
  }
  return { losses, likeliest };
}

/** A token that sees all before it. */
function following(position: number): { position: number; sees: readonly (readonly [number, number])[] } {
  return { position, sees: [[0, position + 1]] };
}

function forwardEach(model: LanguageModel): NonNullable<LanguageModel['forwardEach']> {
  if (model.forwardEach !== undefined) return model.forwardEach.bind(model);
  throw new MiniGPT4Error(
    'BENCH_UNSUPPORTED',
    'bench quantisation: cannot score a prompt, expected a language model with forwardEach, got one without. Load one with loadLanguageModel.',
  );
}

function summary(logits: Float32Array): { best: number; logSum: number } {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  const most = logits[best]!;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  return { best, logSum: most + Math.log(sum) };
}

/** How scores differ from those of a reference. */
export interface ScoreDifference {
  /** Mean loss, in nats. */
  readonly loss: number;
  /** Mean loss above the reference's. */
  readonly excess: number;
  /** Fraction of places with the same likeliest token. */
  readonly agreement: number;
}

/** Holds scores of a text against those of another model of the same text. */
export function compareScores(scores: TextScores, reference: TextScores): ScoreDifference {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const same = scores.likeliest.filter((id, i) => id === reference.likeliest[i]).length;
  const loss = mean(scores.losses);
  return { loss, excess: loss - mean(reference.losses), agreement: same / scores.likeliest.length };
}
