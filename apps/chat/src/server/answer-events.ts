import type { ErrorReport } from '../error-report.js';
import type { Answer } from 'minigpt4';

/** The events of an answer's stream and the JSON each carries. */
export interface AnswerEvents {
  /** The next piece of the answer. */
  readonly text: { readonly text: string };
  /** The whole answer; the last event of an answer that worked. */
  readonly done: { readonly answer: string } & Pick<Answer, 'finishReason' | 'usage' | 'timings'>;
  /** The last event of an answer that failed. */
  readonly error: ErrorReport;
}

/** What `GET /api/model` tells. */
export interface ModelDescription {
  readonly name: string;
  /** One sentence on what the model can and cannot see. */
  readonly hint: string;
  /** Largest picture file accepted, in bytes. */
  readonly maxPictureBytes: number;
}
