import type { AnswerOptions, AnswerStream, ImageEmbeddings, ImageSource, MiniGPT4 } from 'minigpt4';

/** A chat about one picture that can start over, with the same picture or another. */
export interface Conversation {
  /** Looks at a picture and starts over. */
  show(image: ImageSource): Promise<void>;
  /** Forgets what was said and keeps the picture, which is not encoded again. */
  startOver(): Promise<void>;
  ask(question: string, options?: AnswerOptions): AnswerStream;
  dispose(): void;
}

/** An empty conversation with `model`. */
export function conversation(model: MiniGPT4): Conversation {
  let chat = model.chat();
  let picture: ImageEmbeddings | undefined;

  const startOver = async () => {
    chat.dispose();
    chat = model.chat();
    if (picture) await chat.addImage(picture);
  };
  return {
    async show(image) {
      picture = await model.encodeImage(image);
      await startOver();
    },
    startOver,
    ask: (question, options) => chat.ask(question, options),
    dispose: () => chat.dispose(),
  };
}
