import { join } from 'node:path';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { createSession, expectedTensors } from '@minigpt4/onnx-session';
import { parameterCount } from '../checkpoints/original-tensors.js';
import { writeRandomCheckpoint } from '../checkpoints/random-checkpoint.js';
import { processMemory } from '../memory.js';
import { withScratchFolder } from '../scratch-folder.js';
import type { StageShape } from '../shapes.js';

/** Time and memory of one stage in a process of its own. */
export interface StageFigures {
  /** Seconds from checkpoint to a session ready to run. */
  readonly loadSeconds: number;
  /** Median of the runs, in milliseconds. */
  readonly runMs: number;
  /** Bytes of parameters, as float32. */
  readonly weightBytes: number;
  /** Largest resident memory of the process, bytes. */
  readonly peakBytes: number;
}

/** How long a stage is run, and how often at least. */
const budgetMs = 4000;
const leastRuns = 3;

/** Writes random weights, loads the stage, runs it a while and cleans up. */
export async function measureStage(stage: StageShape, threads: number): Promise<StageFigures> {
  return withScratchFolder(undefined, async folder => {
    const tensors = expectedTensors(stage.graph);
    const path = join(folder, 'model.safetensors');
    await writeRandomCheckpoint(path, tensors);
    const started = performance.now();
    const weights = await openCheckpoint(path);
    const session = await createSession(stage.graph, { weights, threads, name: 'bench' });
    const loadSeconds = (performance.now() - started) / 1000;
    const runMs = await medianRun(() => session.run(stage.inputs));
    await session.dispose();
    await weights.close();
    const { peakBytes } = await processMemory();
    return { loadSeconds, runMs, weightBytes: 4 * parameterCount(tensors), peakBytes };
  });
}

async function medianRun(run: () => Promise<unknown>): Promise<number> {
  await run(); // the first run allocates
  const times: number[] = [];
  const end = performance.now() + budgetMs;
  while (times.length < leastRuns || performance.now() < end) {
    const started = performance.now();
    await run();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}
