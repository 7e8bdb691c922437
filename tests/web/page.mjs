// Checks a page in a headless Chromium: nothing is requested, nothing goes to the console, what is drawn is answered, by
// mouse and by keyboard, in light, dark, narrow and without JavaScript.
//
//   node page.mjs PAGE.html [CHROMIUM]
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { open, start, value } from "./chromium.mjs";

const address = pathToFileURL(resolve(process.argv[2])).href;
const browser = await start(process.argv[3] ?? "chromium");
const { send } = browser;
const requests = [], complaints = [];
browser.on(({ method, params }) => {
  // Data addresses are no requests.
  if (method === "Network.requestWillBeSent" && !params.request.url.startsWith("data:")) requests.push(params.request.url);
  if (["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"].includes(method)) complaints.push(JSON.stringify(params));
});

// The answer after the next frames.
async function answer() {
  await value(browser, "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  return value(browser, "document.getElementById('answer').textContent");
}

// Draws lines through points of a sheet of 100 by 100 with the mouse.
async function draw(...strokes) {
  await value(browser, "document.getElementById('clear').click(); document.getElementById('sheet').scrollIntoView({ behavior: 'instant' })");
  const box = await value(browser, "(() => { const { x, y, width } = document.getElementById('sheet').getBoundingClientRect(); return { x, y, width }; })()");
  const mouse = (type, [x, y]) => send("Input.dispatchMouseEvent", {
    type, x: box.x + (x * box.width) / 100, y: box.y + (y * box.width) / 100, button: "left", buttons: 1, clickCount: 1,
  });
  for (const points of strokes) {
    await mouse("mousePressed", points[0]);
    for (const point of points) await mouse("mouseMoved", point);
    await mouse("mouseReleased", points.at(-1));
  }
  return answer();
}

async function run() {
  await send("Emulation.setDeviceMetricsOverride", { width: 1100, height: 900, deviceScaleFactor: 1, mobile: false });
  await open(browser, address);
  assert.equal(await answer(), "Nothing is drawn.");

  // Every test image on the page is answered by its class, or is a mistake that is shown as one.
  const images = await value(browser, `[...document.querySelectorAll(".wrong figure")].map((figure) => {
    figure.querySelector("button").click();
    return [figure.querySelectorAll("strong")[1].textContent, document.getElementById("answer").dataset.class];
  })`);
  assert.ok(images.length > 0, "no mistakes are shown");
  for (const [shown, answered] of images) assert.equal(answered, shown);

  // A circle and an upright line are what they are, to the first champion.
  await value(browser, "document.getElementById('choice') && (document.getElementById('choice').value = 0)");
  const circle = Array.from({ length: 25 }, (_, i) => [50 + 22 * Math.cos(i / 3.9), 50 + 32 * Math.sin(i / 3.9)]);
  const zero = await draw(circle);
  const one = await draw([[52, 15], [50, 40], [48, 85]]);
  assert.match(zero, /^The champion says: \d+ \(/);
  if (process.env.TINYEVO_DIGITS) {
    assert.match(zero, /says: 0 /);
    assert.match(one, /says: 1 /);
  }
  assert.equal(await value(browser, "document.querySelectorAll('#bars li.best').length"), 1);
  assert.ok(await value(browser, "document.getElementById('seen').getContext('2d').getImageData(0, 0, 28, 28).data.some((byte, i) => i % 4 === 0 && byte > 99)"), "it sees nothing");

  // By keyboard: a test image, and the sheet is clear again.
  const press = async (selector, key) => {
    await value(browser, `document.querySelector(${JSON.stringify(selector)}).focus()`);
    for (const type of ["keyDown", "keyUp"]) await send("Input.dispatchKeyEvent", { type, key, code: key, text: type === "keyDown" ? "\r" : undefined, windowsVirtualKeyCode: 13 });
    return answer();
  };
  assert.match(await press(".images button", "Enter"), /^The champion says/);
  assert.equal(await press("#clear", "Enter"), "Nothing is drawn.");

  // Wide parts scroll by themselves; the page does not.
  for (const scheme of ["light", "dark"]) {
    await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    await send("Emulation.setDeviceMetricsOverride", { width: 390, height: 800, deviceScaleFactor: 2, mobile: true });
    assert.ok(await value(browser, "document.documentElement.scrollWidth <= 390"), `${scheme}: wider than a phone`);
    const [text, page] = await value(browser, "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]");
    assert.ok(contrast(text, page) > 7, `${text} on ${page}`);
  }
  await send("Emulation.setEmulatedMedia", { media: "print" });
  assert.ok(await value(browser, "getComputedStyle(document.getElementById('draw')).display === 'none'"), "the canvas is printed");

  await send("Emulation.setEmulatedMedia", {});
  await send("Emulation.setScriptExecutionDisabled", { value: true });
  await open(browser, address);
  assert.ok(await value(browser, "document.getElementById('drawing').hidden && document.querySelectorAll('svg.chart').length >= 2"));

  assert.deepEqual([...new Set(requests)], [address], "the page requests something");
  assert.deepEqual(complaints, [], "the page complains");
}

// The ratio of two colours' luminance, as WCAG defines it.
function contrast(...colours) {
  const luminance = (colour) => {
    const parts = colour.match(/\d+/g).slice(0, 3).map((part) => part / 255);
    const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark, light] = colours.map(luminance).sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

try {
  await run();
  console.log("the page works: no request, no complaint, it answers");
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
