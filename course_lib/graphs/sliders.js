// Sliders for the inputs of one figure. Calls changed(numbers, moved) after every move.
function addSliders(figure, data, changed) {
  const built = data.values.map((value) => value.value);
  const inputs = {};
  const panel = add(figure, "div", "bpg-sliders");
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", data.words.sliders);

  const rows = data.sliders.map(({ index, first, last, step }) => {
    const label = add(panel, "label", "bpg-slider");
    add(label, "span", "bpg-slider-name").textContent = data.values[index].name;
    const range = add(label, "input");
    Object.assign(range, { type: "range", min: first, max: last, step });
    const shown = add(label, "span", "bpg-slider-value");
    shown.setAttribute("aria-hidden", "true");
    range.addEventListener("input", () => { set(range.valueAsNumber); update(); });
    function set(value) {
      inputs[index] = value;
      shown.textContent = numberText(value);
      range.setAttribute("aria-valuetext", numberText(value));
    }
    // The value that was built may lie between two stops: the slider then stands beside it.
    return { reset() { set(built[index]); range.value = built[index]; } };
  });

  const reset = add(panel, "button", "bpg-wide-button bpg-slider-reset");
  reset.type = "button";
  reset.textContent = data.words["sliders reset"];
  reset.addEventListener("click", () => { rows.forEach((row) => row.reset()); update(); });

  function update() {
    const numbers = recompute(data, inputs);
    const texts = Array.from(figure.querySelectorAll("[data-key]"));
    write(texts.map((text) => [text, numberText(numbers[text.dataset.key])]));
    for (const desc of figure.querySelectorAll("desc")) {
      desc.textContent = fill(data.description, numbers);
    }
    const moved = Object.keys(inputs).some((i) => inputs[i] !== built[i]);
    reset.setAttribute("aria-disabled", !moved);
    changed(numbers, moved);
  }

  canvas.font = getComputedStyle(figure.querySelector("[data-key]")).font;
  rows.forEach((row) => row.reset());
  update();
}

// A number wider than the room that it has is squeezed into it; 1.1: it may become bold. A canvas
// measures it, because the drawing may be hidden, and measuring it would lay out the page.
const canvas = document.createElement("canvas").getContext("2d");

function write(texts) {
  for (const [text, content] of texts) {
    if (text.textContent === content) continue;
    text.textContent = content;
    if (1.1 * canvas.measureText(content).width > text.dataset.room) {
      text.setAttribute("lengthAdjust", "spacingAndGlyphs");
      text.setAttribute("textLength", text.dataset.room);
    } else text.removeAttribute("textLength");
  }
}

function add(parent, tag, name = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (name) element.className = name;
  return element;
}
