/** How much a file may ask for before it is refused with `CHECKPOINT_LIMIT`; every number bounds memory or time. */
export interface CheckpointLimits {
  /**
   * Bytes of a safetensors or GGUF header or of a shard index. The largest known index, of 91,000 tensors, has 9 MB, a GGUF
   * header with a vocabulary of 256,000 pieces 12 MB; the text and what is made of it are in memory together.
   */
  readonly headerBytes: number;
  /** Bytes of one pickle. A 13 B model needs 60 KB, a runner checkpoint with the state of 20,000 parameters 8 MB; all of it may be in memory twice. */
  readonly pickleBytes: number;
  /**
   * Operations of one file's pickles; those that cost more, such as a dictionary, count as several. A tensor takes about
   * 60, so that 16,000 fit (EVA has 500, a 13 B model 400, with the state of an optimizer three times that), and the worst
   * pickle ends within a second and 200 MB.
   */
  readonly pickleOperations: number;
  /** Values of a safetensors header or a shard index, lists and objects among them. A tensor takes 8, or 1 in an index. */
  readonly jsonValues: number;
  /** Tensors in one checkpoint, all its shards together. The largest open model has 91,000. */
  readonly tensors: number;
  /** Dimensions of one tensor. PyTorch and numpy stop at 64. */
  readonly dimensions: number;
  /** Entries of a zip container: one a storage. What the limit of a pickle allows has at most 20,000. */
  readonly zipEntries: number;
  /** Characters of a tensor name. Module paths stay under 200; longer text in a pickle is cut, because nothing but names is used. */
  readonly nameLength: number;
  /** Files named by a shard index. Each one holds a file handle, and systems give a process 1,024. */
  readonly shards: number;
  /** Keys of a GGUF header. Real files have some dozens; what is read stays in memory. */
  readonly metadataKeys: number;
  /** Elements of all lists of a GGUF header. A vocabulary of 256,000 pieces needs a million; each may take 60 bytes of memory. */
  readonly metadataElements: number;
  /**
   * Bytes of a tensor that is larger than the bytes stored for it (an expanded view, stride 0): the one way to lie about
   * memory. A float32 attention mask of 4096 positions has 64 MiB.
   */
  readonly expandedBytes: number;
}

/** The limits that {@link CheckpointLimits} explains, as used unless `openCheckpoint` is given others. */
export const checkpointLimits: CheckpointLimits = {
  headerBytes: 32 * 1024 * 1024,
  pickleBytes: 16 * 1024 * 1024,
  pickleOperations: 1_000_000,
  jsonValues: 1_000_000,
  tensors: 100_000,
  dimensions: 64,
  zipEntries: 50_000,
  nameLength: 1024,
  shards: 512,
  metadataKeys: 10_000,
  metadataElements: 2_000_000,
  expandedBytes: 64 * 1024 * 1024,
};
