import type { AnswerOptions, LoadOptions } from 'minigpt4';

/** Which weights to load and how. */
export interface ModelChoice extends Pick<LoadOptions, 'quantize' | 'prefillCopy' | 'device'> {
  /** Preset name, model directory, GGUF file or `hf:` and a repository of Hugging Face, as it was typed. */
  readonly source: string;
  /** CPU threads; the engine decides when absent. */
  readonly threads?: number;
  /** Absolute path of another trained projection; the model's own when absent. */
  readonly projection?: string;
  /** Absolute path of the directory of a preset's files. */
  readonly directory?: string;
  /** True to compute in this process instead of one of its own. */
  readonly inProcess: boolean;
}

/** Answer one question and exit. */
export interface AskCommand {
  readonly kind: 'ask';
  readonly model: ModelChoice;
  /** Absolute path of the picture, `-` for standard input, absent for a question without one. */
  readonly image?: string;
  readonly question: string;
  /** True for one JSON object instead of plain text. */
  readonly json: boolean;
  readonly settings: AnswerOptions;
}

/** Chat in the terminal, or with whatever is piped in. */
export interface TerminalCommand {
  readonly kind: 'terminal';
  readonly model: ModelChoice;
  /** Absolute path of the picture to begin with. */
  readonly image?: string;
  readonly settings: AnswerOptions;
}

/** Serve the web page. */
export interface ServeCommand {
  readonly kind: 'serve';
  readonly model: ModelChoice;
  readonly host: string;
  readonly port: number;
  readonly settings: AnswerOptions;
}

/** What the command line asked for. */
export type ChatCommand = AskCommand | TerminalCommand | ServeCommand;
