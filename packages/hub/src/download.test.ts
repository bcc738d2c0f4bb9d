import { execFile } from 'node:child_process';
import { access, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { lock } from 'proper-lockfile';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firstCommit, gitDigest, sha256, standInHub, type StandInHub } from '../test/stand-in-hub.js';
import { downloadFile, downloadSnapshot } from './download.js';
import type { DownloadProgress, HubOptions } from './hub-options.js';

const weights = Buffer.from(Uint8Array.from({ length: 100_000 }, (_, i) => i * 7));
const config = Buffer.from('{"width": 4}');
const files = { 'config.json': config, 'onnx/model.bin': weights, 'empty.txt': Buffer.alloc(0) };

let hub: StandInHub;
let cacheDirectory: string;
let options: HubOptions;

beforeEach(async () => {
  hub = await standInHub(files);
  cacheDirectory = await mkdtemp(join(tmpdir(), 'hub-test-'));
  options = { endpoints: [hub.url], cacheDirectory, retryDelayMs: 1, token: '' };
});

afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(cacheDirectory, { recursive: true });
});

const model = (...path: string[]) => join(cacheDirectory, 'models--org--model', ...path);
const contents = () => hub.requests.filter(request => request.includes('/resolve/'));

describe('downloadFile', () => {
  it('lays the cache out as every tool of Hugging Face reads it', async () => {
    const path = await downloadFile('org/model', 'onnx/model.bin', options);
    expect(path).toBe(model('snapshots', firstCommit, 'onnx', 'model.bin'));
    expect(await readFile(path)).toEqual(weights);
    expect(await readlink(path)).toBe(join('..', '..', '..', 'blobs', sha256(weights)));
    expect(await readFile(model('refs', 'main'), 'utf8')).toBe(firstCommit);
    expect(await readdir(model('blobs'))).toEqual([sha256(weights)]);
    expect(await readdir(join(cacheDirectory, '.locks', 'models--org--model'))).toEqual([]);
  });

  it("names small files by Git's digest, and keeps empty ones", async () => {
    const path = await downloadFile('org/model', 'config.json', options);
    expect(await readlink(path)).toContain(gitDigest(config));
    expect((await stat(await downloadFile('org/model', 'empty.txt', options))).size).toBe(0);
  });

  it('fetches nothing twice, and asks nobody about a commit that is there', async () => {
    const path = await downloadFile('org/model', 'config.json', options);
    hub.requests.length = 0;
    expect(await downloadFile('org/model', 'config.json', options)).toBe(path);
    expect(hub.requests).toEqual(['GET /api/models/org/model/revision/main']);
    hub.requests.length = 0;
    expect(await downloadFile('org/model', 'config.json', { ...options, revision: firstCommit })).toBe(path);
    expect(hub.requests).toEqual([]);
  });

  it('takes a content that another commit brought', async () => {
    await downloadFile('org/model', 'onnx/model.bin', options);
    hub.commit = 'b'.repeat(40);
    const path = await downloadFile('org/model', 'onnx/model.bin', options);
    expect(path).toContain('b'.repeat(40));
    expect(await readFile(path)).toEqual(weights);
    expect(contents()).toHaveLength(1);
    expect(await readFile(model('refs', 'main'), 'utf8')).toBe('b'.repeat(40));
  });

  it('goes on where connections were cut', async () => {
    hub.behaviour.cutAfter = [30_000, 20_000, 0];
    const seen: DownloadProgress[] = [];
    const path = await downloadFile('org/model', 'onnx/model.bin', { ...options, onProgress: p => seen.push(p) });
    expect(await readFile(path)).toEqual(weights);
    const ranges = contents().map(request => request.split(' ')[2] ?? 'all');
    expect(ranges).toEqual(['all', 'bytes=30000-', 'bytes=50000-', 'bytes=50000-']);
    expect(seen.at(-1)).toEqual({ path: 'onnx/model.bin', received: 100_000, total: 100_000 });
    expect(seen.map(({ received }) => received)).toEqual(seen.map(({ received }) => received).sort((a, b) => a - b));
  });

  it('starts over at a server without ranges', async () => {
    hub.behaviour.cutAfter = [30_000];
    hub.behaviour.ignoreRanges = true;
    const path = await downloadFile('org/model', 'onnx/model.bin', options);
    expect(await readFile(path)).toEqual(weights);
  });

  it('gives up a line that brings nothing, and goes on the next time', async () => {
    hub.behaviour.cutAfter = [30_000, 0, 0, 0];
    const twice = { ...options, retries: 2 };
    await expect(downloadFile('org/model', 'onnx/model.bin', twice)).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringContaining('expected 100000 bytes, got 30000') as string,
    });
    hub.behaviour.cutAfter = [];
    hub.requests.length = 0;
    await downloadFile('org/model', 'onnx/model.bin', options);
    expect(contents()).toEqual([`GET /org/model/resolve/${firstCommit}/onnx/model.bin bytes=30000-`]);
  });

  it('tries again after a stall and after a server that is busy', async () => {
    hub.behaviour.stalls = 1;
    hub.behaviour.refuse = [503, 429];
    const path = await downloadFile('org/model', 'onnx/model.bin', { ...options, stallMs: 200 });
    expect(await readFile(path)).toEqual(weights);
    expect(contents()).toHaveLength(4);
  });

  it('refuses a damaged content and keeps nothing of it', async () => {
    hub.behaviour.damaged = true;
    await expect(downloadFile('org/model', 'onnx/model.bin', options)).rejects.toMatchObject({ code: 'HUB_CHECKSUM' });
    await expect(downloadFile('org/model', 'config.json', options)).rejects.toMatchObject({ code: 'HUB_CHECKSUM' });
    expect(await readdir(model('blobs'))).toEqual([]);
    hub.behaviour.damaged = false;
    expect(await readFile(await downloadFile('org/model', 'onnx/model.bin', options))).toEqual(weights);
  });

  it('takes the next mirror when the first is down, and sends it no token', async () => {
    hub.behaviour.token = 'hf_secret';
    const mirror = await standInHub(files);
    const both = { ...options, endpoints: ['http://127.0.0.1:1', mirror.url], token: 'hf_secret' };
    const path = await downloadFile('org/model', 'onnx/model.bin', both);
    expect(await readFile(path)).toEqual(weights);
    mirror.behaviour.token = 'hf_secret';
    await expect(downloadFile('org/model', 'config.json', both)).rejects.toMatchObject({ code: 'HUB_FORBIDDEN' });
    await mirror[Symbol.asyncDispose]();
  });

  it('reads gated repositories with a token', async () => {
    hub.behaviour.token = 'hf_secret';
    await expect(downloadFile('org/model', 'config.json', options)).rejects.toMatchObject({ code: 'HUB_FORBIDDEN' });
    const path = await downloadFile('org/model', 'config.json', { ...options, token: 'hf_secret' });
    expect(await readFile(path)).toEqual(config);
  });

  it('offline takes what is there and says what is not', async () => {
    const path = await downloadFile('org/model', 'config.json', options);
    const offline = { ...options, offline: true };
    hub.requests.length = 0;
    expect(await downloadFile('org/model', 'config.json', offline)).toBe(path);
    await expect(downloadFile('org/model', 'onnx/model.bin', offline)).rejects.toMatchObject({ code: 'HUB_OFFLINE' });
    await expect(downloadFile('org/other', 'config.json', offline)).rejects.toMatchObject({ code: 'HUB_OFFLINE' });
    expect(hub.requests).toEqual([]);
  });

  it('remembers what a commit does not hold', async () => {
    await expect(downloadFile('org/model', 'none.txt', options)).rejects.toMatchObject({ code: 'HUB_NOT_FOUND' });
    expect((await lstat(model('.no_exist', firstCommit, 'none.txt'))).size).toBe(0);
    const offline = { ...options, offline: true };
    await expect(downloadFile('org/model', 'none.txt', offline)).rejects.toMatchObject({ code: 'HUB_NOT_FOUND' });
    await expect(downloadFile('org/other', 'a', options)).rejects.toMatchObject({ code: 'HUB_NOT_FOUND' });
  });

  it.each([
    ['org/../model', 'config.json'],
    ['/etc', 'passwd'],
    ['org/model', '../../../x'],
    ['org/model', '/etc/passwd'],
    ['org/model', 'a\\..\\b'],
    ['org/model', 'c:x'],
  ])('refuses names that lead elsewhere: %s %s', async (repository, path) => {
    await expect(downloadFile(repository, path, options)).rejects.toMatchObject({ code: 'HUB_NAME' });
    expect(hub.requests).toEqual([]);
  });

  it('refuses a revision that leads elsewhere, and an endpoint that is none', async () => {
    const up = { ...options, revision: '../../x' };
    await expect(downloadFile('org/model', 'config.json', up)).rejects.toMatchObject({ code: 'HUB_NAME' });
    const odd = { ...options, endpoints: ['file:///etc'] };
    await expect(downloadFile('org/model', 'config.json', odd)).rejects.toMatchObject({ code: 'HUB_OPTION' });
  });

  it('stops at a signal and keeps what has arrived', async () => {
    hub.behaviour.stalls = 1;
    const controller = new AbortController();
    const stopped = { ...options, signal: controller.signal, onProgress: () => controller.abort() };
    await expect(downloadFile('org/model', 'onnx/model.bin', stopped)).rejects.toMatchObject({ name: 'AbortError' });
    const [left] = await readdir(model('blobs'));
    expect(left).toBe(`${sha256(weights)}.incomplete`);
    expect((await stat(model('blobs', left!))).size).toBe(10);
  });

  it('says when the disk is in the way', async () => {
    await mkdir(model('blobs', `${sha256(weights)}.incomplete`), { recursive: true });
    await expect(downloadFile('org/model', 'onnx/model.bin', options)).rejects.toMatchObject({ code: 'HUB_DISK' });
  });
});

