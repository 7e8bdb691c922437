// Makes an image of a drawing as the canvas of a page does, and writes its bytes to standard output.
//
//   node drawing.mjs drawing.js INK SHEET_WIDTH SHEET_HEIGHT HEIGHT WIDTH
//
// INK are the bytes of the sheet, row by row.
import { readFileSync } from "node:fs";

const [script, ink] = process.argv.slice(2, 4).map((name) => readFileSync(name));
const [sheetWidth, sheetHeight, height, width] = process.argv.slice(4).map(Number);
const { centred } = new Function(`${script}; return { centred };`)();
process.stdout.write(centred(new Uint8Array(ink), sheetWidth, sheetHeight, { height, width, channels: 1 }));
