import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openCheckpoint, verifyCheckpoint } from '@minigpt4/checkpoint';
import { unusedLlamaWeights, type LlamaConfig } from '@minigpt4/llm-vicuna';
import { qformerCompanion, readQFormerCompanion } from '@minigpt4/qformer';
import type { Graph } from '@minigpt4/onnx-graph';
import { expectedTensors } from '@minigpt4/onnx-session';
import { projectionInputWidth } from '../config.js';
import { loadLanguageTokenizer, openLanguageWeights } from '../language/language-files.js';
import { readJson } from '../model/read-json.js';
import type { ModelDescription } from '../model/model-description.js';
import { openModelWeights, verifyModelWeights } from '../model/model-weights.js';
import { imageEncoderGraph } from '../sessions/image-encoder.js';
import { languageModelGraphs } from '../sessions/session-language-model.js';
import { failureOf, fine, trouble, type Finding, type LanguageModelIdentity } from './diagnosis.js';
import {
  configIdsFinding,
  familyFinding,
  familyNames,
  familyOf,
  languageModelDigest,
  tokenizerFindings,
} from './language-identity.js';

/** Findings about a part, and what it was recognised as. */
export interface PartFindings {
  readonly findings: readonly Finding[];
  readonly languageModel?: LanguageModelIdentity;
}

/** The graphs that a described model runs. */
export function graphsOf(llm: LlamaConfig, description?: ModelDescription): Graph[] {
  const words = Object.values(languageModelGraphs(llm)) as Graph[];
  return description === undefined ? words : [imageEncoderGraph(description.config), ...words];
}

/** What can be said of vision encoder, Q-Former and projection, and of all weights together. */
export async function pictureFindings(description: ModelDescription): Promise<Finding[]> {
  const { config, files } = description;
  const findings = [await companionFinding(files.qformer)];
  const widths = `${projectionInputWidth(config)} -> ${config.llm.width}`;
  const meet = fine('WIDTHS', `the projection takes ${widths}, what its neighbours have`);
  try {
    await using weights = await openModelWeights(description);
    const shape = weights.info('llama_proj.weight')?.shape;
    findings.push(
      shape?.[0] === config.llm.width && shape[1] === projectionInputWidth(config)
        ? meet
        : trouble(
            'failure',
            'WIDTHS',
            `the projection takes ${shape?.[1]} -> ${shape?.[0]}, expected ${widths}`,
            'Use the projection that was trained for this language model.',
          ),
    );
    verifyModelWeights(weights, description, graphsOf(config.llm, description));
    findings.push(fine('WEIGHTS', `${weights.names().length} tensors, all that the model asks for`));
  } catch (error) {
    findings.push(failureOf(error));
  }
  return findings.filter(finding => finding !== undefined);
}

/** Whether the Q-Former is the one that MiniGPT-4 was trained with, as far as its neighbours in the file tell. */
async function companionFinding(path: string | undefined): Promise<Finding> {
  if (path === undefined)
    return fine('QFORMER', 'none: patches go to the projection four by four, ln_vision is untrained');
  try {
    await using checkpoint = await openCheckpoint(path);
    const companion = readQFormerCompanion(checkpoint);
    const coco = /coco/i.test(path);
    if (companion === undefined && !coco) return fine('QFORMER', basename(path));
    if (companion === qformerCompanion && !coco)
      return fine('QFORMER', `${basename(path)}, trained beside ${companion}`);
    const message = `${basename(path)} was trained ${coco ? 'further on COCO' : `beside ${companion}`}; MiniGPT-4's projections expect the one beside ${qformerCompanion}`;
    return trouble(
      'warning',
      'QFORMER',
      message,
      'Use blip2_pretrained_flant5xxl.pth, unless you trained a projection for this one.',
    );
  } catch (error) {
    return failureOf(error);
  }
}

/** What can be said of the language model in `path`; `pictures` says which variant of eyes stands before it. */
export async function languageFindings(
  path: string,
  config: LlamaConfig,
  pictures: 'qformer' | 'patches' | 'none',
): Promise<PartFindings> {
  const findings: Finding[] = [...(await unfinishedMerge(path)), familyFinding(config, pictures)];
  const tokenizer = await loadLanguageTokenizer(path).catch((error: unknown) => {
    findings.push(failureOf(error));
  });
  if (tokenizer) {
    findings.push(...tokenizerFindings(tokenizer, config));
    const json = await readJson(join(path, 'config.json')).catch(() => undefined);
    const ids = json && configIdsFinding(json, tokenizer);
    if (ids !== undefined) findings.push(ids);
  }
  try {
    await using weights = await openLanguageWeights(path, config);
    const ignore = [...unusedLlamaWeights, ...(config.tiedHead ? [/^lm_head\.weight$/] : [])];
    // beside pictures all weights are held against all graphs at once
    if (pictures === 'none') verifyCheckpoint(weights, graphsOf(config).flatMap(expectedTensors), { ignore });
    const digest = await languageModelDigest(weights);
    findings.push(
      fine('LANGUAGE_MODEL_DIGEST', `sha256 ${digest.slice(0, 16)}… over ${weights.names().length} tensors`),
    );
    if (!tokenizer) return { findings };
    const identity = {
      version: familyNames[familyOf(config)],
      rows: config.vocabularySize,
      pieces: tokenizer.vocabularySize,
    };
    return { findings, languageModel: { ...identity, digest } };
  } catch (error) {
    return { findings: [...findings, failureOf(error)] };
  }
}

async function unfinishedMerge(path: string): Promise<Finding[]> {
  const found = await stat(join(path, 'merge-unfinished.json')).catch(() => undefined);
  if (found === undefined) return [];
  const fix = 'Run the same merge-delta again: it goes on where it stopped.';
  return [trouble('failure', 'MERGE_UNFINISHED', `${path}: a merge was interrupted here`, fix)];
}
