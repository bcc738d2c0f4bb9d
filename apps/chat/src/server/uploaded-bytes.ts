import type { HonoRequest } from 'hono';
import { MiniGPT4Error } from '@minigpt4/core';

/** The file in a request: the one file of a form, or else the whole body. @throws `BAD_REQUEST` when there is none. */
export async function uploadedBytes(request: HonoRequest): Promise<Uint8Array> {
  const isForm = request.header('content-type')?.startsWith('multipart/form-data') ?? false;
  const source = isForm ? await onlyFile(request) : request;
  const bytes = new Uint8Array((await source?.arrayBuffer()) ?? []);
  if (bytes.byteLength === 0) {
    throw new MiniGPT4Error(
      'BAD_REQUEST',
      'image: no picture in the request, expected its bytes as the body or one file in a form, got none. Send one.',
    );
  }
  return bytes;
}

async function onlyFile(request: HonoRequest): Promise<File | undefined> {
  const form = await request.parseBody();
  return Object.values(form).find(value => value instanceof File);
}
