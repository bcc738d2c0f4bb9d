import { isMiniGPT4Error, MiniGPT4Error, type DType, type HostTensor } from '@minigpt4/core';
import type { Checkpoint } from '@minigpt4/checkpoint';
import { encodeModel, formatShape, type Graph } from '@minigpt4/onnx-graph';
import { Tensor as EngineTensor, type InferenceSession } from 'onnxruntime-node';
import { bindWeights, type BindOptions } from './bind-weights.js';
import { requireExactIntegers } from './storage/exact-integers.js';
import { openEngine, type Device } from './open-engine.js';

/** Options of {@link createSession}. */
export interface SessionOptions extends BindOptions {
  /** What errors call this session, such as `vision encoder`. Defaults to `session`. */
  readonly name?: string;
  /** Holds the graph's parameters. Without it, parameters are fed at each run like inputs. */
  readonly weights?: Checkpoint;
  /** Threads inside one operation. Defaults to the number of physical cores. */
  readonly threads?: number;
  /**
   * Whether the engine rearranges matrices for its kernels when it loads, into memory of its own: a tenth faster, but a
   * matrix that is used both forward and backward is then held twice. Without it, it reads the mapped files at each use.
   * Defaults to true.
   */
  readonly packWeights?: boolean;
  /** Where to compute. CUDA has not been tried on a card yet. Defaults to `cpu`. */
  readonly device?: Device;
}

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, HostTensor>>;

type EngineType = Exclude<DType, 'bfloat16'>;

/** A graph ready to run. Running blocks the thread until it is done; outputs are new copies in JavaScript memory. */
export class Session implements AsyncDisposable {
  private released = false;

  constructor(
    private readonly name: string,
    private readonly graph: Graph,
    private readonly engine: InferenceSession,
    /** Where it computes. */
    readonly device: 'cpu' | 'cuda' = 'cpu',
  ) {}

  /**
   * Runs the graph. Inputs are read in place, without a copy.
   *
   * @param outputs names of the outputs wanted; all of them by default
   * @throws `SESSION_DISPOSED`, `INPUT_MISSING`, or `ENGINE_FAILED` with the engine's error as cause
   */
  async run(
    inputs: NamedTensors,
    outputs: readonly string[] = [...this.graph.outputs.keys()],
  ): Promise<Record<string, HostTensor>> {
    if (this.released) {
      throw new MiniGPT4Error(
        'SESSION_DISPOSED',
        `${this.name}: session is disposed, expected a live one. Create it again.`,
      );
    }
    const results = await this.execute(inputs, outputs).catch((cause: unknown) => {
      if (isMiniGPT4Error(cause)) throw cause;
      const given = Object.entries(inputs).map(([key, { shape }]) => `${key} ${formatShape(shape)}`);
      throw new MiniGPT4Error(
        'ENGINE_FAILED',
        `${this.name}: the engine could not run the graph, got inputs ${given.join(', ')}: ${messageOf(cause)}. Check the inputs' shapes and types.`,
        { cause },
      );
    });
    return Object.fromEntries(outputs.map(key => [key, fromEngine(results[key] as EngineTensor)]));
  }

  /** Frees the engine's memory; may be called again. */
  async dispose(): Promise<void> {
    if (this.released) return;
    this.released = true;
    await this.engine.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  private async execute(inputs: NamedTensors, outputs: readonly string[]): Promise<InferenceSession.ReturnType> {
    const feeds = this.engine.inputNames.map(key => [key, this.toEngine(key, inputs[key])] as const);
    return this.engine.run(Object.fromEntries(feeds), outputs);
  }

  private toEngine(key: string, tensor: HostTensor | undefined): EngineTensor {
    if (tensor !== undefined) {
      return new EngineTensor(tensor.dtype as 'float32', tensor.data as Float32Array, tensor.shape);
    }
    const expected = this.graph.inputs.get(key) ?? this.graph.parameters.get(key);
    throw new MiniGPT4Error(
      'INPUT_MISSING',
      `${this.name}: input "${key}" is missing, expected ${expected?.dtype} ${formatShape(expected?.shape ?? [])}, got nothing. Feed it.`,
    );
  }
}

/**
 * Loads a graph into onnxruntime, bound to the checkpoint's files in place.
 *
 * @throws `CHECKPOINT_MISMATCH` for missing or mis-shaped weights, `ENGINE_FAILED` when the engine refuses the graph,
 * `STORAGE_UNSUPPORTED` for whole numbers on a processor that multiplies them inexactly, `CHECKPOINT_WRITE` for a copy,
 * `DEVICE_UNAVAILABLE` for `cuda` where it does not work
 */
export async function createSession(graph: Graph, options: SessionOptions = {}): Promise<Session> {
  const { name = 'session', weights, storage = 'as stored', device = 'cpu', onProgress } = options;
  if (storage.startsWith('int') && !storage.includes('blocks')) await requireExactIntegers();
  const bound = weights === undefined ? undefined : await bindWeights(graph, weights, options);
  try {
    const bytes = encodeModel(graph, bound?.sources);
    const session = engineOptions(bound?.folder, options);
    const opened = await openEngine(bytes, { name, device, session, ...(onProgress && { onProgress }) });
    return new Session(name, graph, opened.engine, opened.device);
  } catch (cause) {
    if (isMiniGPT4Error(cause)) throw cause;
    throw new MiniGPT4Error(
      'ENGINE_FAILED',
      `${name}: the engine could not load the graph of ${graph.nodes.length} nodes: ${messageOf(cause)}. Check that the checkpoint files are whole and readable.`,
      { cause },
    );
  } finally {
    await bound?.close();
  }
}

function engineOptions(
  folder: string | undefined,
  { threads, storage = 'as stored', packWeights = true }: SessionOptions,
): InferenceSession.SessionOptions {
  const convertsAtUse = storage !== 'as stored' && !storage.includes('blocks');
  return {
    // plans are kept for each size of the inputs, and each takes its peak once more beside what the first run took
    enableMemPattern: false,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: {
      // these would convert weights once for all uses, when the graph is loaded
      ...(convertsAtUse && {
        optimization: {
          disable_specified_optimizers:
            'ConstantFolding;CommonSubexpressionElimination;FuseFp16InitializerToFp32NodeTransformer',
        },
      }),
      session: {
        ...(convertsAtUse && { disable_quant_qdq: '1' }),
        disable_prepacking: packWeights ? '0' : '1',
        // with this the engine maps weights from the original files although the graph itself comes from memory
        ...(folder && { model_external_initializers_file_folder_path: folder }),
      },
    },
  };
}

function fromEngine({ type, dims, data }: EngineTensor): HostTensor {
  const elements = data as HostTensor['data'];
  // from Node 24 on half floats come as numbers; a host tensor holds their bits
  const held = type === 'float16' ? new Uint16Array(elements.buffer, elements.byteOffset, elements.length) : elements;
  return { dtype: type as EngineType, shape: dims, data: held };
}

/** An error's own words, without the full stop that ours will set. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/[.\s]+$/, '');
}
