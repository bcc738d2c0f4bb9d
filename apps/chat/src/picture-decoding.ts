import type { DecodeOptions } from '@minigpt4/vision-encoder';

/** Largest picture file accepted, in bytes: more than any camera writes, less than hurts. */
export const maxPictureBytes = 32 * 1024 * 1024;

/** How picture files are decoded, as people see them: turned upright, transparent parts laid on white. */
export const pictureDecoding: DecodeOptions = {
  upright: true,
  background: [255, 255, 255],
  maxBytes: maxPictureBytes,
};
