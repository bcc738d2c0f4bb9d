import { availableParallelism } from 'node:os';
import { engineVersion } from '@minigpt4/onnx-session';
import { type BackendName, chooseBackend, tensorflowVersion } from '@minigpt4/projection/train';
import type { ModelDescription } from 'minigpt4';
import { Alarms } from '../alarms/alarms.js';
import { settleConfig, type SettledConfig } from '../config/settle-config.js';
import type { TrainConfig } from '../config/train-config.js';
import { describeFrozen } from '../model/describe-frozen.js';
import { modelDigests } from '../model/model-digests.js';
import { dataDigests } from './data-digests.js';
import { describeMachine } from './describe-machine.js';
import { keepLinesUpTo } from './json-lines.js';
import { checkSameRun, type Manifest, readManifest } from './manifest.js';
import { openParts, type RunParts } from './open-parts.js';
import type { Reporter } from './reporter.js';
import { loadState, type RunProgress } from './resume-state.js';
import { takeOver } from './take-over.js';
import { makeRunDirectory, type RunDirectory } from './run-directory.js';

/** Where a run goes and who hears of it. */
export interface RunOptions {
  /** Folder of the run. */
  readonly output: string;
  /** Whether to go on with what is there. Defaults to false. */
  readonly resume?: boolean;
  /** Folder of cached features. Defaults to one in the user's cache, named by the encoder's digest. */
  readonly features?: string;
  /** Hears of every step. */
  readonly reporter: Reporter;
  /** Ends the run after the step at hand, saved. */
  readonly signal?: AbortSignal;
  /** Version of this package, for the manifest. Defaults to `unknown`. */
  readonly version?: string;
}

/** A run, ready for its next step. */
export interface OpenRun extends RunParts {
  readonly config: SettledConfig;
  readonly directory: RunDirectory;
  readonly alarms: Alarms;
  readonly manifest: Manifest;
  readonly progress: Omit<RunProgress, 'data'>;
  /** To be awaited before anything is written. @throws `OUTPUT_TAKEN` */
  checkOwner(): Promise<void>;
}

/**
 * Opens everything a run needs, at its beginning or where it was saved.
 * @throws `OUTPUT_EXISTS`, `OUTPUT_UNWRITABLE`, `RESUME_CORRUPT`, `RESUME_MISMATCH`, and the errors of models and data
 */
export async function openRun(asked: TrainConfig, options: RunOptions): Promise<OpenRun> {
  const { output, resume = false, reporter } = options;
  const description = await describeFrozen({ model: asked.model, languageModel: asked.languageModel });
  const config = await settleConfig(asked, description);
  const directory = await makeRunDirectory(output, resume);
  const checkOwner = await takeOver(directory.resume);
  const found = resume ? await loadState(directory.resume) : undefined;
  const before = found && (await readManifest(directory.manifest));
  found?.warnings.forEach(warning => reporter.warn(warning));
  if (resume && !found) reporter.note(`nothing to resume in ${output}: starting from the beginning`);

  const backendName = (config.backend ?? before?.backend.name ?? undefined) as BackendName | undefined;
  const backend = {
    name: (await chooseBackend(backendName)).name,
    threads: config.threads ?? before?.backend.threads ?? availableParallelism(),
    languageWeights: config.languageWeights ?? before?.backend.languageWeights ?? 'as stored',
  };
  const identity = await identify(config, { ...options, description, backend });
  if (before) checkSameRun(before, identity, output);
  await keepLinesUpTo(directory.metrics, found?.state.step ?? -1);
  await keepLinesUpTo(directory.samples, found?.state.step ?? -1);

  const state = found?.state;
  const parts = await openParts({ config, description, options, state, identity });
  const sizes = await parts.measureSizes();
  const warn = ({ code, message }: { code: string; message: string }) => reporter.warn(`${message} (${code})`);
  const alarms = new Alarms(parts.model.config.llm.vocabularySize, warn, before?.alarms);
  const manifest: Manifest = {
    ...identity,
    started: before?.started ?? identity.started,
    updated: identity.started,
    skipped: parts.skipped(),
    alarms: alarms.raised,
    sizes: { start: before?.sizes.start ?? sizes, now: sizes },
    status: 'running',
    step: state?.step ?? 0,
    best: state?.best ?? null,
  };
  const { step = 0, seconds = 0, best = null, validationsSinceBest = 0, skippedInARow = 0 } = state ?? {};
  const progress = { step, seconds, best, validationsSinceBest, skippedInARow };
  return { ...parts, config, directory, alarms, manifest, progress, checkOwner };
}

/** The part of a manifest that is known before anything is opened, and compared on a resume. */
export type RunIdentity = Omit<Manifest, 'skipped' | 'alarms' | 'sizes' | 'status' | 'step' | 'best' | 'updated'>;

interface IdentifyOptions extends Pick<RunOptions, 'version'> {
  readonly description: ModelDescription;
  readonly backend: Manifest['backend'];
}

async function identify(
  config: SettledConfig,
  { version = 'unknown', description, backend }: IdentifyOptions,
): Promise<RunIdentity> {
  return {
    format: 1,
    name: config.name,
    stage: config.stage,
    config,
    seed: config.seed,
    data: await dataDigests(config.datasets.flatMap(({ data }) => data)),
    validation: await dataDigests(config.validation),
    model: { name: description.name, ...(await modelDigests(description)) },
    backend,
    versions: {
      trainer: version,
      node: process.versions.node,
      onnxruntime: engineVersion,
      tensorflowjs: tensorflowVersion,
    },
    machine: describeMachine(),
    started: new Date().toISOString(),
  };
}
