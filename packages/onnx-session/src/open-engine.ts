import { MiniGPT4Error } from '@minigpt4/core';
import { env, InferenceSession } from 'onnxruntime-node';

/** Where sessions compute; `auto` is the graphics card where that works, else the processor. */
export type Device = 'cpu' | 'cuda' | 'auto';

/** A loaded model, and where it computes. */
export interface OpenedEngine {
  readonly engine: InferenceSession;
  readonly device: 'cpu' | 'cuda';
}

/** Options of {@link openEngine}. */
export interface EngineOptions {
  /** What messages call the session. */
  readonly name: string;
  readonly device: Device;
  /** Is told where the session computes, unless it was to be the processor. Defaults to nobody. */
  readonly onProgress?: (message: string) => void;
  /** The engine's own options. */
  readonly session: InferenceSession.SessionOptions;
}

/** Loads a model from its bytes; `InferenceSession.create` has this type. */
export type CreateEngine = (bytes: Uint8Array, options: InferenceSession.SessionOptions) => Promise<InferenceSession>;

/** The engine, kept from writing to stderr and from reporting its use to its maker; both it reads when it starts. */
export const createEngine: CreateEngine = (bytes, options) => {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  // failures come as exceptions; that a card is missing would be written out as well
  if (env.logLevel === undefined || env.logLevel === 'warning') env.logLevel = 'fatal';
  return InferenceSession.create(bytes, { logSeverityLevel: 4, ...options });
};

/**
 * Loads a model on a device. The engine does not try one device after another by itself: it fails where the first of a
 * list is not there, so that `auto` is a second attempt.
 *
 * @param create stands in for the engine in tests
 * @throws `DEVICE_UNAVAILABLE` for `cuda` that does not work; the engine's own errors of the processor
 */
export async function openEngine(
  bytes: Uint8Array,
  { name, device, onProgress, session }: EngineOptions,
  create: CreateEngine = createEngine,
): Promise<OpenedEngine> {
  const open = async (provider: 'cpu' | 'cuda') => ({
    engine: await create(bytes, { ...session, executionProviders: [provider] }),
    device: provider,
  });
  if (device === 'cpu') return open('cpu');
  try {
    const opened = await open('cuda');
    onProgress?.(`${name}: computing with CUDA`);
    return opened;
  } catch (cause) {
    const reason = firstLine(cause);
    if (device === 'cuda') throw unavailable(name, reason, cause);
    onProgress?.(`${name}: computing on the processor, because CUDA does not work here (${reason})`);
    return open('cpu');
  }
}

function unavailable(name: string, reason: string, cause: unknown): MiniGPT4Error {
  return new MiniGPT4Error(
    'DEVICE_UNAVAILABLE',
    `${name}: CUDA does not work here, expected an NVIDIA card with its driver, CUDA 12, cuDNN 9 and a build of onnxruntime-node with CUDA, got ${reason}. Run "npm install onnxruntime-node --onnxruntime-node-install=cuda12" on such a machine, or choose the device "auto" or "cpu".`,
    { cause },
  );
}

/** The beginning of an error, without the full stop that ours will set. */
function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line.replace(/[.\s]+$/, '') || 'an error without a message';
}
