import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder } from '../__fixtures__/make-samples.js';
import { datasetLimits } from '../dataset-limits.js';
import { openRecordFile } from './record-file.js';
import { type RecordScanner, scanJsonLines, scanJsonList } from './scan-records.js';

/** Feeds a text in pieces of some size and parses each record found. */
function scanned(scanner: RecordScanner, text: string, piece = 7): unknown[] {
  const bytes = Buffer.from(text);
  for (let i = 0; i < bytes.length; i += piece) scanner.push(bytes.subarray(i, i + piece));
  const problem = scanner.end();
  if (problem !== undefined) return [problem];
  return scanner.records.map(
    ({ offset, length }) => JSON.parse(bytes.toString('utf8', offset, offset + length)) as unknown,
  );
}

// what may stand between tokens, and how a list may be wrapped
const layout = fc.record({
  indent: fc.constantFrom(0, 2, '\t'),
  piece: fc.integer({ min: 1, max: 50 }),
  mark: fc.constantFrom('', '\ufeff', ' \n'),
});
const values = fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 8 });

describe('scanJsonList', () => {
  it('finds the elements of any list', () => {
    fc.assert(
      fc.property(values, layout, (list, { indent, piece, mark }) => {
        const text = JSON.stringify(list, undefined, indent);
        expect(scanned(scanJsonList(), mark + text, piece)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('finds the elements of annotations, wherever they stand and whatever is beside them', () => {
    const others = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(values, others, others, layout, (annotations, before, after, { indent, piece }) => {
        const text = JSON.stringify({ ...before, annotations, ...after, [']']: '[{"' }, undefined, indent);
        expect(scanned(scanJsonList(), text, piece)).toEqual(
          (JSON.parse(text) as { annotations: unknown }).annotations,
        );
      }),
    );
  });

  it('is not fooled by a value of that name, or by one deeper down', () => {
    expect(
      scanned(scanJsonList(), '{"a": "annotations", "b": [1], "c": {"annotations": [2]}, "annotations": [3]}'),
    ).toEqual([3]);
  });

  it.each(['{}', '{"a": [1]}', 'text', '', '7', '{"a": {"annotations": [1]}}', '{"annotations": {"a": [1]}}'])(
    'tells that %j holds no records',
    text => {
      expect(scanned(scanJsonList(), text)).toEqual([expect.stringMatching(/holds no records, expected/u)]);
    },
  );

  it('tells where a text cut short ends', () => {
    const text = JSON.stringify({ annotations: [{ a: '[1' }, { b: [2, 3] }] });
    for (let cut = text.indexOf('[') + 1; cut < text.length - 1; cut++) {
      expect(scanned(scanJsonList(), text.slice(0, cut))).toEqual([
        expect.stringContaining(`ends at byte ${cut} inside`),
      ]);
    }
  });
});

describe('scanJsonLines', () => {
  it('finds each line that is not blank', () => {
    const blank = fc.array(fc.constantFrom('', ' ', '\r', '\t\t'), { maxLength: 2 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.jsonValue(), blank)), layout, (lines, { piece, mark }) => {
        const text = mark + lines.flatMap(([value, blanks]) => [` ${JSON.stringify(value)}\r`, ...blanks]).join('\n');
        expect(scanned(scanJsonLines(), text, piece)).toEqual(
          lines.map(([value]) => JSON.parse(JSON.stringify(value))),
        );
      }),
    );
  });
});

describe('openRecordFile', () => {
  it('reads records by position, and tells what is wrong with one', async () => {
    await inTemporaryFolder(async folder => {
      const path = join(folder, 'a.jsonl');
      await writeFile(path, `{"a": 1}\n\n{"broken"\n[1]\n{"long": "${'x'.repeat(100)}"}`);
      const records = await openRecordFile(path, { ...datasetLimits, recordBytes: 50 });
      expect([records.length, records.source(1)]).toEqual([4, `${path}:2`]);
      expect(await records.read(0)).toEqual({ a: 1 });
      for (const [index, code] of [
        [1, 'BAD_JSON'],
        [2, 'BAD_RECORD'],
        [3, 'TOO_LARGE'],
      ] as const) {
        await expect(records.read(index)).rejects.toThrow(expect.objectContaining({ code }));
      }
    });
  });

  it('refuses a list cut short and a missing file', async () => {
    await inTemporaryFolder(async folder => {
      const path = join(folder, 'a.json');
      await writeFile(path, '[{"a": 1}, {"b"');
      await expect(openRecordFile(path, datasetLimits)).rejects.toThrow(
        expect.objectContaining({ code: 'BAD_DATASET', message: expect.stringContaining('inside record 2') }),
      );
      await expect(openRecordFile(join(folder, 'none.json'), datasetLimits)).rejects.toThrow(
        expect.objectContaining({ code: 'DATASET_UNREADABLE' }),
      );
    });
  });
});
