import type { DType, HostTensor, Shape } from '@minigpt4/core';

/** What a checkpoint's directory says about one tensor; known without reading its data. */
export interface TensorInfo {
  /** The full path, such as `blocks.0.attn.qkv.weight`. */
  readonly name: string;
  /** Type of the elements that are read. */
  readonly dtype: DType;
  readonly shape: Shape;
  /** How the file packs the elements, such as `Q4_1`; absent where it holds them as they are read. */
  readonly storedAs?: string;
}

/** Where a tensor's raw little-endian row-major bytes lie, when they lie contiguously in one file. */
export interface TensorLocation {
  /** Absolute path of the file. */
  readonly file: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** Named tensors in one or more open files. Only the directory is in memory; each read fetches that tensor's bytes alone. */
export interface Checkpoint extends AsyncDisposable {
  /** What was opened: absolute path of a file, or of the index of a sharded checkpoint. */
  readonly path: string;
  /** The container: a torch pickle, a safetensors or GGUF file, or several files seen as one. */
  readonly format: 'torch' | 'safetensors' | 'gguf' | 'sharded';
  /** The strings of a safetensors file's `__metadata__`; empty for other formats. `readGgufMetadata` reads those of GGUF. */
  readonly metadata: Readonly<Record<string, string>>;
  /** All tensor names, in file order. */
  names(): readonly string[];
  /** The tensor's type and shape, or undefined for a name that the checkpoint lacks. */
  info(name: string): TensorInfo | undefined;
  /**
   * The place of the tensor's bytes; undefined for an unknown name, for strided (non-contiguous) tensors and for packed
   * ones. Stays valid after close.
   */
  location(name: string): TensorLocation | undefined;
  /**
   * The tensor in row-major order, whatever its strides in the file, and unpacked; reads only that tensor's bytes. Where
   * the file has a checksum for them, as torch zip files have, they are held against it; for a tensor that is a part of a
   * storage of up to 64 MiB the storage is read once for that, a larger one is not checked.
   * @throws `CHECKPOINT_NO_TENSOR`, `CHECKPOINT_CLOSED`, `CHECKPOINT_CORRUPT` (the file shrank, or its bytes were changed),
   * `CHECKPOINT_READ`, `CHECKPOINT_LIMIT`.
   */
  read(name: string): Promise<HostTensor>;
  /**
   * Rows `start` to `start + count` of the leading dimension: (rows, ...) to (count, ...); reads only their bytes, and
   * checks no checksum, because that takes all rows.
   * @throws as `read`, and `CHECKPOINT_RANGE` for rows that the tensor lacks.
   */
  readRows(name: string, start: number, count: number): Promise<HostTensor>;
  /** Gives the file handles back; a second call does nothing, a read afterwards throws `CHECKPOINT_CLOSED`. */
  close(): Promise<void>;
}
