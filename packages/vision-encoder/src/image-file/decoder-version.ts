import sharp from 'sharp';

/** What decodes pictures, such as `sharp 0.35.5, libvips 8.18.3`. */
export const imageDecoderVersion = `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`;
