// Runs the engine of a page as a browser does, and prints the class and the logits of each image, a line each.
//
//   node answers.mjs PAGE.html CHAMPION.tev IMAGES
//
// IMAGES are bytes, one image after the other.
import { readFileSync } from "node:fs";

const [page, tev, raw] = process.argv.slice(2).map((name) => readFileSync(name));
const engine = page.toString().match(/<script id="engine">([^]*?)<\/script>/)?.[1];
if (!engine) throw new Error("the page has no engine");
const { champion, firstLargest } = new Function(`${engine}; return { champion, firstLargest };`)();
const model = champion(new Uint8Array(tev));
const length = model.height * model.width * model.channels;
const lines = [];
for (let at = 0; at + length <= raw.length; at += length) {
  const logits = model.logits(raw.subarray(at, at + length));
  lines.push([firstLargest(logits), ...logits].join(" "));
}
process.stdout.write(lines.join("\n") + "\n");
