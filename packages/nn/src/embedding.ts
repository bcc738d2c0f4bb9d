import type { Layer, Params } from './params.js';

/** Rows of a table by index: int64 (…) to (…, width), with `weight` (rows, width). */
export function embedding(params: Params, rows: number, width: number): Layer {
  const weight = params.get('weight', [rows, width]);
  return ids => params.scoped(() => weight.gather(ids));
}
