/** Where the first frame of a GIF lies on its canvas, and the colour that its transparent pixels hide. */
export interface FirstGifFrame {
  /** The file up to the end of the frame: what a decoder needs, without the work that later frames make. */
  readonly bytes: Uint8Array;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** RGB. Pillow shows it for transparent pixels when alpha is dropped, and outside the frame. */
  readonly hidden: readonly [number, number, number];
}

/** The bytes of a colour table whose size is coded in the low bits of `flags`; empty where there is none. */
function colourTable(bytes: Uint8Array, start: number, flags: number): Uint8Array {
  return flags & 0x80 ? bytes.subarray(start, start + 3 * 2 ** ((flags & 7) + 1)) : bytes.subarray(0, 0);
}

function colourAt(table: Uint8Array, index: number): [number, number, number] {
  const [red = index, green = index, blue = index] = table.subarray(index * 3, index * 3 + 3); // Pillow's palettes start as a grey ramp
  return [red, green, blue];
}

/** Where a chain of data blocks, each behind its length, ends: behind the block of length 0. */
function afterBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at]) at += bytes[at]! + 1;
  return at + 1;
}

/** Reads the blocks of a GIF up to its first frame; undefined when they end early. */
export function firstGifFrame(bytes: Uint8Array): FirstGifFrame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const screenFlags = bytes[10] ?? 0;
  const globalTable = colourTable(bytes, 13, screenFlags);
  let at = 13 + globalTable.length;
  let hiddenIndex = 0;
  while (at + 10 <= bytes.length) {
    if (bytes[at] === 0x2c) {
      const flags = bytes[at + 9]!;
      const localTable = colourTable(bytes, at + 10, flags);
      return {
        bytes: bytes.subarray(0, afterBlocks(bytes, at + 10 + localTable.length + 1)),
        left: view.getUint16(at + 1, true),
        top: view.getUint16(at + 3, true),
        width: view.getUint16(at + 5, true),
        height: view.getUint16(at + 7, true),
        hidden: colourAt(localTable.length > 0 ? localTable : globalTable, hiddenIndex),
      };
    }
    if (bytes[at] !== 0x21) return undefined;
    // graphic control: label, size 4, flags, delay (2), transparent index
    if (bytes[at + 1] === 0xf9 && bytes[at + 3]! & 1) hiddenIndex = bytes[at + 6]!;
    at = afterBlocks(bytes, at + 2);
  }
  return undefined;
}

/** The picture whose pixels {@link paintUndrawn} changes. */
export interface GifCanvas {
  /** Its pixels. */
  readonly data: Uint8Array;
  /** Of the canvas, in pixels. */
  readonly width: number;
  /** 3 or 4 bytes a pixel. */
  readonly channels: number;
  /** RGB colour for undrawn pixels; undefined for the one that the file hides there. */
  readonly background: readonly [number, number, number] | undefined;
}

/**
 * Makes the pixels that a GIF's first frame leaves undrawn opaque, in place: transparent ones and those outside the frame.
 * Decoders give them as black, but where alpha is dropped Pillow shows the palette's colour.
 */
export function paintUndrawn({ data, width, channels, background }: GifCanvas, frame: FirstGifFrame): void {
  const paint = [...(background ?? frame.hidden), 255].slice(0, channels);
  for (let at = 0, pixel = 0; at < data.length; at += channels, pixel++) {
    const x = (pixel % width) - frame.left;
    const y = Math.floor(pixel / width) - frame.top;
    const inside = x >= 0 && x < frame.width && y >= 0 && y < frame.height;
    if (!inside || (channels === 4 && data[at + 3] === 0)) data.set(paint, at);
  }
}
