import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** Where TensorFlow.js computes: a CUDA device through the optional peer, WebAssembly, or plain JavaScript. */
export type BackendName = 'gpu' | 'wasm' | 'cpu';

/** A backend that could not be used, and why. */
export interface BackendFailure {
  readonly name: BackendName;
  readonly reason: string;
}

/** The backend in use from now on, and those that would have come before it. */
export interface BackendChoice {
  readonly name: BackendName;
  readonly failures: readonly BackendFailure[];
}

/** Version of TensorFlow.js, such as `4.22.0`. */
export const tensorflowVersion: string = tf.version_core;

/** Imports a module by its name; a seam for hosts that bundle and for tests. */
export type ImportModule = (specifier: string) => Promise<unknown>;

const gpuPackage = '@tensorflow/tfjs-node-gpu';

/**
 * Starts TensorFlow.js on the first backend that works and returns which one it is: the optional peer
 * `@tensorflow/tfjs-node-gpu`, else WebAssembly, else plain JavaScript; or on `name` alone where it is given. Call it
 * once before making a TrainableProjection: the backend belongs to the whole process. Nothing is printed.
 * @param importModule loads the optional peer. Defaults to `import()`.
 * @throws `BACKEND_UNAVAILABLE` when the wanted backend, or none at all, works; the message carries the reasons.
 */
export async function chooseBackend(
  name?: BackendName,
  importModule: ImportModule = specifier => import(specifier),
): Promise<BackendChoice> {
  tf.env().set('PROD', true); // else TensorFlow.js advertises its native package on the console
  const failures: BackendFailure[] = [];
  for (const candidate of name ? [name] : (['gpu', 'wasm', 'cpu'] as const)) {
    try {
      await start(candidate, importModule);
      return { name: candidate, failures };
    } catch (cause) {
      failures.push({ name: candidate, reason: cause instanceof Error ? cause.message : String(cause) });
    }
  }
  throw new MiniGPT4Error(
    'BACKEND_UNAVAILABLE',
    `chooseBackend: cannot start TensorFlow.js, expected ${name ?? 'gpu, wasm or cpu'} to work, ` +
      `got ${failures.map(failure => `${failure.name}: ${failure.reason}`).join('; ')}. Choose another backend.`,
  );
}

async function start(name: BackendName, importModule: ImportModule): Promise<void> {
  if (name === 'gpu') return startGpu(importModule);
  if (name === 'wasm') return startWasm();
  await use('cpu');
}

async function startGpu(importModule: ImportModule): Promise<void> {
  await importModule(gpuPackage); // registers the backend `tensorflow`
  await use('tensorflow');
  const { isUsingGpuDevice } = tf.backend() as { isUsingGpuDevice?: boolean };
  // the package also runs on machines without a GPU
  if (isUsingGpuDevice === false) throw new Error(`${gpuPackage} is installed but found no CUDA device`);
}

async function startWasm(): Promise<void> {
  const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  try {
    setWasmPaths(`${folder}/dist/`);
  } catch {
    // refused only when the process has started this backend before, with files it found
  }
  await keepingListeners(() => use('wasm'));
}

async function use(backend: string): Promise<void> {
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js could not start its backend ${backend}`);
}

/**
 * Runs `action` and takes away the process listeners it added: those of the WebAssembly start-up rethrow every uncaught
 * error and so end a host that handles its own.
 */
async function keepingListeners(action: () => Promise<void>): Promise<void> {
  const listeners = () => [...process.rawListeners('uncaughtException'), ...process.rawListeners('unhandledRejection')];
  const before = new Set(listeners());
  try {
    await action();
  } finally {
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      for (const listener of process.rawListeners(event)) {
        if (!before.has(listener)) process.removeListener(event, listener as () => void);
      }
    }
  }
}
