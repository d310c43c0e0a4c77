// What the explorers of a page share. Each has a file that defines begin(box, data).
const SVG = "http://www.w3.org/2000/svg";

function add(parent, tag, attributes = {}, text = "") {
  const drawn = tag === "svg" || parent.namespaceURI === SVG;
  const element = drawn ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== "") element.textContent = text;
  return parent.appendChild(element);
}

// A slider over a list of values. Its own value is the place in the list.
function addSlider(parent, name, values, at, changed) {
  const label = add(parent, "label");
  add(label, "span", {}, name);
  const last = values.length - 1;
  const range = add(label, "input", { type: "range", min: 0, max: last, value: values.indexOf(at) });
  const shown = add(label, "span", { "aria-hidden": "true" });
  function tell() {
    shown.textContent = values[range.value];
    range.setAttribute("aria-valuetext", values[range.value]);
  }
  range.addEventListener("input", () => { tell(); changed(); });
  tell();
  return range;
}

function floats(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

// x (D,) times W (D, K), row by row in one list, plus b (K,).
function affine(x, W, b) {
  return Array.from(b, (sum, k) => {
    for (let d = 0; d < x.length; d++) sum += x[d] * W[d * b.length + k];
    return sum;
  });
}

// The two layers' parameters stand one after the other: W1, b1, W2, b2.
function unpack(parameters, D, H, K) {
  const ends = [D * H, D * H + H, D * H + H + H * K];
  return [0, ...ends].map((start, i) => parameters.subarray(start, ends[i]));
}

function forward([W1, b1, W2, b2], x) {
  const hidden = affine(x, W1, b1);
  const active = hidden.map((value) => Math.max(value, 0));
  return { hidden, active, scores: affine(active, W2, b2) };
}

const largest = (values) => values.indexOf(Math.max(...values));

function beginAll() {
  for (const box of document.querySelectorAll(`.explorer.${KIND}:not([data-ready])`)) {
    box.setAttribute("data-ready", "");
    begin(add(box, "div", { class: "alive" }), JSON.parse(box.querySelector(".data").textContent));
  }
}
