import { createReadStream } from 'node:fs';
import { MiniGPT4Error } from '@minigpt4/core';
import type { DatasetLimits } from '../dataset-limits.js';
import { brokenSample } from '../skip-report.js';
import { type ByteRange, readFileRanges } from './read-file-ranges.js';
import { scanJsonLines, scanJsonList, type RecordScanner } from './scan-records.js';

/** A file of many JSON records, of which only the places are held in memory (16 bytes each). */
export interface RecordFile {
  readonly path: string;
  readonly length: number;
  /**
   * The record at a position.
   *
   * @throws `BAD_JSON`, `TOO_LARGE`, or `BAD_RECORD` for anything but an object.
   */
  read(index: number): Promise<Readonly<Record<string, unknown>>>;
  /** `FILE:NUMBER`, counted from 1. */
  source(index: number): string;
}

async function scan(path: string, scanner: RecordScanner): Promise<ByteRange[]> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) scanner.push(chunk as Buffer);
  } catch (error) {
    throw new MiniGPT4Error('DATASET_UNREADABLE', `${path}: cannot be read. Check the path and the disk.`, {
      cause: error,
    });
  }
  const problem = scanner.end();
  if (problem === undefined) return scanner.records;
  throw new MiniGPT4Error('BAD_DATASET', `${path}: ${problem}. Write or copy the file again.`);
}

/**
 * Opens a `.jsonl` file, a JSON list, or a JSON object whose `annotations` are a list. The file is read once, in pieces, to find its records.
 *
 * @throws `DATASET_UNREADABLE`, or `BAD_DATASET` for another shape or a file cut short.
 */
export async function openRecordFile(path: string, limits: DatasetLimits): Promise<RecordFile> {
  const records = await scan(path, /\.jsonl$/iu.test(path) ? scanJsonLines() : scanJsonList());
  const source = (index: number) => `${path}:${index + 1}`;
  return {
    path,
    length: records.length,
    source,
    async read(index) {
      const range = records[index]!;
      if (range.length > limits.recordBytes) {
        throw brokenSample(
          'TOO_LARGE',
          `${source(index)}: too large, expected at most ${limits.recordBytes} bytes, got ${range.length}. Shrink it or raise the limit.`,
        );
      }
      const [bytes] = await readFileRanges(path, [range]);
      return parseObject(bytes!, source(index));
    },
  };
}

/**
 * A JSON object from UTF-8 bytes.
 *
 * @throws `BAD_JSON`, or `BAD_RECORD` for a list, a text, a number or null.
 */
export function parseObject(bytes: Uint8Array, source: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw brokenSample('BAD_JSON', `${source}: expected JSON, got text that breaks off (${what}). Write it again.`, {
      cause: error,
    });
  }
  if (isRecord(value)) return value;
  throw brokenSample(
    'BAD_RECORD',
    `${source}: expected a JSON object, got ${JSON.stringify(value).slice(0, 40)}. Write it again.`,
  );
}

/** True for an object that is no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
