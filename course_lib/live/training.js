// Two sliders choose one of the runs that were trained when the page was made.
const LEFT = 28, WIDTH = 304, HEIGHT = 130;

function begin(box, data) {
  const controls = add(box, "div", { class: "controls" });
  const rate = addSlider(controls, "learning rate", data.rates, data.at[0], () => show());
  const size = addSlider(controls, "hidden size", data.sizes, data.at[1], () => show());
  const words = add(box, "p", { class: "words", "aria-live": "polite" });
  const svg = add(box, "svg", { viewBox: "0 0 340 350", role: "img" });
  const loss = addPanel(svg, 20, `loss, mean of ${data.window} mini-batches; grey: before`,
    [0, 1, 2, 3], 3.2, data.steps);
  const accuracy = addPanel(svg, 190, "accuracy: ● training, ■ test", [0, 0.5, 1], 1, data.steps);
  add(svg, "text", { x: LEFT + WIDTH / 2, y: 348, "text-anchor": "middle" }, "step");
  // What runs out of the panel is cut off there.
  const inside = add(svg, "svg", { x: LEFT, y: 20, width: WIDTH, height: HEIGHT });
  const before = add(inside, "polyline", { class: "before" });
  const now = add(inside, "polyline", { class: "loss" });
  const marks = add(svg, "g");

  function show() {
    const run = data.runs[rate.value][size.value];
    before.setAttribute("points", now.getAttribute("points") || "");
    now.setAttribute("points", run.loss.map((value, i) =>
      `${loss.x(data.window / 2 + i * data.every) - LEFT},${loss.y(value) - 20}`).join(" "));
    marks.replaceChildren();
    for (const [name, mark] of [["train", "dot"], ["test", "square"]]) {
      const at = run.at.map((step, i) => [accuracy.x(step), accuracy.y(run[name][i])]);
      add(marks, "polyline", { class: name, points: at.join(" ") });
      for (const [x, y] of at) {
        if (mark === "dot") add(marks, "circle", { class: mark, cx: x, cy: y, r: 3 });
        else add(marks, "rect", { class: mark, x: x - 2.5, y: y - 2.5, width: 5, height: 5 });
      }
    }
    words.textContent = run.words;
    svg.setAttribute("aria-label", run.words);
  }
  show();
}

function addPanel(svg, top, title, ticks, highest, steps) {
  const x = (step) => LEFT + (step / steps) * WIDTH;
  const y = (value) => top + HEIGHT * (1 - value / highest);
  add(svg, "text", { x: LEFT, y: top - 7 }, title);
  for (const tick of ticks) {
    add(svg, "line", { class: "grid", x1: LEFT, x2: LEFT + WIDTH, y1: y(tick), y2: y(tick) });
    add(svg, "text", { x: LEFT - 5, y: y(tick) + 4, "text-anchor": "end" }, tick);
  }
  for (const step of [0, steps / 2, steps]) {
    const place = { x: x(step), y: top + HEIGHT + 14, "text-anchor": step < steps ? "middle" : "end" };
    add(svg, "text", place, step);
  }
  add(svg, "path", { class: "frame", d: `M${LEFT} ${top}v${HEIGHT}h${WIDTH}` });
  return { x, y };
}
