// The loss on a plane of parameters, and how far gradient descent has come on it.
function begin(box, data) {
  const { paths, rates, words } = data, last = paths[0].length - 1;
  let chosen = 1;

  const plane = addPlane(box, data);
  const controls = add(box, "div", { class: "below" });
  const choice = add(controls, "fieldset", { class: "strip" });
  add(choice, "legend", {}, words.rates);
  rates.forEach((rate, i) => {
    const label = add(choice, "label", { class: `rate rate${i}` });
    const radio = add(label, "input", { type: "radio", name: `rate-${data.id}`, value: i });
    radio.checked = i === chosen;
    radio.addEventListener("change", () => { chosen = i; update(player.at); });
    add(label, "span", {}, rate);
  });
  const row = add(controls, "div", { class: "strip" });
  const player = addPlayer(row, { name: "Play", first: 0, last, at: last, pace: 300, show: update });
  const slider = add(row, "input", { type: "range", min: 0, max: last, "aria-label": words.slider });
  slider.addEventListener("input", () => player.to(Number(slider.value)));
  const told = add(controls, "p", { class: "told" });
  const chart = addLosses(add(controls, "div"), data);

  function update(step) {
    const values = { rate: rates[chosen], step, last, loss: fixed(paths[chosen][step].loss, 3) };
    told.setAttribute("aria-live", player.on ? "off" : "polite");
    told.textContent = values.told = filled(words.told, values);
    values.start = fixed(paths[0][0].loss, 3);
    values.all = paths.map((path, i) =>
      filled(words.one, { rate: rates[i], loss: fixed(path[step].loss, 3) })).join(", ");
    slider.value = step;
    slider.setAttribute("aria-valuetext", values.told);
    plane.update(chosen, step, filled(words.plane, values));
    chart.update(chosen, step, filled(words.chart, values));
  }
  update(last);
}

function addPaths(svg, count) {
  return Array.from({ length: count }, (_, i) => [
    add(svg, "polyline", { class: `rate${i}` }), add(svg, "circle", { class: `rate${i}`, r: 4.5 }),
  ]);
}

// Each path up to a step; the chosen one is strong and lies on top.
function showPaths(paths, points, chosen) {
  paths.forEach(([line, dot], i) => {
    set(line, { points: points[i].join(" ") });
    const [x, y] = points[i][points[i].length - 1];
    set(dot, { cx: x, cy: y });
    for (const el of [line, dot]) el.classList.toggle("chosen", i === chosen);
  });
  paths[chosen].forEach((el) => el.parentNode.append(el));
}

function addPlane(box, { along, across, levels, regions, paths, words }) {
  const svg = add(box, "svg", { class: "valley", role: "img" });
  const areas = regions.map(() => add(svg, "path", { class: "region", "fill-rule": "evenodd" }));
  const labels = regions.map((region, i) => [add(svg, "text", { class: "level" }, levels[i]), region])
    .filter(([text], i) => [0.3, 0.5, 1, 2, 3, 4].includes(levels[i]) || text.remove());
  const lines = addPaths(svg, paths.length);
  const dots = Array.from(paths[0], () => add(svg, "circle", { class: "stop", r: 2 }));
  add(box, "p", { class: "along" }, words.along);
  let place = null, now = null;

  function update(chosen, step, label) {
    now = [chosen, step, label];
    if (!place) return;
    const points = paths.map((path) => path.slice(0, step + 1).map(({ point }) => place(point)));
    showPaths(lines, points, chosen);
    dots.forEach((dot, i) => {
      const [cx, cy] = place(paths[chosen][Math.min(i, step)].point);
      set(dot, { cx, cy, class: `stop rate${chosen}` });
    });
    set(svg, { "aria-label": label });
  }

  onWidth(box, (width) => {
    const scale = width / (along[1] - along[0]), height = scale * (across[1] - across[0]);
    place = ([u, v]) => [(u - along[0]) * scale, height - (v - across[0]) * scale];
    set(svg, { viewBox: `0 0 ${width} ${height}`, height });
    const outline = (ring) => `M${ring.map((point) => place(point).join(" ")).join("L")}Z`;
    areas.forEach((area, i) => set(area, { d: regions[i].map(outline).join("") }));
    const at = along[0] + 0.86 * (along[1] - along[0]);
    labels.forEach(([text, region]) => {
      // Where its line crosses the right part of the picture, below the floor of the valley.
      const near = region.flat().filter(([u, v]) => Math.abs(u - at) < 0.1 && v < 0 && v > across[0]);
      const low = near.reduce((one, other) => (other[1] < one[1] ? other : one), [0, 9]);
      set(text, { x: place(low)[0], y: place(low)[1] + 4 });
    });
    if (now) update(...now);
  });
  return { update };
}

function addLosses(box, { paths, words }) {
  const svg = add(box, "svg", { class: "chart", role: "img" });
  const high = 130, edge = 22, last = paths[0].length - 1;
  const top = Math.ceil(Math.max(...paths.flat().map(({ loss }) => loss)));
  const Y = (loss) => 6 + (high - 12) * (1 - loss / top);
  const grid = Array.from({ length: top + 1 }, (_, loss) => [
    add(svg, "path", { class: "axis" }), add(svg, "text", { x: 0, y: Y(loss) + 4 }, loss), Y(loss)]);
  const ticks = [0, 10, 20, 30, 40].map((step) =>
    [add(svg, "text", { class: "tick", y: high + 12 }, step), step]);
  const name = add(svg, "text", { class: "tick", y: high + 26 }, words.slider);
  add(svg, "text", { x: edge + 4, y: 12 }, words.loss);
  const lines = addPaths(svg, paths.length);
  let width = 0, now = null;

  function update(chosen, step, label) {
    now = [chosen, step, label];
    if (!width) return;
    const x = (i) => edge + ((width - edge - 8) * i) / last;
    const points = paths.map((path) => path.slice(0, step + 1).map(({ loss }, i) => [x(i), Y(loss)]));
    showPaths(lines, points, chosen);
    for (const [text, i] of ticks) set(text, { x: x(i) });
    set(name, { x: x(last / 2) });
    set(svg, { "aria-label": label });
  }

  onWidth(box, (wide) => {
    width = wide;
    set(svg, { viewBox: `0 0 ${width} ${high + 30}`, height: high + 30 });
    for (const [path, , y] of grid) set(path, { d: `M${edge} ${y}H${width}` });
    if (now) update(...now);
  });
  return { update };
}
