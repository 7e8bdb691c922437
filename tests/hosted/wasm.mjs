// Prints the scenarios' hashes of a WebAssembly module, as the firmware does: node wasm.mjs FILE
import { readFileSync } from "node:fs";
const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]), {});
for (const name of ["evolution", "math", "int8_logits", "int8_classes", "f32_logits"]) {
  const hash = BigInt.asUintN(64, instance.exports[name]());
  console.log(`${name}=${hash.toString(16).padStart(16, "0")}`);
}
const adapted = BigInt.asUintN(64, instance.exports.adaptation_hash());
console.log(`adaptation=${adapted.toString(16).padStart(16, "0")}`);
