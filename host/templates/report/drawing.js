// What MNIST's authors did to a digit: scaled so that it fits 20 of 28 pixels, and moved so that its centre of mass is in the middle.

// Bytes of an image of { height, width, channels } from ink on a sheet: `ink` has `sheetWidth` times `sheetHeight` bytes. Other
// shapes have a margin of the same share.
function centred(ink, sheetWidth, sheetHeight, { height, width, channels }) {
  const pixels = new Uint8Array(height * width * channels);
  const box = inked(ink, sheetWidth, sheetHeight);
  if (!box) return pixels;
  const fit = Math.max(1, Math.round((Math.min(height, width) * 20) / 28));
  const scale = Math.max(box.right - box.left, box.bottom - box.top) / fit;
  const rows = Math.max(1, Math.round((box.bottom - box.top) / scale));
  const columns = Math.max(1, Math.round((box.right - box.left) / scale));
  // Each pixel is the mean of what it covers.
  const small = new Float64Array(rows * columns);
  let mass = 0, momentX = 0, momentY = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const [top, bottom] = [box.top + y * scale, box.top + (y + 1) * scale].map(Math.round);
      const [left, right] = [box.left + x * scale, box.left + (x + 1) * scale].map(Math.round);
      let sum = 0;
      for (let v = top; v < Math.max(bottom, top + 1); v++) {
        for (let u = left; u < Math.max(right, left + 1); u++) {
          if (v < sheetHeight && u < sheetWidth) sum += ink[v * sheetWidth + u];
        }
      }
      const value = sum / (Math.max(bottom - top, 1) * Math.max(right - left, 1));
      small[y * columns + x] = value;
      mass += value;
      momentX += value * x;
      momentY += value * y;
    }
  }
  // Pixel 14 of 28, counted from 0, and no ink past the border: as `picture/centre.rs` does.
  const start = (side, own, mean) => Math.min(Math.max(Math.round(side / 2 - mean), 0), side - own);
  const top = start(height, rows, momentY / mass), left = start(width, columns, momentX / mass);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const row = top + y, column = left + x;
      pixels.fill(Math.round(small[y * columns + x]), (row * width + column) * channels, (row * width + column + 1) * channels);
    }
  }
  return pixels;
}

// The rectangle around all ink, or null.
function inked(ink, width, height) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (ink[y * width + x] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  return right > left ? { left, top, right, bottom } : null;
}
