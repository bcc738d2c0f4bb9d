import type { MiniGPT4Config } from '../config.js';

/** Absolute paths of a model's checkpoints. */
export interface ModelFiles {
  /** EVA ViT: a flat state dict such as `eva_vit_g.pth`. */
  readonly vision: string;
  /**
   * BLIP-2: `query_tokens`, `ln_vision.*`, `Qformer.*`. Absent in the Llama-2 release, whose `ln_vision` is that of a
   * model nobody trained.
   */
  readonly qformer?: string;
  /** `llama_proj.*`. Absent while nobody has trained one: the other stages can be read, but the whole not be loaded. */
  readonly projection?: string;
  /** Directory of a Hugging Face LLaMA with its tokenizer, or a GGUF file. */
  readonly llm: string;
}

/** A model's name, sizes and files: everything `loadMiniGPT4` needs. */
export interface ModelDescription {
  readonly name: string;
  readonly config: MiniGPT4Config;
  readonly files: ModelFiles;
}

/** Where `describeModel` looks. */
export interface DescribeOptions {
  /** Directory of a preset's files. Defaults to none, which is enough for `tiny`. */
  readonly directory?: string;
  /** Files to take instead of those found, relative to the directory. Defaults to none. */
  readonly files?: Partial<ModelFiles>;
}
