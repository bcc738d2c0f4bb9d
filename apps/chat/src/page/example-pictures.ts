/** A drawing that the page makes itself. */
export interface ExamplePicture {
  readonly name: string;
  /** Draws on a square of side 100 that is already white. */
  readonly draw: (pen: CanvasRenderingContext2D) => void;
}

/** Side of the drawn pictures in pixels. */
const side = 288;

function fill(pen: CanvasRenderingContext2D, color: string, path: string): void {
  pen.fillStyle = color;
  pen.fill(new Path2D(path));
}

/** Three heart-shaped leaves around the middle, and a stem. */
function drawShamrock(pen: CanvasRenderingContext2D): void {
  const green = '#5c913b';
  for (let leaf = 0; leaf < 3; leaf++) {
    fill(pen, green, 'M50 50C38 40 26 28 30 14c4-12 18-10 20 0 2-10 16-12 20 0 4 14-8 26-20 36z');
    pen.translate(50, 50);
    pen.rotate((2 * Math.PI) / 3);
    pen.translate(-50, -50);
  }
  fill(pen, green, 'M48 50h5c0 20 4 36 10 46h-8c-6-10-8-26-7-46z'); // after three thirds of a turn, upright again
}

function drawApple(pen: CanvasRenderingContext2D): void {
  const flesh = 'M50 30c-8-6-40-10-40 26 0 24 16 40 28 40 6 0 8-3 12-3s6 3 12 3c12 0 28-16 28-40 0-36-32-32-40-26z';
  fill(pen, '#dd2e44', flesh);
  fill(pen, '#77b255', 'M54 20c4-12 16-16 28-14-2 10-14 18-28 14z');
  pen.strokeStyle = '#662113';
  pen.lineWidth = 5;
  pen.stroke(new Path2D('M50 30c0-12 4-20 10-26'));
}

/** Simple drawings that the tiny model can name. */
export const examplePictures: readonly ExamplePicture[] = [
  {
    name: 'Blue heart',
    draw: pen => fill(pen, '#5dadec', 'M50 92C20 69 3 53 3 34a23 23 0 0 1 47-9 23 23 0 0 1 47 9c0 19-17 35-47 58z'),
  },
  {
    name: 'Star',
    draw: pen => fill(pen, '#ffac33', 'M50 3l14 31 34 4-25 24 7 34-30-17-30 17 7-34L2 38l34-4z'),
  },
  { name: 'Apple', draw: drawApple },
  { name: 'Shamrock', draw: drawShamrock },
];

/** A canvas with the drawing on it. */
export function drawExample({ draw }: ExamplePicture): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const pen = canvas.getContext('2d');
  if (pen) {
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, side, side);
    pen.scale(side / 100, side / 100);
    draw(pen);
  }
  return canvas;
}
