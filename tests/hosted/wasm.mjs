// Prints the scenarios' hashes of a WebAssembly module, as the firmware does: node wasm.mjs FILE
import { readFileSync } from "node:fs";
const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]), {});
const wasm = instance.exports;
const print = (name, hash) => console.log(`${name}=${BigInt.asUintN(64, hash).toString(16).padStart(16, "0")}`);
for (let index = 0; index < wasm.scenarios(); index += 1) {
  const name = new Uint8Array(wasm.memory.buffer, wasm.name_start(index), wasm.name_length(index));
  print(new TextDecoder().decode(name), wasm.scenario(index));
}
for (const name of ["int8_logits", "int8_classes", "cnn_logits", "cnn_classes", "micro_logits", "micro_classes", "f32_logits", "nothing_genome",
  "nothing_classes"])
  print(name, wasm[name]());
print("adaptation", wasm.adaptation_hash());
