const engine = ['@minigpt4/nn', '@minigpt4/onnx-graph', '@minigpt4/core'];

/** The parts of the model: each can be read, tested and replaced alone, so none knows another. */
export const stages: readonly string[] = [
  '@minigpt4/vision-encoder',
  '@minigpt4/qformer',
  '@minigpt4/projection',
  '@minigpt4/llm-vicuna',
];

/** What each package under `packages/` may import of the others when it runs. Apps and tooling may import them all. */
export const allowedEdges: Readonly<Record<string, readonly string[]>> = {
  '@minigpt4/core': [],
  '@minigpt4/prompt-templates': [],
  '@minigpt4/tiny': [],
  '@minigpt4/checkpoint': ['@minigpt4/core'],
  '@minigpt4/hub': ['@minigpt4/core'],
  '@minigpt4/onnx-graph': ['@minigpt4/core'],
  '@minigpt4/nn': ['@minigpt4/onnx-graph', '@minigpt4/core'],
  '@minigpt4/onnx-session': [...engine, '@minigpt4/checkpoint'],
  '@minigpt4/vision-encoder': engine,
  '@minigpt4/qformer': engine,
  '@minigpt4/projection': [...engine, '@minigpt4/checkpoint'],
  '@minigpt4/llm-vicuna': [...engine, '@minigpt4/checkpoint'],
  '@minigpt4/data-curation': ['@minigpt4/prompt-templates', '@minigpt4/core'],
  '@minigpt4/testing': ['@minigpt4/checkpoint', '@minigpt4/core'],
  minigpt4: [
    ...stages,
    ...engine,
    '@minigpt4/onnx-session',
    '@minigpt4/checkpoint',
    '@minigpt4/prompt-templates',
    '@minigpt4/tiny',
  ],
  '@minigpt4/engine': ['minigpt4', '@minigpt4/core'],
};

/** A module that is heavy or hard to install, so that only a few places may load it. */
export interface Confined {
  readonly matches: RegExp;
  /** Start of the paths of the files that may import it. */
  readonly allowed: readonly string[];
  /** True when tests anywhere may import it as well. */
  readonly inTests: boolean;
  readonly reason: string;
}

/** Modules with a single home. */
export const confined: readonly Confined[] = [
  {
    matches: /^onnxruntime-node(\/|$)/,
    allowed: ['packages/onnx-session/src/'],
    inTests: true,
    reason: 'Run graphs through @minigpt4/onnx-session, which alone carries the 288 MB of onnxruntime-node',
  },
  {
    matches: /^@tensorflow\//,
    allowed: ['packages/projection/src/train/'],
    inTests: false,
    reason: 'Only packages/projection/src/train may load TensorFlow.js: move the code there',
  },
  {
    matches: /^@minigpt4\/projection\/train$/,
    allowed: ['apps/trainer/', 'tooling/'],
    inTests: false,
    reason: 'Only the trainer and tooling may load TensorFlow.js: import @minigpt4/projection',
  },
];
