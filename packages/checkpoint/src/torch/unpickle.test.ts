import fc from 'fast-check';
import { isMiniGPT4Error } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { operations, tensor } from '../../test/torch-writer.js';
import { checkpointLimits } from '../limits.js';
import { PickledTensor } from './pickled-tensor.js';
import { PickleReader } from './pickle-reader.js';
import { unpickle } from './unpickle.js';

const { call, dictionary, global, integer, list, pickle, raw, text, tuple } = operations;

function load(bytes: Buffer, limits = checkpointLimits): unknown {
  return unpickle(new PickleReader(bytes, 'x.pth', limits), 'x.pth', limits).value;
}

function codeOf(bytes: Buffer, limits = checkpointLimits): string {
  try {
    load(bytes, limits);
  } catch (error) {
    if (isMiniGPT4Error(error)) return error.code;
    throw error;
  }
  return 'loaded';
}

const memoize = raw('q\x01');
const recall = raw('h\x01');

describe('unpickle', () => {
  it('reads plain data', () => {
    const value = load(
      pickle(dictionary(text('a'), list(integer(1), raw('G\x3f\xf8\0\0\0\0\0\0'), raw('N')), text('b'), raw('\x88'))),
    );
    expect(value).toEqual(
      new Map<string, unknown>([
        ['a', [1n, 1.5, null]],
        ['b', true],
      ]),
    );
  });

  it('describes a tensor without its data', () => {
    const value = load(pickle(tensor({ key: 'k', count: 9, offset: 2, shape: [2, 3], strides: [3, 1] })));
    expect(value).toBeInstanceOf(PickledTensor);
    expect(value).toEqual({
      storage: { dtype: 'float32', key: 'k', count: 9, viewOffset: 0 },
      offset: 2,
      shape: [2, 3],
      strides: [3, 1],
    });
  });

  it('takes parameters, sizes, constants, devices, sets, byte strings and the pairs of Python 2', () => {
    const inner = tensor({ count: 1, shape: [], strides: [] });
    const parameter = call(global('torch._utils', '_rebuild_parameter'), tuple(inner, raw('\x88'), raw('}')));
    expect(load(pickle(parameter))).toBeInstanceOf(PickledTensor);
    expect(load(pickle(call(global('torch', 'Size'), tuple(tuple(integer(2))))))).toEqual([2]);
    expect(codeOf(pickle(global('torch', 'float16')))).toBe('loaded');
    expect(codeOf(pickle(call(global('torch', 'device'), tuple(text('cuda'), integer(0)))))).toBe('loaded');
    expect(codeOf(pickle(call(global('__builtin__', 'set'), tuple(list(integer(1))))))).toBe('loaded');
    expect(codeOf(pickle(call(global('_codecs', 'encode'), tuple(text('a'), text('latin1')))))).toBe('loaded');
    const pairs = list(list(text('a'), integer(1)), list(text('b'), integer(2)));
    expect(load(pickle(call(global('collections', 'OrderedDict'), tuple(pairs))))).toEqual(
      new Map([
        ['a', 1n],
        ['b', 2n],
      ]),
    );
  });

  it.each([
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['__builtin__', 'getattr'],
    ['torch.hub', 'load'],
    ['torch', '__proto__'],
    ['torch', 'constructor'],
    ['constructor', 'prototype'],
    ['collections.OrderedDict', 'fromkeys'],
    ['torch.storage', '_load_from_bytes'],
    ['numpy.core.multiarray', '_reconstruct'],
  ])('refuses %s.%s by name', (module, name) => {
    const message = expect.stringContaining(`"${module}.${name}"`);
    expect(() => load(pickle(global(module, name)))).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT_UNSAFE', message }),
    );
    const byStack = Buffer.concat([text(module), text(name), raw('\x93')]);
    expect(codeOf(pickle(byStack))).toBe('CHECKPOINT_UNSAFE');
    expect(codeOf(pickle(raw(`(i${module}\n${name}\n`)))).toBe('CHECKPOINT_UNSAFE');
  });

  it('refuses a computed name without printing it', () => {
    // thirty lists, each holding the last one twice: printed, a billion items
    const nested = Buffer.concat([list(), ...Array.from({ length: 30 }, () => raw('q\x01](h\x01h\x01e'))]);
    expect(codeOf(pickle(nested, text('x'), raw('\x93')))).toBe('CHECKPOINT_UNSAFE');
  });

  it('keeps state from objects', () => {
    const state = dictionary(text('__setstate__'), integer(1), text('length'), integer(4e9));
    expect(load(pickle(list(), state, raw('b')))).toEqual([]);
    expect(codeOf(pickle(global('collections', 'OrderedDict'), state, raw('b')))).toBe('loaded');
    expect(Object.keys(load(pickle(global('torch', 'float16'), state, raw('b'))) as object)).toEqual([]);
  });

  it.each([
    ['a length that goes back', raw('B\xfb\xff\xff\xff')],
    ['a length beyond the end', raw('B\xff\0\0\0')],
    ['a length beyond 2^53', raw('\x8e\xff\xff\xff\xff\xff\xff\xff\xff')],
    ['an integer of a kilobyte', Buffer.concat([raw('\x8b\0\x04\0\0'), Buffer.alloc(1024, 1)])],
    ['a dictionary of protocol 0', Buffer.concat([raw('('), text('__proto__'), integer(1), raw('d')])],
    ['an unknown operation', raw('\xff')],
    ['an unknown protocol', raw('\x80\x09')],
    ['an empty stack', raw('R')],
    ['a mark that is absent', raw('tt')],
    ['a storage by another kind', Buffer.concat([tuple(text('module')), raw('Q')])],
    ['a persistent name', raw('Pname\n')],
    ['an extension', raw('\x82\x01')],
    ['a call of a constant', call(global('torch', 'float16'), tuple())],
    ['a call of text', call(text('x'), tuple())],
    ['a new object of a function', Buffer.concat([global('collections', 'OrderedDict'), tuple(), raw('\x81')])],
    ['too many arguments', call(global('torch', 'device'), tuple(...Array.from({ length: 17 }, () => raw('N'))))],
    ['pairs that are none', call(global('collections', 'OrderedDict'), tuple(list(integer(1))))],
    ['a tensor without storage', call(global('torch._utils', '_rebuild_tensor_v2'), tuple(integer(1)))],
    ['a parameter without tensor', call(global('torch._utils', '_rebuild_parameter'), tuple(integer(1)))],
    ['a write into a byte string', Buffer.concat([raw('C\x02ab'), list(raw('K\x01')), raw('K\0s')])],
  ])('refuses %s', (_, part) => {
    expect(codeOf(pickle(part))).toBe('CHECKPOINT_CORRUPT');
  });

  it('bounds what repetition can cost', () => {
    const limits = { ...checkpointLimits, pickleOperations: 1000 };
    expect(codeOf(pickle(...Array.from({ length: 1000 }, () => raw('N'))), limits)).toBe('CHECKPOINT_LIMIT');
    const pairs = list(...Array.from({ length: 100 }, () => tuple(raw('N'), raw('N'))));
    const again = call(global('collections', 'OrderedDict'), tuple(recall));
    expect(codeOf(pickle(pairs, memoize, again), limits)).toBe('loaded');
    expect(codeOf(pickle(pairs, memoize, again, again, again), limits)).toBe('CHECKPOINT_LIMIT');
    const sizes = tuple(...Array.from({ length: 64 }, () => raw('K\x01')));
    const call64 = call(global('torch', 'Size'), raw('h\x01\x85'));
    expect(codeOf(pickle(sizes, memoize, ...Array.from({ length: 20 }, () => call64)), limits)).toBe(
      'CHECKPOINT_LIMIT',
    );
    expect(codeOf(pickle(...Array.from({ length: 300 }, () => raw('}'))), limits)).toBe('CHECKPOINT_LIMIT');
  });

  it('cuts long text, so that comparing keys stays cheap', () => {
    expect(load(pickle(text('é'.repeat(5000))))).toHaveLength(513);
    expect(load(pickle(raw(`S'${'x'.repeat(100)}'\n`)))).toBe('x'.repeat(100));
  });

  it('ends with a coded error or a value whatever the bytes', () => {
    const useful = '}](tuseRQ.\x80\x02\x85\x86\x87q\x01h\x01X\x02\x00abK\x05M\x8a\x8bBC01N\x88Gb\x81\x93cioPd'.split(
      '',
    );
    const fragments = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 8 }).map(bytes => Buffer.from(bytes)),
      fc.constantFrom(...useful).map(raw),
      fc.constantFrom(
        tensor({ count: 4, shape: [4], strides: [1] }),
        global('collections', 'OrderedDict'),
        global('torch', 'Size'),
        list(),
        tuple(integer(1), integer(2)),
        memoize,
        recall,
      ),
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 40 }), parts => {
        expect(codeOf(pickle(...parts))).toMatch(/^(loaded|CHECKPOINT_[A-Z]+)$/);
      }),
      { numRuns: 3000, seed: 4 },
    );
  });
});
