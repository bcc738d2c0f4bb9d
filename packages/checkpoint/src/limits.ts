/** How much a file may ask for before it is refused with `CHECKPOINT_LIMIT`; every number bounds memory or time. */
export interface CheckpointLimits {
  /** Bytes of a safetensors or GGUF header or of a shard index. 100 MB is the limit of the safetensors reference reader. */
  readonly headerBytes: number;
  /** Bytes of one pickle. A 13 B model needs 60 KB; 32 MiB leaves room for runner checkpoints and is read in milliseconds. */
  readonly pickleBytes: number;
  /** Operations of one file's pickles. A tensor takes about 40; one operation can allocate some 200 bytes, so 4 million stay under 1 GB. */
  readonly pickleOperations: number;
  /** Tensors in one file. The largest open models have a few thousand; beyond 100,000 a file is damaged or hostile. */
  readonly tensors: number;
  /** Dimensions of one tensor. PyTorch and numpy stop at 64. */
  readonly dimensions: number;
  /** Entries of a zip container: one a storage, and an optimizer holds three storages a parameter. */
  readonly zipEntries: number;
  /** Characters of a tensor name. Module paths stay under 200; longer text in a pickle is cut, because nothing but names is used. */
  readonly nameLength: number;
  /** Files named by a shard index. Each one holds a file handle, and systems give a process 1,024. */
  readonly shards: number;
  /** Keys of a GGUF header. Real files have some dozens; what is read stays in memory. */
  readonly metadataKeys: number;
  /** Elements of all lists of a GGUF header. A vocabulary of 256,000 pieces needs a million; each may take 30 bytes of memory. */
  readonly metadataElements: number;
  /** Bytes of a tensor that is larger than the bytes stored for it (an expanded view, stride 0): the one way to lie about memory. */
  readonly expandedBytes: number;
}

/** The limits that {@link CheckpointLimits} explains, as used unless `openCheckpoint` is given others. */
export const checkpointLimits: CheckpointLimits = {
  headerBytes: 100_000_000,
  pickleBytes: 32 * 1024 * 1024,
  pickleOperations: 4_000_000,
  tensors: 100_000,
  dimensions: 64,
  zipEntries: 400_000,
  nameLength: 1024,
  shards: 512,
  metadataKeys: 10_000,
  metadataElements: 4_000_000,
  expandedBytes: 256 * 1024 * 1024,
};
