import { describe, expect, it } from 'vitest';
import { failuresOf, type Files } from './__fixtures__/failures-of.js';
import { checkLayers } from './layers.js';

interface Needs {
  readonly dependencies?: readonly string[];
  readonly devDependencies?: readonly string[];
  readonly private?: boolean;
}

const versions = (names: readonly string[] = []) => Object.fromEntries(names.map(name => [name, '*']));

function manifest(name: string, { dependencies, devDependencies, ...rest }: Needs = {}) {
  return { name, ...rest, dependencies: versions(dependencies), devDependencies: versions(devDependencies) };
}

const good: Files = {
  'packages/core/package.json': manifest('@minigpt4/core', { dependencies: ['pure-rand'] }),
  'packages/core/src/random.ts': "import { seed } from 'pure-rand/generator';\nimport { join } from 'node:path';",
  'packages/onnx-graph/package.json': manifest('@minigpt4/onnx-graph', { dependencies: ['@minigpt4/core'] }),
  'packages/onnx-graph/src/graph.ts': "import { shape } from '@minigpt4/core';\nexport { op } from './op.js';",
  'packages/qformer/package.json': manifest('@minigpt4/qformer', {
    dependencies: ['@minigpt4/onnx-graph'],
    devDependencies: ['@minigpt4/testing', 'onnxruntime-node'],
  }),
  'packages/qformer/src/qformer.ts': "import { matmul } from '@minigpt4/onnx-graph';",
  'packages/qformer/src/qformer.test.ts':
    "import { close } from '@minigpt4/testing';\nimport { run } from 'onnxruntime-node';\nimport { x } from './qformer.js';",
  'packages/llm-vicuna/package.json': manifest('@minigpt4/llm-vicuna'),
  'packages/projection/package.json': manifest('@minigpt4/projection', { dependencies: ['@tensorflow/tfjs'] }),
  'packages/projection/src/train/adam.ts': "import { tensor } from '@tensorflow/tfjs';",
  'packages/onnx-session/package.json': manifest('@minigpt4/onnx-session', { dependencies: ['onnxruntime-node'] }),
  'packages/onnx-session/src/session.ts': "const ort = await import('onnxruntime-node');",
  'packages/testing/package.json': manifest('@minigpt4/testing', { private: true }),
  'packages/tiny/package.json': manifest('@minigpt4/tiny'),
  'packages/minigpt4/package.json': manifest('minigpt4', { dependencies: ['@minigpt4/tiny', '@minigpt4/qformer'] }),
  'packages/minigpt4/src/load.ts':
    "import.meta.resolve('@minigpt4/tiny');\nimport { qformer } from '@minigpt4/qformer';",
  'apps/trainer/package.json': manifest('@minigpt4/trainer', { dependencies: ['minigpt4', '@minigpt4/projection'] }),
  'apps/trainer/src/main.ts': "import { train } from '@minigpt4/projection/train';\nimport { load } from 'minigpt4';",
};

