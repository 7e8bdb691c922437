"use strict";
// Runs a network of integers from the bytes of its .tev file, with the same answers as tinyevo's Rust and C.
//
// `champion(bytes)` reads a file of kind 1 (dense layers of int8) or 2 (packed integers, with convolutions and max pooling)
// and returns { height, width, channels, classes, logits(pixels), classify(pixels) }; files of dense layers have a flat shape. Pixels
// are bytes, row after row, the channels of a pixel together. All numbers are integers: sums of 32 bits, in which `Math.imul` and `| 0` keep every bit; the products
// of int8 layers take 64 bits, and are the only BigInts. The format is described in core/src/tev/mod.rs.

const DENSE = 0, CONV = 1, POOL = 2, FLATTEN = 3;
const INT8 = 1, INT4 = 2;
const LARGEST_SUM = 8355839;

function champion(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at) => view.getUint32(at, true);
  if (bytes.length < 28 || word(0) !== 0x4f564554) throw new Error("not a .tev file");
  if (word(4) !== 2) throw new Error(`version ${word(4)} of the format is unknown`);
  const kind = word(8);
  if (kind !== 1 && kind !== 2) throw new Error("the file holds no integers");
  const shape = { height: word(16), width: word(20), channels: word(24) };
  const { layers, at } = described(view, word(12));
  const run = kind === 1 ? denseLayers(view, at, layers, shape) : packedLayers(view, at, layers, shape);
  const logits = (pixels) => run.reduce((values, layer) => layer(values), pixels);
  const classes = layers.filter((layer) => layer.outputs).at(-1).outputs;
  return { ...shape, classes, logits, classify: (pixels) => firstLargest(logits(pixels)) };
}

// The index of the largest number, the first of equal ones.
function firstLargest(numbers) {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}

// The layers that the file describes, and where their numbers begin.
function described(view, count) {
  const layers = [];
  let at = 28;
  for (let i = 0; i < count; i++) {
    const kind = view.getUint32(at, true);
    const byte = (offset) => view.getUint8(at + offset);
    const window = (offset) => ({
      height: byte(offset), width: byte(offset + 1), down: byte(offset + 2), right: byte(offset + 3), same: byte(5) === 1,
    });
    if (kind === DENSE || kind === CONV) {
      const layer = { kind, format: byte(6), biasShift: byte(7), outputs: view.getUint32(at + 8, true) };
      if (kind === CONV) layer.window = window(12);
      layers.push(layer);
      at += kind === CONV ? 16 : 12;
    } else if (kind === POOL) {
      layers.push({ kind, window: window(8) });
      at += 12;
    } else if (kind === FLATTEN) {
      layers.push({ kind });
      at += 4;
    } else {
      throw new Error(`layer ${i} is of an unknown kind`);
    }
  }
  return { layers, at };
}

// Dense layers of int8: functions of bytes, the last of which gives the logits.
function denseLayers(view, at, layers, shape) {
  let inputs = shape.height * shape.width * shape.channels;
  return layers.map(({ outputs }, index) => {
    const weights = new Int8Array(view.buffer, view.byteOffset + at, inputs * outputs);
    at += Math.ceil(weights.length / 4) * 4;
    const words = () => {
      const numbers = Int32Array.from({ length: outputs }, (_, o) => view.getInt32(at + 4 * o, true));
      at += 4 * outputs;
      return numbers;
    };
    const bias = words();
    const multipliers = Array.from(words(), BigInt);
    const shift = BigInt(view.getUint32(at, true));
    at += 4;
    inputs = outputs;
    const half = 1n << (shift - 1n);
    const scaled = (sum, o) => {
      const exact = BigInt.asIntN(64, BigInt(sum) * multipliers[o] + half) >> shift;
      return exact > 2147483647n ? 2147483647 : exact < -2147483648n ? -2147483648 : Number(exact);
    };
    const isLast = index === layers.length - 1;
    return (values) => {
      const sums = bias.slice();
      for (let i = 0; i < values.length; i++) {
        const x = values[i];
        if (x !== 0) for (let o = 0, w = i * outputs; o < outputs; o++, w++) sums[o] += Math.imul(x, weights[w]);
      }
      const out = sums.map(scaled);
      // A ReLU below, saturation above.
      return isLast ? out : Uint8ClampedArray.from(out);
    };
  });
}

// Packed integers: a function of bytes for each layer with weights, which has the pooling behind it, too.
function packedLayers(view, at, layers, shape) {
  const run = [];
  const weighted = layers.filter((layer) => layer.outputs);
  layers.forEach((layer, index) => {
    if (!layer.outputs) return;
    const next = layers[index + 1];
    const pool = next && next.kind === POOL ? next.window : { height: 1, width: 1, down: 1, right: 1, same: false };
    const rows = side(layer.window, "height", "down", shape.height);
    const columns = side(layer.window, "width", "right", shape.width);
    const read = numbers(view, at, layer, rows.size * columns.size * shape.channels);
    at = read.end;
    const moves = {
      rows, columns, channels: shape.channels,
      poolRows: side(pool, "height", "down", rows.outputs),
      poolColumns: side(pool, "width", "right", columns.outputs),
    };
    shape = { height: moves.poolRows.outputs, width: moves.poolColumns.outputs, channels: layer.outputs };
    const isLast = layer === weighted.at(-1);
    run.push((values) => (isLast ? sumsAt(values, read, moves, 0, 0) : pooled(values, read, moves)));
  });
  return run;
}

