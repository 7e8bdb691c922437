// The canvas: draws, asks the champion, shows its answer.

(() => {
  const sheet = document.getElementById("sheet");
  if (!sheet) return;
  const byId = (id) => document.getElementById(id);
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const seen = byId("seen"), bars = byId("bars"), answer = byId("answer"), choice = byId("choice");
  const models = [...document.querySelectorAll("script[data-champion]")].map((script) => ({
    ...champion(bytesOf(script.textContent.trim())),
    // A file of int8 layers does not say in which rows its inputs lie.
    ...JSON.parse(script.dataset.shape),
    names: JSON.parse(script.dataset.classes),
    unit: Number(script.dataset.unit),
    run: script.dataset.champion,
  }));
  const model = () => models[choice ? Number(choice.value) : 0];
  const pen = sheet.getContext("2d", { willReadFrequently: true });
  let pixels = null, last = null, waiting = false;

  // The probabilities by softmax; without a unit of the logits, shares of their range.
  function shares(logits, unit) {
    const most = Math.max(...logits);
    if (!unit) {
      const least = Math.min(...logits);
      return Array.from(logits, (logit) => (logit - least) / Math.max(1, most - least));
    }
    const powers = Array.from(logits, (logit) => Math.exp(unit * (logit - most)));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  }

  function show(speak) {
    const { logits, names, unit, height, width, channels } = model();
    const nothing = !pixels || pixels.every((pixel) => pixel === 0);
    const numbers = nothing ? null : logits(pixels);
    const parts = numbers ? shares(numbers, unit) : names.map(() => 0);
    const percent = (share) => (share >= 0.995 && share < 1 ? "> 99 %" : `${Math.round(100 * share)} %`);
    const order = names.map((_, index) => index);
    if (names.length > 10) order.sort((a, b) => parts[b] - parts[a]).splice(10);
    const best = numbers ? firstLargest(numbers) : -1;
    bars.replaceChildren(...order.map((index) => {
      const row = document.createElement("li");
      const [name, bar, value] = ["b", "i", "span"].map((tag) => row.appendChild(document.createElement(tag)));
      row.className = index === best ? "best" : "";
      name.textContent = names[index];
      bar.style.setProperty("--share", parts[index].toFixed(4));
      value.textContent = numbers && unit ? percent(parts[index]) : "";
      return row;
    }));
    const certain = numbers && unit ? ` (${percent(parts[best])})` : "";
    const text = numbers ? `The champion says: ${names[best]}${certain}` : "Nothing is drawn.";
    if (speak || !numbers) answer.textContent = text;
    answer.dataset.class = String(best);
    const image = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels ? pixels[i * channels + (channels === 3 ? c : 0)] : 0;
      image.data[4 * i + 3] = 255;
    }
    [seen.width, seen.height] = [width, height];
    seen.getContext("2d").putImageData(image, 0, 0);
  }

  // The ink of the sheet, as the champion takes it.
  function read(speak) {
    const { data } = pen.getImageData(0, 0, sheet.width, sheet.height);
    const ink = new Uint8Array(sheet.width * sheet.height);
    for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i + 3];
    pixels = centred(ink, sheet.width, sheet.height, model());
    show(speak);
  }

  function clear() {
    pen.clearRect(0, 0, sheet.width, sheet.height);
    pixels = null;
    show(true);
  }

  const place = (event) => {
    const box = sheet.getBoundingClientRect();
    return [((event.clientX - box.left) * sheet.width) / box.width, ((event.clientY - box.top) * sheet.height) / box.height];
  };

  sheet.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    sheet.setPointerCapture(event.pointerId);
    last = place(event);
    stroke(event);
    event.preventDefault();
  });
  sheet.addEventListener("pointermove", (event) => { if (last) stroke(event); });
  for (const end of ["pointerup", "pointercancel"]) {
    sheet.addEventListener(end, () => { if (last) { last = null; read(true); } });
  }

  // A piece of a line, and an answer in the next frame.
  function stroke(event) {
    const next = place(event);
    pen.strokeStyle = getComputedStyle(sheet).color;
    [pen.lineWidth, pen.lineCap] = [sheet.width / 13, "round"];
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(next[0] + 0.01, next[1]);
    pen.stroke();
    last = next;
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; read(false); });
  }

  // A test image as it is: the same pixels as in the data. A mistake goes to the champion that made it.
  function load(button) {
    if (choice && button.dataset.run) choice.value = models.findIndex(({ run }) => run === button.dataset.run);
    const { height, width, channels } = model();
    pixels = bytesOf(button.dataset.pixels);
    pen.clearRect(0, 0, sheet.width, sheet.height);
    const small = new OffscreenCanvas(width, height), image = new ImageData(width, height);
    const [red, green, blue] = getComputedStyle(sheet).color.match(/[\d.]+/g).map(Number);
    for (let i = 0; i < width * height; i++) image.data.set([red, green, blue, pixels[i * channels]], 4 * i);
    small.getContext("2d").putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, 0, 0, sheet.width, sheet.height);
    show(true);
    if (button.dataset.run) byId("draw").scrollIntoView({ block: "start" });
  }

  for (const button of document.querySelectorAll("button[data-pixels]")) {
    button.disabled = button.dataset.run !== undefined && models.every(({ run }) => run !== button.dataset.run);
    button.addEventListener("click", () => load(button));
  }
  byId("clear").addEventListener("click", clear);
  if (choice) choice.addEventListener("change", () => show(true));
  byId("drawing").hidden = false;
  clear();
})();

// On paper every run is open.
addEventListener("beforeprint", () => document.querySelectorAll("details.run").forEach((run) => { run.open = true; }));
