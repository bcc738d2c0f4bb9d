import { readFile } from 'node:fs/promises';
import type { Tensor } from '@minigpt4/onnx-graph';
import { failureOf, fine, trouble, type Finding } from './diagnosis.js';

const leastNode = [20, 19] as const;

/** What this machine offers: versions of Node, engine and picture decoder, and whether there is a GPU. */
export async function machineFindings(): Promise<Finding[]> {
  const driver = await readFile(driverFile, 'utf8').catch(() => '');
  return [
    nodeFinding(process.versions.node),
    ...(await Promise.all([engineFinding(), decoderFinding(), cudaFinding(driver)])),
  ];
}

/** The version of Node, held against the oldest that this runs on. */
export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  if (fits) return fine('NODE_VERSION', `Node ${version}`);
  return trouble(
    'failure',
    'NODE_VERSION',
    `Node ${version}, expected ${leastNode.join('.')} or newer`,
    'Install a newer Node.',
  );
}

async function engineFinding(): Promise<Finding> {
  try {
    const { engineVersion } = await import('@minigpt4/onnx-session');
    return fine('ENGINE_VERSION', `onnxruntime ${engineVersion}`);
  } catch (error) {
    return unloadable('ENGINE_VERSION', 'onnxruntime-node', error);
  }
}

async function decoderFinding(): Promise<Finding> {
  try {
    const { decodeImage, imageDecoderVersion } = await import('@minigpt4/vision-encoder');
    await decodeImage(onePixel);
    return fine('IMAGE_DECODER', imageDecoderVersion);
  } catch (error) {
    return unloadable('IMAGE_DECODER', 'sharp', error);
  }
}

function unloadable(code: string, library: string, error: unknown): Finding {
  const reason = error instanceof Error ? error.message.trim().split('\n')[0] : String(error);
  const fix = `Install it again for this platform: npm rebuild ${library}, or remove node_modules and install.`;
  return trouble('failure', code, `${library} cannot be loaded: ${reason}`, fix);
}

/** A GIF of one pixel. */
const onePixel = Buffer.from('R0lGODlhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=', 'base64');

/** Where the driver of NVIDIA tells its version on Linux. */
const driverFile = '/proc/driver/nvidia/version';

/** A product of two numbers on the graphics card. @throws `DEVICE_UNAVAILABLE` where that does not work */
async function computeOnCard(): Promise<void> {
  const [{ createSession }, { graph, input }] = await Promise.all([
    import('@minigpt4/onnx-session'),
    import('@minigpt4/onnx-graph'),
  ]);
  const [x, y] = ['x', 'y'].map(name => input(name, 'float32', [1])) as [Tensor, Tensor];
  const session = await createSession(graph({ product: x.mul(y) }), { name: 'CUDA', device: 'cuda' });
  await session.dispose();
}

/**
 * Whether there is a graphics card and the engine can use it.
 *
 * @param driver what the driver says of itself; empty without one
 */
export async function cudaFinding(driver: string, compute: () => Promise<void> = computeOnCard): Promise<Finding> {
  const version = /Kernel Module\s+(?:for \S+\s+)?([\d.]+)/.exec(driver)?.[1];
  if (version === undefined) return fine('CUDA', 'no NVIDIA driver: everything runs on the processor');
  try {
    await compute();
    return fine('CUDA', `NVIDIA driver ${version}, and the engine computes on the card`);
  } catch (error) {
    const { message, fix = 'Use the device cpu.' } = failureOf(error);
    return trouble('warning', 'CUDA', `NVIDIA driver ${version}; ${message}`, fix);
  }
}