// How a window moves along a side, as in Keras. A dense layer has one window, which is its whole input.
function side(window, length, step, inputs) {
  if (!window) return { size: inputs, stride: 1, inputs, outputs: 1, before: 0 };
  const size = window[length], stride = window[step];
  if (!window.same) return { size, stride, inputs, outputs: Math.floor((inputs - size) / stride) + 1, before: 0 };
  const outputs = Math.ceil(inputs / stride);
  const missing = Math.max(0, (outputs - 1) * stride + size - inputs);
  return { size, stride, inputs, outputs, before: Math.floor(missing / 2) };
}

// The numbers of a packed layer: for each output its bias, multiplier and shift, and for each input a row of weights.
function numbers(view, at, { outputs, format, biasShift }, inputs) {
  const bias = new Int32Array(outputs), multiplier = new Int32Array(outputs), shift = new Int32Array(outputs);
  for (let o = 0; o < outputs; o++, at += 4) {
    bias[o] = view.getInt16(at, true) << biasShift;
    multiplier[o] = view.getUint8(at + 2);
    shift[o] = view.getUint8(at + 3);
  }
  const weights = new Int8Array(inputs * outputs);
  for (let i = 0; i < inputs; i++) at = unpack(view, at, format, weights.subarray(i * outputs, (i + 1) * outputs));
  return { outputs, bias, multiplier, shift, weights, end: Math.ceil(at / 4) * 4 };
}

// Unpacks a row of weights, and returns where the next one begins.
function unpack(view, at, format, weights) {
  const count = weights.length;
  if (format === INT8) {
    for (let o = 0; o < count; o++) weights[o] = view.getInt8(at++);
  } else if (format === INT4) {
    // Two in a byte, the first in the low bits: 0, 1, ... 15 for -15, -13, ... 15.
    for (let o = 0; o < count; o += 2) {
      const byte = view.getUint8(at++);
      weights[o] = 2 * (byte & 15) - 15;
      if (o + 1 < count) weights[o + 1] = 2 * (byte >> 4) - 15;
    }
  } else {
    // Five in a byte, which is a fraction of 256: each product with 3 brings the next digit above it.
    for (let o = 0; o < count; ) {
      let rest = view.getUint8(at++);
      for (let digit = 0; digit < 5 && o < count; digit++, o++) {
        rest *= 3;
        weights[o] = (rest >> 8) - 1;
        rest &= 255;
      }
    }
  }
  return at;
}

// The sums of all outputs at a place of the map.
function sumsAt(values, { outputs, bias, weights }, { rows, columns, channels }, line, place) {
  const sums = bias.slice();
  for (let i = 0; i < rows.size; i++) {
    const y = line * rows.stride + i - rows.before;
    if (y < 0 || y >= rows.inputs) continue;
    for (let j = 0; j < columns.size; j++) {
      const x = place * columns.stride + j - columns.before;
      if (x < 0 || x >= columns.inputs) continue;
      for (let c = 0; c < channels; c++) {
        const value = values[(y * columns.inputs + x) * channels + c];
        if (value === 0) continue;
        const row = ((i * columns.size + j) * channels + c) * outputs;
        for (let o = 0; o < outputs; o++) sums[o] += Math.imul(value, weights[row + o]);
      }
    }
  }
  return sums;
}

// The activations of a hidden layer: the largest sum of each window of the pooling, scaled to a byte.
function pooled(values, layer, moves) {
  const { poolRows, poolColumns } = moves;
  const { outputs, multiplier, shift } = layer;
  const out = new Uint8Array(poolRows.outputs * poolColumns.outputs * outputs);
  let at = 0;
  for (let y = 0; y < poolRows.outputs; y++) {
    for (let x = 0; x < poolColumns.outputs; x++) {
      const most = new Int32Array(outputs).fill(-2147483648);
      for (let i = 0; i < poolRows.size; i++) {
        const line = y * poolRows.stride + i - poolRows.before;
        if (line < 0 || line >= poolRows.inputs) continue;
        for (let j = 0; j < poolColumns.size; j++) {
          const place = x * poolColumns.stride + j - poolColumns.before;
          if (place < 0 || place >= poolColumns.inputs) continue;
          const sums = sumsAt(values, layer, moves, line, place);
          for (let o = 0; o < outputs; o++) if (sums[o] > most[o]) most[o] = sums[o];
        }
      }
      for (let o = 0; o < outputs; o++) {
        const sum = Math.min(Math.max(most[o], 0), LARGEST_SUM);
        out[at++] = Math.min(255, (sum * multiplier[o] + ((1 << shift[o]) >> 1)) >> shift[o]);
      }
    }
  }
  return out;
}
