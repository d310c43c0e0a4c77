// A field to draw on; the page computes what each layer makes of it.
function begin(box, data) {
  const net = unpack(floats(data.parameters), data.side ** 2, data.hidden, 10);
  const images = Uint8Array.from(atob(data.images), (c) => c.charCodeAt(0));
  const count = data.side ** 2;
  let pixels = [];

  const controls = add(box, "div", { class: "controls" });
  const choices = data.labels.map((_, i) => i);
  const image = addSlider(controls, "test image", choices, 0, choose);
  const written = add(controls, "span", { class: "written" });
  const pad = addPad(box, data.side, (i, ink) => { pixels[i] = ink; show(); }, (i) => pixels[i]);
  const clear = add(controls, "button", { type: "button", class: "plain" }, "Empty the field");
  clear.addEventListener("click", () => { pixels.fill(0); show(); });
  const words = add(box, "p", { class: "words", "aria-live": "polite" });
  const svg = add(box, "svg", { viewBox: "0 0 340 400", role: "img" });

  function choose() {
    const i = Number(image.value);
    pixels = Array.from(images.subarray(i * count, (i + 1) * count), (byte) => byte / 255);
    written.textContent = `The test image was written as a ${data.labels[i]}.`;
    show();
  }

  function show() {
    pad(pixels);
    const { hidden, active, scores } = forward(net, pixels);
    const high = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - high));
    const sum = powers.reduce((a, b) => a + b);
    const probabilities = powers.map((power) => power / sum);
    const answer = largest(scores);
    svg.replaceChildren();
    const range = [Math.min(...hidden, 0), Math.max(...hidden, 0)];
    addBars(svg, 18, `Affine1: ${data.hidden} values`, hidden, range);
    addBars(svg, 118, "Relu1: the negative ones are cut off", active, range);
    const ends = [Math.min(...scores, 0), Math.max(...scores, 0)];
    addBars(svg, 218, "Affine2: a score for each digit", scores, ends, answer);
    addBars(svg, 318, "softmax: probabilities", probabilities, [0, 1], answer);
    words.textContent = tell(pixels, hidden, active, scores, probabilities, data.words);
    svg.setAttribute("aria-label", words.textContent);
  }
  choose();
}

function tell(pixels, hidden, active, scores, probabilities, template) {
  const order = scores.map((_, k) => k).sort((a, b) => scores[b] - scores[a]);
  const values = {
    ink: pixels.filter((ink) => ink > 0).length,
    low: Math.min(...hidden).toFixed(1),
    high: Math.max(...hidden).toFixed(1),
    on: active.filter((value) => value > 0).length,
    score1: scores[order[0]].toFixed(1), first: order[0],
    score2: scores[order[1]].toFixed(1), second: order[1],
    percent: (100 * probabilities[order[0]]).toFixed(1),
  };
  return template.replace(/{(\w+)}/g, (_, name) => values[name]);
}

function addBars(svg, top, title, values, [low, high], most = -1) {
  const height = 60, width = 340 / values.length;
  const y = (value) => top + (height * (high - value)) / (high - low || 1);
  add(svg, "text", { x: 0, y: top - 5 }, title);
  values.forEach((value, k) => {
    const bar = add(svg, "rect", {
      class: k === most ? "bar most" : "bar",
      x: (k + 0.12) * width, width: 0.76 * width,
      y: Math.min(y(value), y(0)), height: Math.abs(y(value) - y(0)),
    });
    add(bar, "title", {}, `${k}: ${value.toPrecision(4)}`);
    if (values.length > 10) return;
    const place = { x: (k + 0.5) * width, y: top + height + 14, "text-anchor": "middle" };
    add(svg, "text", place, k);
  });
  add(svg, "path", { class: "frame", d: `M0 ${y(0)}h340` });
}

// Each cell is a box to tick. Tab enters the field once, arrows move inside it.
function addPad(box, side, ink, inkOf) {
  const pad = add(box, "div", { class: "pad", role: "group",
    "aria-label": "Field to draw on. Arrow keys move, space inks a cell or takes its ink away." });
  const cells = Array.from({ length: side ** 2 }, (_, i) => add(pad, "button", {
    type: "button", role: "checkbox", tabindex: i ? -1 : 0,
    "aria-label": `row ${Math.floor(i / side) + 1}, column ${(i % side) + 1}`,
  }));
  cells.forEach((cell) => { cell.title = cell.getAttribute("aria-label"); });
  let brush = null; // the ink while a pointer draws
  let pressed = false; // by a pointer: then its click comes too late
  const put = (i, value) => { if (i >= 0 && inkOf(i) !== value) ink(i, value); };
  const other = (i) => (inkOf(i) >= 0.5 ? 0 : 1);

  pad.addEventListener("pointerdown", (event) => {
    const i = cells.indexOf(event.target);
    if (i < 0 || event.button) return;
    pressed = true;
    brush = other(i);
    put(i, brush);
  });
  // A finger's events stay with the cell where it began.
  pad.addEventListener("pointermove", (event) => {
    if (brush === null) return;
    put(cells.indexOf(document.elementFromPoint(event.clientX, event.clientY)), brush);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => { brush = null; });
  }
  pad.addEventListener("click", (event) => {
    const i = cells.indexOf(event.target);
    if (i >= 0 && !pressed) put(i, other(i));
    pressed = false;
  });
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  pad.addEventListener("keydown", (event) => {
    pressed = false;
    const move = moves[event.key];
    const i = cells.indexOf(event.target);
    if (!move || i < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const row = Math.floor(i / side) + move[0], column = (i % side) + move[1];
    if (Math.min(row, column) < 0 || Math.max(row, column) >= side) return;
    cells[i].tabIndex = -1;
    cells[row * side + column].tabIndex = 0;
    cells[row * side + column].focus();
  });
  return (pixels) => cells.forEach((cell, i) => {
    const grey = Math.round(26 + 216 * pixels[i]);
    cell.style.background = `rgb(${grey}, ${grey}, ${grey})`;
    cell.setAttribute("aria-checked", pixels[i] >= 1 ? "true" : pixels[i] > 0 ? "mixed" : "false");
  });
}