describe('checkLayers', () => {
  it('lets packages point down', () => {
    expect(failuresOf(checkLayers, good)).toEqual([]);
  });

  const cases: readonly { breaks: string; files: Files; expected: readonly string[] }[] = [
    {
      breaks: 'an edge that is not allowed',
      files: {
        'packages/core/package.json': manifest('@minigpt4/core', { dependencies: ['@minigpt4/tiny'] }),
        'packages/core/src/random.ts': "import { path } from '@minigpt4/tiny';",
      },
      expected: [
        'packages/core/package.json: @minigpt4/core may use no other package, got @minigpt4/tiny. Move the code down, or hand in what it needs as an argument.',
        'packages/core/src/random.ts:1: @minigpt4/core may use no other package, got @minigpt4/tiny. Move the code down, or hand in what it needs as an argument.',
      ],
    },
    {
      breaks: 'an import of another stage, even in a test',
      files: {
        'packages/llm-vicuna/package.json': manifest('@minigpt4/llm-vicuna', {
          devDependencies: ['@minigpt4/qformer'],
        }),
        'packages/llm-vicuna/src/llama.test.ts': "\nimport { qformer } from '@minigpt4/qformer';",
      },
      expected: [
        'packages/llm-vicuna/package.json: a stage reaches for the stage @minigpt4/qformer. Let the two meet in packages/minigpt4.',
        'packages/llm-vicuna/src/llama.test.ts:2: a stage reaches for the stage @minigpt4/qformer. Let the two meet in packages/minigpt4.',
      ],
    },
    {
      breaks: 'onnxruntime-node as a dependency elsewhere',
      files: {
        'packages/llm-vicuna/package.json': manifest('@minigpt4/llm-vicuna', { dependencies: ['onnxruntime-node'] }),
        'packages/llm-vicuna/src/llama.ts': "import { run } from 'onnxruntime-node';",
      },
      expected: [
        'packages/llm-vicuna/package.json: depends on onnxruntime-node. Run graphs through @minigpt4/onnx-session, which alone carries the 288 MB of onnxruntime-node.',
        'packages/llm-vicuna/src/llama.ts:1: imports onnxruntime-node. Run graphs through @minigpt4/onnx-session, which alone carries the 288 MB of onnxruntime-node.',
      ],
    },
    {
      breaks: 'TensorFlow.js outside the training folder',
      files: { 'packages/projection/src/projection.ts': "import { tensor } from '@tensorflow/tfjs';" },
      expected: [
        'packages/projection/src/projection.ts:1: imports @tensorflow/tfjs. Only packages/projection/src/train may load TensorFlow.js: move the code there.',
      ],
    },
    {
      breaks: 'the training entry in the façade',
      files: {
        'packages/minigpt4/package.json': manifest('minigpt4', { dependencies: ['@minigpt4/projection'] }),
        'packages/minigpt4/src/load.ts': "import { train } from '@minigpt4/projection/train';",
      },
      expected: [
        'packages/minigpt4/src/load.ts:1: imports @minigpt4/projection/train. Only the trainer and tooling may load TensorFlow.js: import @minigpt4/projection.',
      ],
    },
    {
      breaks: 'a file of another package by its path',
      files: {
        'packages/onnx-graph/src/graph.ts':
          "import { shape } from '../../core/src/shape.js';\nimport '@minigpt4/core';",
      },
      expected: [
        'packages/onnx-graph/src/graph.ts:1: imports ../../core/src/shape.js outside its package. Import the other package by its name.',
      ],
    },
    {
      breaks: 'an undeclared import',
      files: { 'packages/tiny/src/path.ts': "import { z } from 'zod';" },
      expected: ['packages/tiny/src/path.ts:1: imports zod, which is not declared. Add it to the dependencies.'],
    },
    {
      breaks: 'a published file that needs a devDependency',
      files: {
        'packages/qformer/src/qformer.ts': "import { close } from '@minigpt4/testing';\nimport '@minigpt4/onnx-graph';",
      },
      expected: [
        'packages/qformer/src/qformer.ts:1: @minigpt4/qformer may use @minigpt4/nn, @minigpt4/onnx-graph, @minigpt4/core, got @minigpt4/testing. Move the code down, or hand in what it needs as an argument.',
        'packages/qformer/src/qformer.ts:1: imports @minigpt4/testing, which is not declared. Add it to the dependencies.',
      ],
    },
    {
      breaks: 'a dependency that nothing uses',
      files: { 'packages/core/src/random.ts': '' },
      expected: [
        'packages/core/package.json: depends on pure-rand but nothing in src imports it. Remove it, or make it a devDependency if only tests use it.',
      ],
    },
    {
      breaks: 'a cycle through a devDependency',
      files: {
        'packages/core/package.json': manifest('@minigpt4/core', {
          dependencies: ['pure-rand'],
          devDependencies: ['@minigpt4/onnx-graph'],
        }),
      },
      expected: [
        'packages/core/package.json: cycle @minigpt4/core → @minigpt4/onnx-graph → @minigpt4/core. Move a test or its helper up one package.',
      ],
    },
    {
      breaks: 'a published package that needs a private one',
      files: { 'packages/tiny/package.json': manifest('@minigpt4/tiny', { private: true }) },
      expected: [
        'packages/minigpt4/package.json: depends on the private @minigpt4/tiny. Make it a devDependency or publish it.',
      ],
    },
    {
      breaks: 'a package without a place',
      files: { 'packages/new/package.json': manifest('@minigpt4/new') },
      expected: [
        'packages/new/package.json: @minigpt4/new has no place among the layers. Give it a line in tooling/repo-checks/src/layer-table.ts.',
      ],
    },
    {
      breaks: 'an app that uses another app',
      files: {
        'apps/chat/package.json': manifest('@minigpt4/chat', { dependencies: ['@minigpt4/trainer'] }),
        'apps/chat/src/main.ts': "import { x } from '@minigpt4/trainer';",
      },
      expected: [
        'apps/chat/package.json: @minigpt4/chat may use packages only, got @minigpt4/trainer. Move the code down, or hand in what it needs as an argument.',
        'apps/chat/src/main.ts:1: @minigpt4/chat may use packages only, got @minigpt4/trainer. Move the code down, or hand in what it needs as an argument.',
      ],
    },
  ];

  it.each(cases)('reports $breaks', ({ files, expected }) => {
    expect(failuresOf(checkLayers, { ...good, ...files })).toEqual(expected);
  });
});
