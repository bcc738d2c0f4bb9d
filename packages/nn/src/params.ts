import { MiniGPT4Error, type DType, type Shape } from '@minigpt4/core';
import { atScope, formatShape, parameter, type Tensor } from '@minigpt4/onnx-graph';

/** A layer: a function from tensor to tensor. */
export type Layer = (x: Tensor) => Tensor;

/** A parameter a model asked for: what the checkpoint must hold. */
export interface RequestedParameter {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * A place in a checkpoint's tree of names. Layers take one and ask it for their weights, so that the path of the scope
 * is the key in the file and no key map is needed.
 */
export class Params {
  private constructor(
    /** Dotted path of this scope, such as `blocks.0.attn`; empty at the root. */
    readonly path: string,
    /** Type the graph computes in. */
    readonly dtype: DType,
    private readonly requested: Map<string, Tensor>,
  ) {}

  /** The root of a checkpoint. `dtype` is the type to compute in, whatever the file stores. Defaults to float32. */
  static root(dtype: DType = 'float32'): Params {
    return new Params('', dtype, new Map());
  }

  /** The scope below, by name or index; dots go several steps. */
  at(name: string | number): Params {
    return new Params(this.key(`${name}`), this.dtype, this.requested);
  }

  /** The parameter `name` of this scope. Asking twice gives the same tensor. @throws `SHAPE_MISMATCH` when asked twice with different shapes. */
  get(name: string, shape: Shape): Tensor {
    const key = this.key(name);
    const known = this.requested.get(key);
    if (known === undefined) {
      const made = parameter(key, shape, this.dtype);
      this.requested.set(key, made);
      return made;
    }
    const [expected, got] = [formatShape(known.shape), formatShape(shape)];
    if (expected === got) return known;
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `Params.get: ${key} was asked for twice, expected shape ${expected} again, got ${got}. Use one shape.`,
    );
  }

  /** Everything asked for so far anywhere under the root, in order. */
  manifest(): RequestedParameter[] {
    return [...this.requested].map(([name, tensor]) => ({ name, shape: tensor.shape as number[] }));
  }

  /** Runs `build` so that its nodes carry this scope as their module path. */
  scoped<T>(build: () => T): T {
    return atScope(this.path === '' ? '' : `/${this.path.replaceAll('.', '/')}`, build);
  }

  private key(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}
