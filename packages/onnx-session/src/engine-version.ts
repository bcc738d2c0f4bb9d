import { env } from 'onnxruntime-node';

/** Version of onnxruntime, such as `1.30.0`: what numbers depend on to the last digit. */
export const engineVersion: string = env.versions.node ?? env.versions.common;
