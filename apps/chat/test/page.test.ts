import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noBrowser, openPage, type OpenPage } from './open-page.js';
import { stubModel } from './stub-model.js';

const redSquare = () =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } })
    .png()
    .toBuffer();

describe.skipIf(noBrowser)(`the page in a real browser${noBrowser ? ` (${noBrowser})` : ''}`, () => {
  const slowWords = Array.from({ length: 200 }, (_, i) => `word${i} `);
  const model = stubModel({
    tokenMs: 5,
    pieces: question => (question.includes('long') ? slowWords : ['It is ', '<b>a red heart</b>', '.']),
  });
  const maxChats = 2;
  let opened: OpenPage;
  let page: Page;

  beforeAll(async () => {
    opened = await openPage(model, { maxChats });
    ({ page } = opened);
  });
  afterAll(() => opened?.close());

  const ask = async (question: string) => {
    await page.getByLabel('Your question').fill(question);
    await page.keyboard.press('Enter');
  };
  const answers = () => page.locator('.answered');
  const chooseFile = (name: string, mimeType: string, buffer: Buffer) =>
    page.locator('#file').setInputFiles({ name, mimeType, buffer });

  it('tells which model answers and what it knows', async () => {
    await expect.poll(() => page.locator('#model-name').textContent()).toBe('stub');
    await expect.poll(() => page.locator('#hint').textContent()).toContain('can be wrong');
  });

  it('asks for a picture first', async () => {
    await ask('What is this?');
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('Add a picture first');
    expect(model.asked).toHaveLength(0);
  });

  it('says in words that a text file is no picture', async () => {
    await chooseFile('notes.txt', 'text/plain', Buffer.from('only words'));
    await expect
      .poll(() => page.getByRole('alert').textContent())
      .toMatch(/^Not a supported kind of file, expected PNG.* got .*text/i);
    await expect.poll(() => page.locator('#preview').isVisible()).toBe(false);
  });

  it('answers several questions about an uploaded picture, as text and not as markup', async () => {
    await chooseFile('heart.png', 'image/png', await redSquare());
    await expect.poll(() => page.locator('#preview').isVisible()).toBe(true);
    await ask('What is this?');
    await expect.poll(() => answers().last().textContent()).toBe('It is <b>a red heart</b>.');
    await expect.poll(() => page.locator('.streaming').count()).toBe(0);
    await ask('Are you sure?');
    await expect.poll(() => answers().count()).toBe(2);
    await expect.poll(() => page.locator('.streaming').count()).toBe(0);
    expect(model.asked.map(({ turn, image }) => ({ turn, image }))).toEqual([
      { turn: 1, image: 'embeddings' },
      { turn: 2, image: 'embeddings' },
    ]);
    expect(model.encoded).toHaveLength(1);
  });

  it('shows an answer while it is written, and stops it', async () => {
    await ask('A long story, please');
    await expect.poll(() => answers().last().textContent()).toMatch(/word3 /);
    await page.getByRole('button', { name: 'Stop the answer' }).click();
    await expect.poll(() => page.locator('.turn').last().locator('.note').textContent()).toBe('Stopped');
    const shown = await answers().last().textContent();
    expect(shown).toMatch(/^word0 /);
    expect(shown).not.toContain('word199');
    await expect.poll(() => model.asked.at(-1)?.options.signal?.aborted).toBe(true);
    await expect.poll(() => page.getByRole('button', { name: 'Ask', exact: true }).isVisible()).toBe(true);
  });

  it('begins a new chat about the same picture', async () => {
    await page.getByRole('button', { name: 'New chat' }).click();
    await expect.poll(() => page.locator('.turn').count()).toBe(0);
    await page.getByRole('button', { name: 'What is this?' }).click();
    await expect.poll(() => answers().last().textContent()).toContain('red heart');
    expect(model.asked.at(-1)).toMatchObject({ turn: 1, image: 'embeddings' });
  });

  it('draws its own examples and takes a pasted picture', async () => {
    const before = model.encoded.length;
    await page.getByRole('button', { name: 'Blue heart' }).click();
    await expect.poll(() => model.encoded.length).toBe(before + 1);
    const bytes = [...(await redSquare())];
    await page.evaluate(numbers => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([new Uint8Array(numbers)], 'pasted.png', { type: 'image/png' }));
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }, bytes);
    await expect.poll(() => model.encoded.length).toBe(before + 2);
    expect(model.encoded.at(-1)).toMatchObject({ width: 40, height: 30 });
  });

  it('takes a dropped picture', async () => {
    const before = model.encoded.length;
    const bytes = [...(await redSquare())];
    await page.evaluate(numbers => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(numbers)], 'dropped.png', { type: 'image/png' }));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, bytes);
    await expect.poll(() => model.encoded.length).toBe(before + 1);
  });

  it('goes on when the server has forgotten the chat', async () => {
    await ask('What is this?');
    await expect.poll(() => page.locator('.streaming').count()).toBe(0);
    for (let i = 0; i < maxChats; i++) {
      await opened.server.app.request('/api/chats', { method: 'POST', headers: { host: 'localhost' } });
    }
    await ask('And now?');
    await expect.poll(() => page.getByText('The server had forgotten this chat').isVisible()).toBe(true);
    await expect.poll(() => page.locator('.streaming').count()).toBe(0);
    expect(model.asked.at(-1)).toMatchObject({ question: 'And now?', turn: 1, image: 'embeddings' });
  });

  it('loaded nothing from elsewhere and logged no error of its own', () => {
    const expected = /status of (415|404|400)/; // the refused file and the forgotten chat
    expect(opened.complaints.filter(text => !expected.test(text))).toEqual([]);
  });
});
