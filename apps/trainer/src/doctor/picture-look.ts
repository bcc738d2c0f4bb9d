import type { RgbImage } from '@minigpt4/vision-encoder';

/** What a picture looks like from afar: equal for copies in another size or file format. */
export interface PictureLook {
  readonly key: string;
  /** Whether brightness grows from each cell of a 16 × 16 grid to the next: 256 bits. */
  readonly edges: Uint32Array;
  /** Mean red, green and blue, 0 to 255. */
  readonly color: readonly [number, number, number];
}

/** Two pictures that look alike. */
export interface LookAlike {
  readonly key: string;
  readonly other: string;
}

const side = 16;

/** Bits of 256 that may differ: copies of another size have a few, other drawings of the same thing some fifty. */
const mostBits = 6;

/** Largest distance of a mean colour. */
const mostColor = 4;

/** The look of decoded pixels; of flat drawings only edges above a hundredth of the brightness count. */
export function pictureLook(key: string, picture: RgbImage): PictureLook {
  const { brightness, color } = averaged(picture);
  const edges = new Uint32Array((side * side) / 32);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = row * (side + 1) + column;
      const bit = row * side + column;
      if (brightness[at + 1]! - brightness[at]! > 2.55) edges[bit >> 5]! |= 1 << (bit & 31);
    }
  }
  return { key, edges, color };
}

/** Mean brightness of (16, 17) cells, and the mean colour of the whole. */
function averaged({ width, height, data }: RgbImage): { brightness: Float64Array; color: [number, number, number] } {
  const [sums, counts] = [new Float64Array(side * (side + 1)), new Float64Array(side * (side + 1))];
  const total: [number, number, number] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * side) / height);
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      const cell = row * (side + 1) + Math.floor((x * (side + 1)) / width);
      const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
      sums[cell]! += 0.299 * red + 0.587 * green + 0.114 * blue;
      counts[cell]!++;
      total[0] += red;
      total[1] += green;
      total[2] += blue;
    }
  }
  const pixels = width * height;
  return {
    brightness: sums.map((sum, cell) => sum / Math.max(1, counts[cell]!)),
    color: [total[0] / pixels, total[1] / pixels, total[2] / pixels],
  };
}

/** Every picture of `looks` with the first of `among` that looks like it; of one list, with an earlier one of it. */
export function findLookAlikes(looks: readonly PictureLook[], among: readonly PictureLook[] = looks): LookAlike[] {
  const byRed = new Map<number, { readonly look: PictureLook; readonly number: number }[]>();
  for (const [number, look] of among.entries()) {
    const bucket = byRed.get(redBucket(look)) ?? [];
    byRed.set(redBucket(look), bucket);
    bucket.push({ look, number });
  }
  return looks.flatMap((look, number) => {
    const bucket = redBucket(look);
    let [first, other] = [among === looks ? number : Infinity, ''];
    for (const candidate of [bucket - 1, bucket, bucket + 1].flatMap(red => byRed.get(red) ?? [])) {
      if (candidate.number < first && isAlike(look, candidate.look)) {
        [first, other] = [candidate.number, candidate.look.key];
      }
    }
    return other === '' ? [] : [{ key: look.key, other }];
  });
}

function redBucket({ color }: PictureLook): number {
  return Math.floor(color[0] / mostColor);
}

function isAlike(a: PictureLook, b: PictureLook): boolean {
  if (a.color.some((value, channel) => Math.abs(value - b.color[channel]!) > mostColor)) return false;
  let bits = 0;
  for (let i = 0; i < a.edges.length && bits <= mostBits; i++) bits += bitCount(a.edges[i]! ^ b.edges[i]!);
  return bits <= mostBits;
}

function bitCount(word: number): number {
  let [bits, left] = [0, word >>> 0];
  while (left !== 0) {
    left = (left & (left - 1)) >>> 0;
    bits++;
  }
  return bits;
}
