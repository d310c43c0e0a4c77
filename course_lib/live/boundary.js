// Networks that were trained when the page was made; the page asks them about each point.
function begin(box, data) {
  const controls = add(box, "div", { class: "controls" });
  const label = add(controls, "label");
  add(label, "span", {}, "points");
  const points = add(label, "select");
  for (const name of Object.keys(data.points)) add(points, "option", { value: name }, name);
  points.addEventListener("change", () => show());
  const slider = (name, key) => addSlider(controls, name, data[key], data.at[key], () => show());
  const size = slider("hidden size", "sizes");
  const steps = slider("steps", "steps");
  const rate = slider("learning rate", "rates");
  const words = add(box, "p", { class: "words", "aria-live": "polite" });
  const plane = add(box, "div", { class: "plane" });
  const canvas = add(plane, "canvas", { "aria-hidden": "true" });
  canvas.width = canvas.height = data.side;
  const edge = data.edge;
  const svg = add(plane, "svg", { viewBox: `${-edge} ${-edge} ${2 * edge} ${2 * edge}`, role: "img" });

  function show() {
    const { classes, t, parameters } = data.points[points.value];
    const x = floats(data.points[points.value].x);
    const H = data.sizes[size.value];
    const trained = parameters[size.value][rate.value][steps.value];
    const net = trained && unpack(floats(trained), 2, H, classes);
    const answer = (place) => largest(forward(net, place).scores);
    let right = 0;
    svg.replaceChildren();
    t.forEach((k, i) => {
      const place = [x[2 * i], x[2 * i + 1]];
      if (net && answer(place) === k) right += 1;
      addMark(svg, k, place[0], -place[1]);
    });
    colour(canvas, net && answer, edge);
    const outcome = net ? data.words.right.replace("{right}", right).replace("{all}", t.length)
      : data.words.diverged;
    const values = { classes, size: H, steps: data.steps[steps.value],
      rate: data.rates[rate.value], outcome };
    words.textContent = data.words.all.replace(/{(\w+)}/g, (_, name) => values[name]);
    svg.setAttribute("aria-label", words.textContent);
  }
  show();
}

function addMark(svg, k, x, y) {
  const r = 0.022;
  const name = { class: `class${k}` };
  if (k === 0) add(svg, "circle", { ...name, cx: x, cy: y, r });
  else if (k === 1) add(svg, "rect", { ...name, x: x - r, y: y - r, width: 2 * r, height: 2 * r });
  else add(svg, "path", { ...name, d: `M${x} ${y - r}l${r} ${2 * r}h${-2 * r}z` });
}

// Row by row from the top of the picture, which is the upper end of the second value.
function colour(canvas, answer, edge) {
  const side = canvas.width;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, side, side);
  if (!answer) return;
  const at = (i) => -edge + (2 * edge * i) / (side - 1);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      context.fillStyle = COLOURS[answer([at(column), -at(row)])];
      context.fillRect(column, row, 1, 1);
    }
  }
}
