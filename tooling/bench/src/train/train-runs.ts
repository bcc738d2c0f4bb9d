import { readFile, rm } from 'node:fs/promises';
import {
  checkpointPath,
  copiesPath,
  gradientPath,
  inputsPath,
  type TrainFigures,
  type TrainJob,
} from './measure-training.js';
import { figures, ownFigures, peerScript } from '../peer.js';
import { trainShapes } from './train-shapes.js';

/** Seconds for which each PyTorch process runs steps. */
const peerSeconds = 6;

/** The ways PyTorch runs the step. Ours is held against the faster of those that make logits for targets alone. */
const peers = {
  'PyTorch sdpa': { attention: 'sdpa', logits: 'targets' },
  'PyTorch eager': { attention: 'eager', logits: 'targets' },
  'PyTorch sdpa, all logits': { attention: 'sdpa', logits: 'all' },
} as const;

type PeerName = keyof typeof peers;

/** One measured way to run the step of one model. */
export interface TrainRow extends Omit<TrainFigures, 'loss'> {
  readonly shape: string;
  readonly name: string;
  /** Absent where the step was not run but extrapolated. */
  readonly loss?: number;
  /** PyTorch's time over this one, both measured in turn. */
  readonly speed?: number;
  /** This peak of memory over PyTorch's. */
  readonly memory?: number;
  /** |gradient − PyTorch's| / |PyTorch's|. */
  readonly gradientError?: number;
}

/** Where and how the steps of one model are run. */
export interface TrainRuns {
  readonly shape: string;
  /** Holds weights and inputs. */
  readonly folder: string;
  readonly threads: number;
  /** A Python with PyTorch; undefined for no comparison. */
  readonly python: string | undefined;
  readonly variants: readonly string[];
  /** Times that each variant is run, in turn with PyTorch; the best counts on both sides. */
  readonly rounds: number;
}

/** Runs PyTorch's ways, then each variant in turn with the faster of them. */
export async function* trainRows(runs: TrainRuns): AsyncGenerator<TrainRow> {
  const { shape } = runs;
  const measured = new Map<PeerName, TrainFigures>();
  for (const name of Object.keys(peers) as PeerName[]) {
    if (runs.python === undefined) break;
    measured.set(name, await runPeer(runs, name));
    yield { shape, name, ...measured.get(name)! };
  }
  const [sdpa, eager] = [measured.get('PyTorch sdpa'), measured.get('PyTorch eager')];
  const peer = sdpa === undefined || sdpa.stepMs < eager!.stepMs ? 'PyTorch sdpa' : 'PyTorch eager';
  for (const variant of runs.variants) {
    yield { shape, name: variant, ...(await compared(runs, variant, peer)) };
    await rm(copiesPath(runs.folder), { recursive: true, force: true });
  }
}

async function compared(runs: TrainRuns, variant: string, peer: PeerName): Promise<Omit<TrainRow, 'shape' | 'name'>> {
  const { shape, folder, threads, python } = runs;
  const job = { shape, variant, folder, threads };
  await runJob({ ...job, kind: 'copy' });
  const ours: TrainFigures[] = [];
  const theirs: TrainFigures[] = [];
  let gradientError = 0;
  for (let round = 0; round < runs.rounds; round++) {
    ours.push((await runJob({ ...job, kind: 'step' }))!);
    if (python === undefined) continue;
    const gradient = await readGradient(folder);
    theirs.push(await runPeer(runs, peer));
    gradientError = relativeError(gradient, await readGradient(folder));
  }
  const [best, rival] = [fastest(ours)!, fastest(theirs)];
  if (rival === undefined) return best;
  return { ...best, speed: rival.stepMs / best.stepMs, memory: best.peakBytes / rival.peakBytes, gradientError };
}

/** Starts this program for one job; gives the figures where it is a step. */
export async function runJob(job: TrainJob): Promise<TrainFigures | null> {
  return ownFigures<TrainFigures | null>('train-job', job);
}

function runPeer({ shape, folder, threads, python }: TrainRuns, name: PeerName): Promise<TrainFigures> {
  const files = {
    weights: checkpointPath(folder, 'float32'),
    inputs: inputsPath(folder),
    gradient: gradientPath(folder),
  };
  const job = { config: trainShapes[shape]!.config, ...files, ...peers[name], threads, seconds: peerSeconds };
  return figures(python!, [peerScript('train_step.py'), JSON.stringify(job)]);
}

function fastest(runs: readonly TrainFigures[]): TrainFigures | undefined {
  return runs.toSorted((a, b) => a.stepMs - b.stepMs)[0];
}

async function readGradient(folder: string): Promise<Float32Array> {
  const { buffer, byteOffset, byteLength } = await readFile(gradientPath(folder));
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

function relativeError(found: Float32Array, expected: Float32Array): number {
  const size = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return size(found.map((x, i) => x - expected[i]!)) / size(expected);
}

/** What a whole model would take of which one and two layers were measured: each layer more costs their difference. */
export function extrapolated(rows: readonly TrainRow[]): TrainRow[] {
  return rows.flatMap(row => {
    const target = trainShapes[row.shape]?.extrapolate;
    const one = rows.find(({ shape, name }) => shape === target?.from && name === row.name);
    if (target === undefined || one === undefined) return [];
    const whole = (key: 'stepMs' | 'peakBytes' | 'loadSeconds') =>
      one[key] + (target.layers - 1) * (row[key] - one[key]);
    const figuresOfWhole = {
      loadSeconds: whole('loadSeconds'),
      stepMs: whole('stepMs'),
      peakBytes: whole('peakBytes'),
    };
    return [{ shape: `${target.layers} layers, extrapolated`, name: row.name, ...figuresOfWhole }];
  });
}
