import { cpus, totalmem } from 'node:os';

/** What a run was computed on. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly cpu: string;
  readonly processors: number;
  /** Bytes. */
  readonly memory: number;
}

/** This machine. */
export function describeMachine(): Machine {
  const processors = cpus();
  const cpu = processors[0]?.model.trim() ?? 'unknown';
  return {
    platform: process.platform,
    arch: process.arch,
    cpu,
    processors: processors.length,
    memory: totalmem(),
  };
}
