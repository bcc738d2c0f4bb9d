import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChatModel } from 'minigpt4';
import { chromium, type Page } from 'playwright-core';
import { build } from 'tsup';
import { chatServer, type ChatServer } from '../src/server/chat-server.js';
import { listen } from '../src/server/listen.js';
import { readPage } from '../src/server/page.js';

const chromiumPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Why there is no browser to test with; undefined when there is one. */
export const noBrowser = existsSync(chromiumPath) ? undefined : `skipped: no browser at ${chromiumPath}`;

/** The page in a browser, and the server behind it. */
export interface OpenPage {
  readonly page: Page;
  readonly server: ChatServer;
  /** Errors on the page and requests to other places. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Builds the page, serves it with `model` on a free port and opens it in headless Chromium. */
export async function openPage(model: ChatModel, options: { readonly maxChats?: number } = {}): Promise<OpenPage> {
  const folder = await mkdtemp(join(tmpdir(), 'minigpt4-page-'));
  await buildPage(folder);
  const server = chatServer({ model, page: await readPage(folder), ...options });
  const listening = await listen({ fetch: request => server.app.fetch(request), host: '127.0.0.1', port: 0 });
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const page = await browser.newPage();
  const complaints = watch(page, listening.url);
  await page.goto(listening.url);
  return {
    page,
    server,
    complaints,
    async close() {
      await browser.close();
      await listening.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function buildPage(outDir: string): Promise<void> {
  const source = (name: string) => fileURLToPath(new URL(`../src/page/${name}`, import.meta.url));
  await build({
    entry: [source('index.html'), source('chat.css'), source('chat.ts')],
    outDir,
    format: 'esm',
    target: 'node20',
    platform: 'browser',
    loader: { '.html': 'copy' },
    config: false,
    silent: true,
  });
}

function watch(page: Page, url: string): string[] {
  const complaints: string[] = [];
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', error => complaints.push(error.message));
  page.on('request', request => {
    if (request.url().startsWith('http') && !request.url().startsWith(url)) complaints.push(request.url());
  });
  return complaints;
}
