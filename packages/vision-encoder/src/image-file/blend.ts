/** RGBA to RGB, laid on a colour or, without one, with alpha dropped; the result takes the front of the same memory. */
export function blend(data: Uint8Array, background: readonly [number, number, number] | undefined): Uint8Array {
  let to = 0;
  for (let from = 0; from < data.length; from += 4) {
    const alpha = background ? data[from + 3]! : 255;
    for (let channel = 0; channel < 3; channel++) {
      const under = background ? background[channel]! : 0;
      data[to++] = (data[from + channel]! * alpha + under * (255 - alpha) + 127) / 255; // rounded: the array cuts the fraction
    }
  }
  return data.subarray(0, to);
}

/** Cyan, magenta, yellow, black to RGB as Pillow multiplies them out; the result takes the front of the same memory. */
export function cmykToRgb(data: Uint8Array): Uint8Array {
  let to = 0;
  for (let from = 0; from < data.length; from += 4) {
    const light = 255 - data[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      data[to++] = ((255 - data[from + channel]!) * light + 127) / 255;
    }
  }
  return data.subarray(0, to);
}