describe('downloadSnapshot', () => {
  it('brings the wanted files into one folder', async () => {
    const folder = await downloadSnapshot('org/model', { ...options, wanted: path => !path.endsWith('.txt') });
    expect(await readdir(folder)).toEqual(['config.json', 'onnx']);
    expect(await readFile(join(folder, 'onnx', 'model.bin'))).toEqual(weights);
    expect(await downloadSnapshot('org/model', { ...options, offline: true })).toBe(folder);
    await expect(downloadSnapshot('org/other', { ...options, offline: true })).rejects.toMatchObject({
      code: 'HUB_OFFLINE',
    });
  });
});

describe('several at once', () => {
  it('fetches a content once for all of this process', async () => {
    const paths = await Promise.all(
      Array.from({ length: 5 }, () => downloadFile('org/model', 'onnx/model.bin', options)),
    );
    expect(new Set(paths).size).toBe(1);
    expect(contents()).toHaveLength(1);
  });

  it('waits for the lock of another holder', async () => {
    const path = join(cacheDirectory, '.locks', 'models--org--model', `${sha256(weights)}.lock`);
    await mkdir(join(path, '..'), { recursive: true });
    const release = await lock(path, { realpath: false, lockfilePath: path });
    const downloading = downloadFile('org/model', 'onnx/model.bin', options);
    await sleep(150);
    expect(contents()).toEqual([]);
    await release();
    await access(await downloading);
  });

  it('goes on after a process that was killed while it held the lock', async () => {
    const path = join(cacheDirectory, '.locks', 'models--org--model', `${sha256(weights)}.lock`);
    await mkdir(path, { recursive: true });
    // as old as a dead holder's lock
    await promisify(execFile)('touch', ['-d', '1 minute ago', path]);
    await mkdir(model('blobs'), { recursive: true });
    await writeFile(model('blobs', `${sha256(weights)}.incomplete`), weights.subarray(0, 400));
    expect(await readFile(await downloadFile('org/model', 'onnx/model.bin', options))).toEqual(weights);
    expect(contents()[0]).toContain('bytes=400-');
  });
});
