import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { MiniGPT4Error } from './errors.js';

// two words of 64 bits as halves
const stateLength = 4;

/** A seeded stream of random numbers whose state can be saved and restored. */
export interface Random {
  /** A number in [0, 1) with 53 random bits. */
  uniform(): number;
  /** An integer in [0, bound). @throws `RANDOM_RANGE` unless `bound` is a whole number of at least 1. */
  integer(bound: number): number;
  /** A normally distributed number, mean 0 and deviation 1. */
  normal(): number;
  /** The numbers 0 … length − 1 in random order. */
  permutation(length: number): number[];
  /** The state to hand to {@link randomFromState}. */
  state(): number[];
}

function fromGenerator(generator: ReturnType<typeof xoroshiro128plusFromState>): Random {
  const uniform = () => uniformFloat64(generator);
  const integer = (bound: number) => {
    if (Number.isSafeInteger(bound) && bound >= 1) return uniformInt(generator, 0, bound - 1);
    throw new MiniGPT4Error(
      'RANDOM_RANGE',
      `random.integer: no integer to draw, expected a whole bound of at least 1, got ${bound}. Check that the list to choose from is not empty.`,
    );
  };
  return {
    uniform,
    integer,
    // Box-Muller; one of the pair is dropped so that the generator's state is the whole state
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    permutation(length) {
      const order = Array.from({ length }, (_, i) => i);
      for (let i = length - 1; i > 0; i--) {
        const j = integer(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    },
    state: () => [...generator.getState()],
  };
}

/**
 * Four words of state from a seed, by splitmix32. The generator's own seeding leaves small seeds almost all bits equal,
 * so that first draws come out near 1 for every one of them.
 */
function spread(seed: number): number[] {
  let counter = seed | 0;
  return Array.from({ length: stateLength }, () => {
    counter = (counter + 0x9e3779b9) | 0;
    let word = counter ^ (counter >>> 16);
    word = Math.imul(word, 0x21f0aaad);
    word ^= word >>> 15;
    word = Math.imul(word, 0x735a2d97);
    return word ^ (word >>> 15);
  });
}

/** Random numbers from an integer seed, of which the low 32 bits count: the same seed gives the same stream everywhere (xoroshiro128+). */
export function random(seed: number): Random {
  return fromGenerator(xoroshiro128plusFromState(spread(seed)));
}

/** Goes on with a stream from where {@link Random.state} was taken. @throws `RANDOM_STATE` for anything else. */
export function randomFromState(state: readonly number[]): Random {
  if (state.length === stateLength && state.every(word => Number.isInteger(word)) && state.some(word => word !== 0))
    return fromGenerator(xoroshiro128plusFromState([...state]));
  throw new MiniGPT4Error(
    'RANDOM_STATE',
    `randomFromState: not a state, expected ${stateLength} integers that are not all 0, got ${JSON.stringify(state).slice(0, 100)}. Pass what state() has returned.`,
  );
}
