import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

/** Instructions that decide which way of multiplying whole numbers is fast. */
const interesting = ['avx2', 'avx512f', 'avx_vnni', 'avx512_vnni', 'avx512_bf16', 'amx_int8', 'amx_bf16'];

/** What a processor is called and which of the interesting instructions it has. */
export interface Processor {
  readonly name: string;
  readonly features: readonly string[];
}

/** The processor of this machine; its features are known on Linux alone (`/proc/cpuinfo`). */
export async function processor(): Promise<Processor> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = new Set(/^flags\s*: (.*)$/m.exec(text)?.[1]?.split(' '));
  return { name: cpus()[0]?.model ?? 'unknown', features: interesting.filter(feature => flags.has(feature)) };
}

/** One line about it. */
export function processorLine({ name, features }: Processor): string {
  return `${name} (${features.length === 0 ? 'features unknown' : features.join(' ')})`;
}
