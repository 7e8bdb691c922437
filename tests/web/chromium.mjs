// A headless Chromium, driven by the DevTools protocol over a pipe: no package and no port is needed.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Starts the program, and returns { send, on, close }: `send(method, parameters)` talks to its one page, `on(listener)` gets
// events as { method, params }.
export async function start(program) {
  const profile = mkdtempSync(join(tmpdir(), "tinyevo-chromium-"));
  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"];
  const child = spawn(program, [...flags, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  const [, , , out, back] = child.stdio;
  const waiting = new Map(), listeners = [];
  let number = 0, text = "", session;
  const ended = new Promise((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code}`)));
  });
  ended.catch(() => {});
  out.on("error", () => {});
  back.setEncoding("utf8");
  back.on("data", (piece) => {
    text += piece;
    const messages = text.split("\0");
    text = messages.pop();
    for (const message of messages.map((json) => JSON.parse(json))) {
      if (!message.id) for (const listener of listeners) listener(message);
      const answer = waiting.get(message.id);
      waiting.delete(message.id);
      if (answer) (message.error ? answer.reject(new Error(message.error.message)) : answer.resolve(message.result));
    }
  });
  const send = (method, params = {}) => {
    const answer = new Promise((resolve, reject) => waiting.set(++number, { resolve, reject }));
    out.write(JSON.stringify({ id: number, method, params, sessionId: session }) + "\0");
    return Promise.race([answer, ended]);
  };
  const { targetInfos } = await send("Target.getTargets");
  const { targetId } = targetInfos.find(({ type }) => type === "page");
  session = (await send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
  const close = () => new Promise((resolve) => {
    child.once("exit", () => {
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
      resolve();
    });
    child.kill("SIGKILL");
  });
  return { send, on: (listener) => listeners.push(listener), close };
}

// Opens a file, and waits until it is loaded.
export async function open({ send, on }, address) {
  await Promise.all(["Page", "Runtime", "Log", "Network"].map((domain) => send(`${domain}.enable`)));
  const loaded = new Promise((resolve) => on(({ method }) => { if (method === "Page.loadEventFired") resolve(); }));
  await send("Page.navigate", { url: address });
  await loaded;
}

// The value of an expression in the page.
export async function value({ send }, expression) {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
}
