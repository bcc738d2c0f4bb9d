/** One of an image's embeddings; two rows are the same only when they are this very object. */
export interface ImageRow {
  readonly image: ImageEmbeddings;
  readonly index: number;
}

/** How {@link ImageEmbeddings} came about. */
export interface ImageEmbeddingsDetails {
  /** Milliseconds the encoding took. Defaults to 0. */
  readonly encodeMs?: number;
  /** Size in pixels of the picture they were made from. Defaults to unknown. */
  readonly picture?: { readonly width: number; readonly height: number };
}

/** An encoded image: what the language model reads in the place of the picture. Encode once, ask many times. */
export class ImageEmbeddings {
  /** Embeddings (tokens, width). */
  readonly data: Float32Array;
  readonly tokens: number;
  readonly width: number;
  /** Milliseconds the encoding took. */
  readonly encodeMs: number;
  /** Size in pixels of the picture; absent where it was not told. */
  readonly picture: { readonly width: number; readonly height: number } | undefined;
  /** The embeddings one by one, as items of a prompt. */
  readonly rows: readonly ImageRow[];

  constructor(data: Float32Array, tokens: number, { encodeMs = 0, picture }: ImageEmbeddingsDetails = {}) {
    this.data = data;
    this.tokens = tokens;
    this.width = data.length / tokens;
    this.encodeMs = encodeMs;
    this.picture = picture;
    this.rows = Array.from({ length: tokens }, (_, index) => ({ image: this, index }));
  }

  /** One embedding, (width), as a view. */
  row(index: number): Float32Array {
    return this.data.subarray(index * this.width, (index + 1) * this.width);
  }
}
