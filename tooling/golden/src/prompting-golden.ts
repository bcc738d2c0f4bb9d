import { merged, openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32, type HostTensor } from '@minigpt4/core';
import { llama } from '@minigpt4/llm-vicuna';
import { Params } from '@minigpt4/nn';
import { gradients, graph, input } from '@minigpt4/onnx-graph';
import { createSession, type Session } from '@minigpt4/onnx-session';
import { projection } from '@minigpt4/projection';
import {
  captionBatch,
  captionInputs,
  captionLoss,
  imageTokens,
  SessionLanguageModel,
  type CaptionBatch,
  type MiniGPT4Config,
} from 'minigpt4';
import { readFloats, readJsonFile, withTensors, type NanoModel } from './nano-model.js';
import { largestMagnitude, type Report } from './report.js';

interface PromptingGolden {
  readonly bos: number;
  readonly eos: number;
  readonly before_ids: readonly number[];
  readonly after_ids: readonly number[];
  readonly text_ids: readonly (readonly number[])[];
  readonly cases: Readonly<Record<string, string>>;
}

/** What each case of the golden is made of: whether there is an instruction, and the id that pads. */
const caseLayouts: Readonly<Record<string, (ids: SpecialIds) => { prompted: boolean; padId: number }>> = {
  'instruct.': ({ eos }) => ({ prompted: true, padId: eos }),
  'plain.': ({ eos }) => ({ prompted: false, padId: eos }),
  'separate_pad.': ({ pad }) => ({ prompted: true, padId: pad }),
};

interface SpecialIds {
  readonly eos: number;
  readonly pad: number;
}

/** Names of the graph's outputs as the golden has them. */
const gradientNames = ['grad.image_embeds', 'grad.llama_proj.weight', 'grad.llama_proj.bias'] as const;

/** From Q-Former outputs through projection and language model to the loss, and back to three gradients. */
async function lossSession({ config, files }: NanoModel): Promise<Session> {
  const [tokens, inputWidth, outputWidth] = [imageTokens(config), config.qformer!.width, config.llm.width];
  const params = Params.root();
  const features = input('features', 'float32', ['batch', tokens, inputWidth]);
  const imageEmbeds = projection(params, { inputWidth, outputWidth })(features);
  const model = llama(Params.root(), config.llm);
  const { inputsEmbeds, hidden, loss } = captionLoss(model, config.llm, imageEmbeds);
  const weight = params.get('llama_proj.weight', [outputWidth, inputWidth]);
  const bias = params.get('llama_proj.bias', [outputWidth]);
  const found = gradients(loss, [imageEmbeds, weight, bias]);
  const named = Object.fromEntries(gradientNames.map((name, i) => [name, found[i]!]));
  const outputs = graph({ inputs_embeds: inputsEmbeds, logits: model.head(hidden), loss, ...named });
  await using weights = merged([await openCheckpoint(files.llm), await openCheckpoint(files.projection)]);
  return await createSession(outputs, { name: 'caption loss', weights });
}

/** Compares layout, logits, loss and gradients of every case of `prompting.safetensors`. */
export async function promptingGolden(model: NanoModel, report: Report): Promise<void> {
  const { directory, config, files } = model;
  const golden = await readJsonFile<PromptingGolden>(directory, 'prompting.json');
  const llm = model.json.llm as { readonly pad_token_id?: number } | undefined;
  const features = await withTensors(directory, 'activations.safetensors', tensors =>
    readFloats(tensors, 'qformer.output'),
  );
  const session = await lossSession(model);
  const embedder = await withEmbedder(config, files.llm);
  await withTensors(directory, 'prompting.safetensors', async tensors => {
    for (const prefix of Object.keys(golden.cases)) {
      const layout = caseLayouts[prefix]?.({ eos: golden.eos, pad: llm?.pad_token_id ?? 0 });
      if (layout === undefined) {
        report.skip(prefix, `unknown case: ${golden.cases[prefix]}`);
        continue;
      }
      const rows = captionBatch({
        before: layout.prompted ? [golden.bos, ...golden.before_ids] : [golden.bos],
        after: layout.prompted ? golden.after_ids : [],
        texts: golden.text_ids,
        imageTokens: imageTokens(config),
        padId: layout.padId,
      });
      const inputs = await captionInputs(rows, config.llm.width, ids => embedder.embed(ids));
      const results = await session.run({ ...inputs, features });
      for (const name of tensors.names().filter(key => key.startsWith(prefix))) {
        compare(name, { expected: await tensors.read(name), key: name.slice(prefix.length), results, rows }, report);
      }
    }
  });
  await session.dispose();
  await embedder.dispose();
}

async function withEmbedder(config: MiniGPT4Config, llmPath: string): Promise<SessionLanguageModel> {
  await using weights = await openCheckpoint(llmPath);
  return await SessionLanguageModel.create(config.llm, weights, { eosIds: [] });
}

interface Comparison {
  readonly expected: HostTensor;
  readonly key: string;
  readonly results: Readonly<Record<string, HostTensor>>;
  readonly rows: CaptionBatch;
}

function compare(name: string, { expected, key, results, rows }: Comparison, report: Report): void {
  if (key === 'attention_mask') return report.equal(name, rows.attentionMask, asFloat32(expected));
  if (key === 'targets') return report.equal(name, rows.targets, asFloat32(expected));
  const actual = results[key];
  if (actual === undefined) return report.add(name, false, 'nothing of this name is computed');
  const largest = largestMagnitude(asFloat32(expected));
  const relative = key === 'loss' ? 1e-5 : key === 'inputs_embeds' ? 2e-5 : 1e-4;
  report.close(name, asFloat32(actual), asFloat32(expected), relative * largest);
}
