import { readProjection, saveProjection } from '@minigpt4/projection';
import { imageTokens, paddingId } from 'minigpt4';
import type { Alarm } from '../alarms/alarms.js';
import type { SettledConfig } from '../config/settle-config.js';
import type { Batch } from '../data/batch-source.js';
import { type MicroBatch, microBatches } from '../data/micro-batches.js';
import { sampleAnswers } from '../model/sample-answers.js';
import { validationLoss } from '../model/validation-loss.js';
import { appendLine } from './json-lines.js';
import { type Manifest, type RunStatus, type SizeFacts, writeManifest } from './manifest.js';
import type { OpenRun, RunOptions } from './open-run.js';
import type { StepReport } from './reporter.js';
import { type RunProgress, saveState } from './resume-state.js';

/** How a run ended. */
export interface TrainResult {
  readonly status: RunStatus;
  /** Steps that are done, of `steps`. */
  readonly step: number;
  readonly steps: number;
  /** Of the last step; null where this part of the run had none. */
  readonly loss: number | null;
  /** Of the last validation; null where this part of the run had none. */
  readonly validationLoss: number | null;
  readonly best: RunProgress['best'];
  /** Path of the trained projection. */
  readonly projection: string;
  /** Seconds of training in all parts of the run. */
  readonly seconds: number;
  readonly sizes: Manifest['sizes'];
  readonly alarms: readonly Alarm[];
}

/** What a step leaves for the log. */
export interface StepFigures extends Pick<StepReport, 'loss' | 'lr' | 'gradientNorm' | 'dataWaitMs'> {
  readonly stepMs: number;
  /** Without padding. */
  readonly tokens: number;
}

/** Where a run stands, and what it leaves on disk. */
export class Course {
  step: number;
  skippedInARow: number;
  #seconds: number;
  #best: RunProgress['best'];
  #validationsSinceBest: number;
  #loss: number | null = null;
  #validationLoss: number | null = null;
  #manifest: Manifest;
  #unlogged: StepFigures[] = [];

  readonly config: SettledConfig;

  constructor(
    readonly run: OpenRun,
    readonly options: RunOptions,
  ) {
    const { config, progress, manifest } = run;
    this.config = config;
    this.step = progress.step;
    this.skippedInARow = progress.skippedInARow;
    this.#seconds = progress.seconds;
    this.#best = progress.best;
    this.#validationsSinceBest = progress.validationsSinceBest;
    this.#manifest = manifest;
  }

  get hasEnded(): boolean {
    const { steps, patience } = this.config;
    const isPatienceOver = patience > 0 && this.#validationsSinceBest >= patience;
    return this.step >= steps || isPatienceOver || this.options.signal?.aborted === true;
  }

  /** Whether something that happens every so many steps, and at the end, happens after this one. */
  isDue(every: number): boolean {
    return every > 0 && (this.step % every === 0 || this.step === this.config.steps);
  }

  cut(batches: readonly Batch[]): MicroBatch[] {
    const { model } = this.run;
    const { microBatch: size, template } = this.config;
    const padId = paddingId(model.tokenizer, template.endSymbol);
    const cutting = { size, imageTokens: imageTokens(model.config), padId };
    return batches.flatMap(batch => microBatches(batch, cutting));
  }

