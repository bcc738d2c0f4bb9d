import { readFile } from 'node:fs/promises';
import { MiniGPT4Error } from '@minigpt4/core';
import { z } from 'zod';
import type { Evaluation } from './evaluation.js';

const figure = z.union([z.number(), z.null(), z.record(z.string(), z.number().nullable())]).optional();

/** What a reader of an evaluation relies on; everything else may be missing or of another version. */
const schema = z.looseObject({
  n: z.number(),
  partial: z.boolean(),
  standardErrors: z.record(z.string(), z.number()),
  named: figure,
  category: figure,
  captionLoss: figure,
  retrieval: figure,
  captions: figure,
  pope: figure,
  style: figure,
  model: z.looseObject({ name: z.string(), digest: z.string() }),
  projection: z.looseObject({ path: z.string(), sha256: z.string() }),
  data: z.array(z.looseObject({ path: z.string(), sha256: z.string().nullable() })),
  settings: z.looseObject({}),
  createdAt: z.string(),
  samples: z
    .array(
      z.looseObject({
        key: z.string(),
        answers: z.record(z.string(), z.string()),
        observations: z.record(z.string(), z.tuple([z.number(), z.number()])),
      }),
    )
    .optional(),
});

/**
 * Reads a result of `evaluate` from a file.
 *
 * @throws `EVALUATION_UNREADABLE` for a file that is absent, no JSON, or something else
 */
export async function readEvaluation(path: string): Promise<Evaluation> {
  const fail = (got: string, cause?: unknown) =>
    new MiniGPT4Error(
      'EVALUATION_UNREADABLE',
      `${path}: not usable, expected a result of evaluate --output or --json, got ${got}. Check the path.`,
      { cause },
    );
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fail('no readable file', cause);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fail('no JSON', cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as unknown as Evaluation;
  const [issue] = parsed.error.issues;
  throw fail(`${issue?.path.join('.') || 'the whole'}: ${issue?.message}`);
}
