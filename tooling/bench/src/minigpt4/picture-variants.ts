import type { LoadOptions } from 'minigpt4';

/** The ways in which a whole model keeps its weights, by name. */
export const pictureVariants: Readonly<Record<string, LoadOptions>> = {
  'int4, eyes float16': { quantize: { language: 'int4', vision: 'float16' } },
  'int4, eyes int8': { quantize: { language: 'int4', vision: 'int8' } },
};
