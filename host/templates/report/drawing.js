// What MNIST's authors did to a digit: scaled so that it fits 20 of 28 pixels, and moved so that its centre of mass is in the middle.
// Step by step what `tinyevo predict` does with a picture, in `picture/centre.rs`; tests/web.rs holds both to the same pixels. Only ink
// of fewer pixels than two for each pixel of the image becomes other greys.

// The least ink, in grey levels, and the share of the brightest from which on a pixel is ink.
const LEAST_INK = 16, INK = Math.floor(255 / 8);

// Bytes of an image of { height, width, channels } from ink on a sheet: `ink` has `sheetWidth` times `sheetHeight` bytes. Other
// shapes have a margin of the same share.
function centred(ink, sheetWidth, sheetHeight, { height, width, channels }) {
  const pixels = new Uint8Array(height * width * channels);
  const brightest = ink.reduce((a, b) => Math.max(a, b), 0);
  if (brightest < LEAST_INK) return pixels;
  const bright = ink.map((value) => Math.floor((value * 255) / brightest));
  const box = inked(bright, sheetWidth, sheetHeight);
  const [columns, rows] = fitting(box, width, height);
  const small = reduced(bright, sheetWidth, box, columns, rows);
  let mass = 0, momentX = 0, momentY = 0;
  small.forEach((value, i) => {
    mass += value;
    momentX += value * (i % columns);
    momentY += value * Math.floor(i / columns);
  });
  if (mass === 0) return pixels;
  // Pixel 14 of 28, counted from 0, and no ink past the border.
  const start = (side, own, mean) => Math.min(Math.max(Math.round(side / 2 - mean), 0), side - own);
  const top = start(height, rows, momentY / mass), left = start(width, columns, momentX / mass);
  small.forEach((value, i) => {
    const at = (top + Math.floor(i / columns)) * width + left + (i % columns);
    pixels.fill(value, at * channels, (at + 1) * channels);
  });
  return pixels;
}

// The rectangle around all ink.
function inked(ink, width, height) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (ink[y * width + x] < INK) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  return { left, top, width: right - left, height: bottom - top };
}

// Columns and rows of ink, as large as its box in an image of this size allows.
function fitting(box, width, height) {
  const side = (side) => Math.max(1, Math.round((side * 20) / 28));
  const scale = Math.min(side(width) / box.width, side(height) / box.height);
  const scaled = (own, most) => Math.min(Math.max(1, Math.round(own * scale)), most);
  return [scaled(box.width, side(width)), scaled(box.height, side(height))];
}

// What is in a box, in this size: each pixel is the mean of those that it covers. Places are 32-bit floats, as those of the crate
// `image` are.
function reduced(ink, sheetWidth, box, columns, rows) {
  const covered = (own, count) => {
    const ratio = Math.fround(own / count);
    return (at) => {
      const start = Math.fround(at * ratio), end = Math.fround(start + ratio);
      const first = Math.min(Math.ceil(start), own - 1);
      return [first, Math.max(Math.min(Math.ceil(end), own), first + 1)];
    };
  };
  const [across, down] = [covered(box.width, columns), covered(box.height, rows)];
  const small = new Uint8Array(rows * columns);
  for (let i = 0; i < small.length; i++) {
    const [left, right] = across(i % columns), [top, bottom] = down(Math.floor(i / columns));
    const count = (right - left) * (bottom - top);
    let sum = 0;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) sum += ink[(box.top + y) * sheetWidth + box.left + x];
    }
    small[i] = Math.floor((sum + Math.floor(count / 2)) / count);
  }
  return small;
}
