import { isMiniGPT4Error } from '@minigpt4/core';
import { type ImageEmbeddings, loadMiniGPT4, type MiniGPT4 } from 'minigpt4';
import { describeFrozen, type FrozenParts } from '../../model/describe-frozen.js';
import { fileDigest } from '../../model/file-digest.js';
import type { Ability } from './paper-abilities.js';
import { repeatsRun } from '../metrics/style.js';
import { projectionPath } from '../projection-path.js';

/** A picture that is asked about. */
export interface AskedPicture {
  readonly name: string;
  /** The encoded file. */
  readonly image: Uint8Array;
}

/** One answer, and how it reads. */
export interface AbilityAnswer {
  readonly picture: string;
  readonly ability: string;
  /** The last question of the conversation. */
  readonly question: string;
  readonly answer: string;
  readonly endsWithStop: boolean;
  /** Whether a run of four words stands in it twice. */
  readonly repeats: boolean;
}

/** All answers of one projection. */
export interface AbilitiesOf {
  readonly projection: { readonly path: string; readonly sha256: string };
  readonly answers: readonly AbilityAnswer[];
  /** Fractions of the answers. */
  readonly endsWithStop: number;
  readonly repeats: number;
}

/** Abilities asked of one or two projections of a model. */
export interface AbilitiesReport {
  readonly model: string;
  /** Whether it was stopped before the end. */
  readonly partial: boolean;
  /** The first projection and, where one was given, the one it is held against. */
  readonly projections: readonly AbilitiesOf[];
}

/** What {@link askAbilities} is told. */
export interface AbilitiesOptions extends Omit<FrozenParts, 'projection'> {
  /** Paths of one or two projections; undefined for the model's own. */
  readonly projections: readonly (string | undefined)[];
  readonly pictures: readonly AskedPicture[];
  readonly abilities: readonly Ability[];
  /** Most tokens of one answer. */
  readonly maxNewTokens: number;
  /** Threads of the engine. Defaults to the number of physical cores. */
  readonly threads?: number;
  /** Ends it with the answers so far. */
  readonly signal?: AbortSignal;
  /** Is told after each answer. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Asks for everything the paper's section 4 shows, about each picture, of one projection after another. */
export async function askAbilities(options: AbilitiesOptions): Promise<AbilitiesReport> {
  const { pictures, abilities, projections, signal, onProgress } = options;
  const total = projections.length * pictures.length * abilities.length;
  const results: AbilitiesOf[] = [];
  let [name, done] = ['', 0];
  const { model: source, languageModel = null } = options;
  for (const projection of projections) {
    const description = await describeFrozen({ model: source, languageModel, ...(projection && { projection }) });
    await using model = await loadMiniGPT4(
      description,
      options.threads === undefined ? {} : { threads: options.threads },
    );
    name = model.name;
    const answers: AbilityAnswer[] = [];
    for (const picture of pictures) {
      const image = await model.encodeImage(picture.image);
      for (const ability of abilities) {
        const answer = await askFor(model, { ...options, picture: picture.name, image, ability });
        if (signal?.aborted === true) break;
        answers.push(answer);
        onProgress?.({ done: ++done, total });
      }
    }
    const path = projectionPath(description);
    results.push(summarized({ path, sha256: await fileDigest(path) }, answers));
  }
  return { model: name, partial: signal?.aborted === true, projections: results };
}

interface Asking extends Pick<AbilitiesOptions, 'maxNewTokens' | 'signal'> {
  readonly picture: string;
  readonly image: ImageEmbeddings;
  readonly ability: Ability;
}

async function askFor(
  model: MiniGPT4,
  { picture, image, ability, maxNewTokens, signal }: Asking,
): Promise<AbilityAnswer> {
  const chat = model.chat();
  await chat.addImage(image);
  const last = { picture, ability: ability.name, question: ability.turns.at(-1) ?? '' };
  let [answer, endsWithStop] = ['', false];
  try {
    for (const question of ability.turns) {
      const result = await chat.ask(question, { maxNewTokens, ...(signal && { signal }) }).result();
      [answer, endsWithStop] = [result.text, result.finishReason === 'stop'];
    }
  } catch (error) {
    // a conversation that outgrew the model's context has no last answer
    if (!isMiniGPT4Error(error, 'CONTEXT_FULL')) throw error;
    [answer, endsWithStop] = ['', false];
  } finally {
    chat.dispose();
  }
  return { ...last, answer, endsWithStop, repeats: repeatsRun(answer) };
}

function summarized(projection: AbilitiesOf['projection'], answers: readonly AbilityAnswer[]): AbilitiesOf {
  const share = (holds: (answer: AbilityAnswer) => boolean) =>
    answers.length === 0 ? 0 : answers.filter(holds).length / answers.length;
  return {
    projection,
    answers,
    endsWithStop: share(answer => answer.endsWithStop),
    repeats: share(answer => answer.repeats),
  };
}
