import { openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32, hostTensor, type HostTensor } from '@minigpt4/core';
import { createSession, type Session } from '@minigpt4/onnx-session';
import { readProjection, type ProjectionWeights } from '@minigpt4/projection';
import { AdamW, chooseBackend, linearWarmupCosine, TrainableProjection } from '@minigpt4/projection/train';
import {
  captionBatch,
  captionInputs,
  captionLossGraph,
  imageTokens,
  SessionLanguageModel,
  type CaptionBatch,
} from 'minigpt4';
import { readFloats, readJsonFile, withTensors, type NanoModel } from './nano-model.js';
import { largestMagnitude, type Report } from './report.js';
import { scheduleOf, type ScheduleSettings } from './small-goldens.js';

interface Trajectory {
  readonly optimizer: {
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly weight_decay: { readonly 'llama_proj.weight': number };
  };
  readonly schedule: ScheduleSettings;
  readonly texts: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly before_ids: readonly number[];
  readonly after_ids: readonly number[];
  readonly steps: readonly {
    readonly step: number;
    readonly batch: number;
    readonly lr: number;
    readonly loss: number;
    readonly grad_norm: number;
  }[];
}

/** Steps of AdamW on the projection through the frozen language model: rates, losses, gradient norms, weights. */
export async function trajectoryGolden(model: NanoModel, report: Report): Promise<void> {
  const { directory, config, files } = model;
  await chooseBackend();
  const golden = await readJsonFile<Trajectory>(directory, 'trajectory.json');
  const llm = model.json.llm as { readonly bos_token_id: number; readonly eos_token_id: number };
  const rowsOf = (batch: number) =>
    captionBatch({
      before: [llm.bos_token_id, ...golden.before_ids],
      after: golden.after_ids,
      texts: golden.texts[batch]!,
      imageTokens: imageTokens(config),
      padId: llm.eos_token_id,
    });
  const { embedder, session } = await openSessions(model);
  const layer = new TrainableProjection(await readProjection(files.projection));
  const { betas, eps, weight_decay: decay } = golden.optimizer;
  const optimizer = new AdamW(layer, {
    beta1: betas[0],
    beta2: betas[1],
    epsilon: eps,
    weightDecay: decay['llama_proj.weight'],
  });
  const rate = linearWarmupCosine(scheduleOf(golden.schedule));
  const seen = { lr: [] as number[], loss: [] as number[], norm: [] as number[] };
  await withTensors(directory, 'trajectory.safetensors', async tensors => {
    for (const { step, batch } of golden.steps) {
      const lossOf = lossThrough(session, await inputsFor(rowsOf(batch), embedder));
      const features = await readFloats(tensors, `batch${batch}.qformer.output`);
      seen.loss.push(await layer.accumulate(features, lossOf));
      seen.lr.push(rate(step - 1));
      seen.norm.push((await optimizer.step(seen.lr.at(-1)!)).gradientNorm);
      if (tensors.info(`after${step}.llama_proj.weight`)) {
        await compareWeights(await layer.weights(), { step, read: name => tensors.read(name) }, report);
      }
    }
  });
  const ratios = (values: readonly number[], key: 'lr' | 'loss' | 'grad_norm') =>
    values.map((value, i) => value / golden.steps[i]![key]);
  const ones = golden.steps.map(() => 1);
  report.close('trajectory.lr (ratio to expected)', ratios(seen.lr, 'lr'), ones, 1e-9);
  report.close('trajectory.loss (ratio to expected)', ratios(seen.loss, 'loss'), ones, 1e-4);
  report.close('trajectory.grad_norm (ratio to expected)', ratios(seen.norm, 'grad_norm'), ones, 1e-3);
  optimizer.dispose();
  layer.dispose();
  await Promise.all([session.dispose(), embedder.dispose()]);
}

async function openSessions({
  config,
  files,
}: NanoModel): Promise<{ embedder: SessionLanguageModel; session: Session }> {
  await using weights = await openCheckpoint(files.llm);
  const session = await createSession(captionLossGraph(config.llm, imageTokens(config)), {
    name: 'caption loss',
    weights,
  });
  return { session, embedder: await SessionLanguageModel.create(config.llm, weights, { eosIds: [] }) };
}

function inputsFor(rows: CaptionBatch, embedder: SessionLanguageModel): Promise<Record<string, HostTensor>> {
  return captionInputs(rows, embedder.width, ids => embedder.embed(ids));
}

function lossThrough(session: Session, inputs: Record<string, HostTensor>) {
  return async (projected: HostTensor<'float32'>) => {
    const { loss, gradient } = await session.run({ ...inputs, image_embeds: projected });
    return { loss: asFloat32(loss!)[0]!, gradient: hostTensor('float32', gradient!.shape, asFloat32(gradient!)) };
  };
}

async function compareWeights(
  weights: ProjectionWeights,
  { step, read }: { step: number; read(name: string): Promise<HostTensor> },
  report: Report,
): Promise<void> {
  for (const part of ['weight', 'bias'] as const) {
    const name = `after${step}.llama_proj.${part}`;
    const expected = asFloat32(await read(name));
    report.close(`trajectory.${name}`, weights[part].data, expected, 2e-5 + 1e-4 * largestMagnitude(expected));
  }
}
