import sharp from 'sharp';

const side = 96;
// points a pixel is measured at, in each direction, for smooth edges
const samples = 4;
const colors = { paper: [255, 255, 255], cracker: [150, 90, 50], seaweed: [41, 47, 51] } as const;

/** A picture in the manner of an emoji that the tiny model can name: a brown rice cracker with seaweed, 96 x 96, WebP. */
export async function drawRiceCracker(): Promise<Buffer> {
  const pixels = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) pixels.set(pixel(x, y), (y * side + x) * 3);
  }
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .webp({ lossless: true })
    .toBuffer();
}

function pixel(x: number, y: number): number[] {
  const sum = [0, 0, 0];
  for (let i = 0; i < samples * samples; i++) {
    const across = (x + ((i % samples) + 0.5) / samples) / side - 0.5;
    const down = (y + (Math.floor(i / samples) + 0.5) / samples) / side - 0.5;
    colorAt(across, down).forEach((value, channel) => (sum[channel]! += value));
  }
  return sum.map(value => Math.round(value / samples ** 2));
}

/** Of a point of the unit square around its middle. */
function colorAt(across: number, down: number): readonly number[] {
  if (Math.hypot(across, down) >= 0.49) return colors.paper;
  return Math.abs(across) < 0.225 && down > -0.05 ? colors.seaweed : colors.cracker;
}
