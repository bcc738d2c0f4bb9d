import { hostTensor } from '@minigpt4/core';
import { type ChatTemplate, chatTemplates } from '@minigpt4/prompt-templates';
import type { TrainableProjection } from '@minigpt4/projection/train';
import { ImageEmbeddings, imageTokens, PictureBatch } from 'minigpt4';
import type { SettledConfig } from '../config/settle-config.js';
import type { CaptionModel } from './caption-model.js';
import { type Picture, thumbnail } from './read-pictures.js';

/** One line of `samples.jsonl`. */
export interface SampleAnswer {
  readonly step: number;
  readonly key: string;
  /** A small WebP as a data URL. */
  readonly image: string;
  readonly question: string;
  readonly answer: string;
}

const maxNewTokens = 40;

/** What the model with the present projection answers about each picture: the likeliest tokens. */
export async function sampleAnswers(
  { model, layer }: { readonly model: CaptionModel; readonly layer: TrainableProjection },
  pictures: readonly Picture[],
  { question, template }: Pick<SettledConfig, 'question' | 'template'>,
): Promise<Omit<SampleAnswer, 'step'>[]> {
  if (pictures.length === 0) return [];
  const { language, tokenizer, config, format } = model;
  const embeddings = await projected(layer, pictures, imageTokens(config));
  const own = format === undefined ? { template: chatTemplateFor(template.endSymbol) } : { format };
  const { maxPositions } = config.llm;
  const batch = new PictureBatch({ language, tokenizer, maxPositions, ...own }, embeddings);
  const answers = await batch.ask(question, { maxNewTokens });
  return Promise.all(
    pictures.map(async ({ key, image }, i) => ({
      key,
      image: await thumbnail(image),
      question,
      answer: answers[i]!.text,
    })),
  );
}

function chatTemplateFor(endSymbol: string): ChatTemplate {
  return endSymbol === '</s>' ? chatTemplates.llama2 : chatTemplates.vicunaV1;
}

async function projected(
  layer: TrainableProjection,
  pictures: readonly Picture[],
  tokens: number,
): Promise<ImageEmbeddings[]> {
  const embeddings: ImageEmbeddings[] = [];
  for (const { features } of pictures) {
    const { data } = await layer.forward(hostTensor('float32', [1, tokens, layer.inputWidth], features));
    embeddings.push(new ImageEmbeddings(data, tokens));
  }
  return embeddings;
}
