import { describe, expect, it } from 'vitest';
import { readEvents } from './event-stream.js';

async function eventsFrom(...chunks: Uint8Array[]) {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const events = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

describe('readEvents', () => {
  const bytes = new TextEncoder().encode(
    'event: text\ndata: {"text":"caf\u00e9"}\n\nevent: done\ndata: a\ndata: b\n\nevent: cut\nda',
  );
  const expected = [
    { name: 'text', data: '{"text":"caf\u00e9"}' },
    { name: 'done', data: 'a\nb' },
  ];

  it('gives the complete events', async () => {
    expect(await eventsFrom(bytes)).toEqual(expected);
  });

  it('does not mind where the bytes are cut', async () => {
    expect(await eventsFrom(...Array.from(bytes, byte => Uint8Array.of(byte)))).toEqual(expected);
  });

  it('ignores comments and unnamed fields', async () => {
    expect(await eventsFrom(new TextEncoder().encode(': hello\ndata: x\n\n'))).toEqual([
      { name: 'message', data: 'x' },
    ]);
  });

  it('stops the sender when the reader has enough', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: controller => controller.enqueue(new TextEncoder().encode('data: x\n\n')),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const event of readEvents(body)) if (event.data === 'x') break;
    expect(cancelled).toBe(true);
  });
});
