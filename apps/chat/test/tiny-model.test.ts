import { startEngine, type Engine } from '@minigpt4/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noBrowser, openPage, type OpenPage } from './open-page.js';

describe.skipIf(noBrowser)(`the page with the tiny model${noBrowser ? ` (${noBrowser})` : ''}`, () => {
  let model: Engine;
  let opened: OpenPage;

  beforeAll(async () => {
    model = await startEngine({ model: 'tiny', load: { threads: 1 } });
    opened = await openPage(model);
  });
  afterAll(async () => {
    await opened?.close();
    await model?.dispose();
  });

  it.each([
    ['Blue heart', /blue heart/],
    ['Star', /star/],
    ['Apple', /apple/],
    ['Shamrock', /shamrock/],
  ])('names the drawing %s that the page offers', async (name, expected) => {
    const { page } = opened;
    await page.getByRole('button', { name }).click();
    await page.getByRole('button', { name: 'What is this?' }).click();
    await expect.poll(() => page.locator('.answered').allTextContents()).toEqual([expect.stringMatching(expected)]);
    await expect.poll(() => page.locator('.streaming').count()).toBe(0);
  });

  it('answers a second question about the same picture', async () => {
    const { page } = opened;
    await page.getByLabel('Your question').fill('What color is it?');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.answered').last().textContent()).toMatch(/green/);
    expect(opened.complaints).toEqual([]);
  });
});