  async begin(): Promise<void> {
    await writeManifest(this.run.directory.manifest, this.#manifest);
    await this.#measureSizes();
    if (this.step === 0 && this.config.sampleEvery > 0) await this.answerSamples();
  }

  advance({ loss, applied, stepMs }: { loss: number; applied: boolean; stepMs: number }): void {
    this.step++;
    this.#seconds += stepMs / 1000;
    this.#loss = loss;
    this.skippedInARow = applied ? 0 : this.skippedInARow + 1;
  }

  async log(figures: StepFigures, isLogged: boolean): Promise<void> {
    const { step } = this;
    this.#unlogged.push(figures);
    const sum = (pick: 'tokens' | 'stepMs' | 'dataWaitMs') => this.#unlogged.reduce((all, one) => all + one[pick], 0);
    const { loss, lr, gradientNorm } = figures;
    const tokensPerSecond = (sum('tokens') / sum('stepMs')) * 1000;
    const dataWaitMs = sum('dataWaitMs') / this.#unlogged.length;
    const report = { step, loss, lr, gradientNorm, tokensPerSecond, dataWaitMs, seconds: this.#seconds };
    if (isLogged) {
      await this.run.checkOwner();
      await appendLine(this.run.directory.metrics, report);
      this.#unlogged = [];
    }
    this.options.reporter.step(report, this.config.steps, isLogged);
  }

  async validate(): Promise<void> {
    const { step, run, config } = this;
    const loss = await validationLoss(run.model, run.layer, run.validation);
    this.#validationLoss = loss;
    await appendLine(run.directory.metrics, { step, validationLoss: loss });
    this.options.reporter.note(`validation after step ${step}: loss ${loss.toFixed(4)}`);
    const isBest = this.#best === null || loss < this.#best.loss;
    this.#validationsSinceBest = isBest ? 0 : this.#validationsSinceBest + 1;
    if (!isBest) return;
    this.#best = { step, loss };
    await saveProjection(run.directory.best, await run.layer.weights(), { name: config.name, step: String(step) });
  }

  async answerSamples(): Promise<void> {
    const { step, run, config } = this;
    for (const answer of await sampleAnswers(run, run.pictures, config)) {
      await appendLine(run.directory.samples, { step, ...answer });
    }
  }

  /** Writes projection, state and manifest; a kill in between leaves the state before, and a resume computes the same again. */
  async save(status: RunStatus): Promise<void> {
    const { step, run, config, skippedInARow } = this;
    await run.checkOwner();
    const weights = await run.layer.weights();
    const isBest = config.patience > 0 && status !== 'running' && status !== 'interrupted' && this.#best !== null;
    const result = isBest ? await readProjection(run.directory.best) : weights;
    const resultStep = isBest ? this.#best!.step : step;
    const { encoder } = this.#manifest.model;
    await saveProjection(run.directory.projection, result, { stage: config.stage, step: String(resultStep), encoder });
    const [seconds, best, validationsSinceBest] = [this.#seconds, this.#best, this.#validationsSinceBest];
    const progress = { step, seconds, best, validationsSinceBest, skippedInARow, data: run.data.state() };
    await saveState(run.directory.resume, { ...progress, weights, optimizer: await run.optimizer.state() });
    const now = { status, step, best, updated: new Date().toISOString() };
    this.#manifest = { ...this.#manifest, ...now, alarms: run.alarms.raised, skipped: run.skipped() };
    await writeManifest(run.directory.manifest, this.#manifest);
  }

  async end(): Promise<TrainResult> {
    const { step, run, config } = this;
    const isFinished = step >= config.steps;
    const status = isFinished ? 'finished' : this.options.signal?.aborted === true ? 'interrupted' : 'stopped early';
    await this.#measureSizes();
    await this.save(status);
    const [loss, seconds, best] = [this.#loss, this.#seconds, this.#best];
    const { sizes, alarms } = this.#manifest;
    const { projection } = run.directory;
    const { steps } = config;
    return {
      status,
      step,
      steps,
      loss,
      validationLoss: this.#validationLoss,
      best,
      projection,
      seconds,
      sizes,
      alarms,
    };
  }

  async #measureSizes(): Promise<void> {
    const { step, run, options } = this;
    const now: SizeFacts = await run.measureSizes();
    this.#manifest = { ...this.#manifest, sizes: { ...this.#manifest.sizes, now } };
    run.alarms.checkEmbeddingRatio(step, now.embeddingRatio);
    run.alarms.checkQuerySimilarity(step, now.querySimilarity);
    const [ratio, similarity] = [now.embeddingRatio.toFixed(2), now.querySimilarity.toFixed(2)];
    options.reporter.note(
      `after step ${step}: |projected| / |word embedding| is ${ratio}, mean cosine between queries ${similarity}`,
    );
  }
}
