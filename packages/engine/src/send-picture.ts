import type { DecodeOptions, ImageSource } from 'minigpt4';
import type { EngineProcess } from './engine-process.js';
import type { PictureSource, SentImage } from './messages/messages.js';

/** Bytes sent at once: they are copied on the way, and nothing else is done meanwhile. */
const partSize = 2 ** 20;

/** Sends a picture part by part, for nothing to stall, and waits for it to be encoded. */
export async function sendPicture(
  to: EngineProcess,
  image: ImageSource,
  options: DecodeOptions | undefined,
): Promise<SentImage> {
  const inbox = to.open();
  const { request } = inbox;
  try {
    const { source, bytes } = describe(image);
    for (let start = 0; start < bytes.length; start += partSize) {
      await to.post({ type: 'part', request, bytes: bytes.subarray(start, start + partSize) });
    }
    await to.post({ type: 'encode', request, source, options });
    const reply = await inbox.next();
    if (reply.type === 'encoded') return reply.image;
    throw new TypeError(`engine: unexpected reply '${reply.type}' to a picture.`);
  } finally {
    to.close(inbox);
  }
}

function describe(image: ImageSource): { source: PictureSource; bytes: Uint8Array } {
  if (typeof image === 'string') return { source: { path: image }, bytes: new Uint8Array(0) };
  if (image instanceof Uint8Array) return { source: { encoded: true }, bytes: image };
  const { width, height, data } = image;
  return { source: { pixels: { width, height } }, bytes: data };
}
