import type { AnswerOptions, AnswerStream, ChatModel, ImageEmbeddings } from 'minigpt4';
import { pictureDecoding } from './picture-decoding.js';

/** Size of a picture in pixels, as it is decoded. */
export type PictureSize = NonNullable<ImageEmbeddings['picture']>;

/** A chat about one picture that can start over, with the same picture or another. */
export interface Conversation {
  /** Looks at an encoded picture and starts over. */
  show(bytes: Uint8Array): Promise<PictureSize | undefined>;
  /** Forgets what was said and keeps the picture, which is not encoded again. */
  startOver(): Promise<void>;
  ask(question: string, options?: AnswerOptions): AnswerStream;
  dispose(): void;
}

/** An empty conversation with `model`. */
export function conversation(model: ChatModel): Conversation {
  let chat = model.chat();
  let picture: ImageEmbeddings | undefined;

  const startOver = async () => {
    chat.dispose();
    chat = model.chat();
    if (picture) await chat.addImage(picture);
  };
  return {
    async show(bytes) {
      picture = await model.encodeImage(bytes, pictureDecoding);
      await startOver();
      return picture.picture;
    },
    startOver,
    ask: (question, options) => chat.ask(question, options),
    dispose: () => chat.dispose(),
  };
}
