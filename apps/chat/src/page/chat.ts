import { ApiError, ask, closeChat, describeModel, openChat } from './chat-api.js';
import { drawExample, examplePictures } from './example-pictures.js';
import { onPictureGiven } from './picture-input.js';
import { transcript, type ShownTurn } from './transcript.js';

const questions = ['What is this?', 'What color is it?', 'What category is it?', 'Describe this image in detail.'];

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${type.name} #${id}`);
}

const preview = element('preview', HTMLImageElement);
const problem = element('problem', HTMLElement);
const suggestions = element('suggestions', HTMLElement);
const questionBox = element('question', HTMLTextAreaElement);
const sendButton = element('send', HTMLButtonElement);
const stopButton = element('stop', HTMLButtonElement);
const welcome = element('welcome', HTMLElement);
const turns = transcript(element('log', HTMLElement), welcome);

let maxPictureBytes = Number.POSITIVE_INFINITY;
let picture: Blob | undefined;
let chatId: string | undefined;
let answering: AbortController | undefined;
let newestChoice = 0;

/** An error's message without the place in the program that it names first. */
function inWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const words = message.replace(/^\w+: /, '');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function complain(error: unknown): void {
  problem.textContent = inWords(error);
  problem.hidden = false;
}

function setAnswering(now: AbortController | undefined): void {
  answering = now;
  sendButton.hidden = now !== undefined;
  stopButton.hidden = now === undefined;
}

/** Begins anew with what was just opened, or with nothing. */
function startOver(id?: string): void {
  answering?.abort();
  if (chatId !== undefined) closeChat(chatId);
  chatId = id;
  turns.clear();
  problem.hidden = true;
  suggestions.hidden = picture === undefined;
}

function showPicture(file: Blob): void {
  URL.revokeObjectURL(preview.src);
  picture = file;
  preview.src = URL.createObjectURL(file);
  preview.hidden = false;
  document.body.classList.add('has-picture');
  questionBox.placeholder = 'Ask about this picture';
  welcome.querySelector('.large')?.replaceChildren('What would you like to know?');
  welcome.querySelector('.quiet')?.replaceChildren('Type a question, or take one of those below.');
}

async function choosePicture(file: Blob): Promise<void> {
  const choice = ++newestChoice;
  problem.hidden = true;
  document.body.classList.add('looking');
  try {
    if (file.size > maxPictureBytes) {
      throw new Error(
        `That file is too large: ${Math.ceil(file.size / 2 ** 20)} MB, at most ${maxPictureBytes / 2 ** 20} MB.`,
      );
    }
    const id = await openChat(file);
    if (choice !== newestChoice) return closeChat(id);
    showPicture(file);
    startOver(id);
    if (matchMedia('(hover: hover)').matches) questionBox.focus(); // elsewhere it would open the screen keyboard
  } catch (error) {
    if (choice === newestChoice) complain(error);
  } finally {
    if (choice === newestChoice) document.body.classList.remove('looking');
  }
}

/** Asks in the open chat; a server that has forgotten it is shown the picture again, once. */
async function* askAgainIfForgotten(about: Blob, question: string, signal: AbortSignal): ReturnType<typeof ask> {
  try {
    chatId ??= await openChat(about);
    yield* ask(chatId, question, signal);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'CHAT_NOT_FOUND') throw error;
    chatId = await openChat(about);
    turns.remark('The server had forgotten this chat; it sees the picture again, but not the earlier questions.');
    yield* ask(chatId, question, signal);
  }
}

async function answer(turn: ShownTurn, about: Blob, question: string): Promise<void> {
  const stopping = new AbortController();
  setAnswering(stopping);
  try {
    for await (const event of askAgainIfForgotten(about, question, stopping.signal)) {
      if (event.name === 'text') turn.append(event.data.text);
      else turn.finish(event.data);
    }
  } catch (error) {
    if (stopping.signal.aborted) turn.stop();
    else turn.fail(inWords(error));
  } finally {
    if (answering === stopping) setAnswering(undefined);
  }
}

async function submit(question: string): Promise<void> {
  if (answering || question === '') return;
  if (!picture) return complain('Add a picture first: choose, drop or paste one, or take one of the drawings.');
  problem.hidden = true;
  suggestions.hidden = true;
  questionBox.value = '';
  await answer(turns.add(question), picture, question);
}

function addButtons(): void {
  for (const example of examplePictures) {
    const button = document.createElement('button');
    const canvas = drawExample(example);
    button.type = 'button';
    button.title = example.name;
    button.setAttribute('aria-label', example.name);
    button.append(canvas);
    button.onclick = () => canvas.toBlob(blob => blob && void choosePicture(blob), 'image/png');
    element('example-list', HTMLElement).append(button);
  }
  for (const question of questions) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = question;
    button.onclick = () => void submit(question);
    suggestions.append(button);
  }
}

function listen(): void {
  element('composer', HTMLFormElement).onsubmit = event => {
    event.preventDefault();
    void submit(questionBox.value.trim());
  };
  questionBox.onkeydown = event => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void submit(questionBox.value.trim());
  };
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape') answering?.abort();
  });
  stopButton.onclick = () => {
    answering?.abort();
    questionBox.focus();
  };
  element('new-chat', HTMLButtonElement).onclick = () => {
    startOver();
    questionBox.focus();
  };
  onPictureGiven({
    input: element('file', HTMLInputElement),
    veil: element('veil', HTMLElement),
    take: file => void choosePicture(file),
  });
}

async function introduceModel(): Promise<void> {
  const model = await describeModel();
  maxPictureBytes = model.maxPictureBytes;
  element('model-name', HTMLElement).textContent = model.name;
  element('hint', HTMLElement).textContent = model.hint;
}

addButtons();
listen();
introduceModel().catch(complain);
