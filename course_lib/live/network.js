// A digit in a network of two layers: forwards, backwards, and at every recorded training step.

// The steps of the two passes; before the first one, at -1, everything shows.
const AFFINE1 = 1, RELU = 2, AFFINE2 = 3, SOFTMAX = 4, LOSS = 5;
const LOGITS_BACK = 6, HIDDEN_BACK = 7, RELU_BACK = 8, WEIGHTS_BACK = 9, LAST = 9;

const SIDE = 28, COUNT = SIDE * SIDE, K = 10;

function begin(box, data) {
  const H = data.hidden, words = data.words;
  const nets = unpackAll(data, H);
  const images = bytes(data.images);
  const image = (i) => Float64Array.from(images.subarray(i * COUNT, (i + 1) * COUNT), (v) => v / 255);
  let x, t, chosen, state;

  const head = add(box, "div", { class: "head" });
  const field = add(head, "div", { class: "field" });
  const sheet = add(field, "div", { class: "sheet" });
  const pad = add(sheet, "canvas", { width: SIDE, height: SIDE, tabindex: 0, role: "application" });
  const under = add(field, "p");
  const choice = add(head, "div", { class: "choice" });
  const thumbs = data.labels.map((label, i) => {
    if (i % K === 0) {
      const name = i ? words.misread : words.choose;
      add(choice, "p", {}, name);
      add(choice, "div", { class: "thumbs", role: "group", "aria-label": name });
    }
    const thumb = add(choice.lastElementChild, "button", { type: "button", "aria-label": label });
    paintGrey(add(thumb, "canvas", { width: SIDE, height: SIDE }), image(i));
    thumb.addEventListener("click", () => choose(i));
    return thumb;
  });
  const own = add(head, "div", { class: "own" });
  addButton(own, words.draw, () => { clear(); pad.focus(); });
  const target = add(own, "label", {}, words.target);
  const select = add(target, "select");
  for (let k = 0; k < K; k++) add(select, "option", {}, k);
  select.addEventListener("change", () => { t = Number(select.value); refresh(); });

  const body = add(box, "div", { class: "body" });
  const drawing = addNetwork(add(body, "div"), H, words);
  const side = add(body, "div", { class: "side" });
  const row = add(side, "div", { class: "strip", role: "group", "aria-label": words.passes });
  const all = addButton(row, "All", () => steps.to(-1));
  const back = addButton(row, "Back", () => steps.to(steps.at < 0 ? LAST : Math.max(steps.at - 1, 0)));
  const next = addButton(row, "Next", () => steps.to(steps.at + 1));
  const steps = addPlayer(row, { name: "Play", first: 0, last: LAST, at: -1, pace: 2600,
    show() { training.stop(); update(); } });
  const caption = add(side, "p", { class: "words" });

  const learning = add(side, "div", { class: "learning" });
  const told = add(learning, "p");
  const chart = addChart(learning, data, words);
  const slider = add(learning, "input", { type: "range", min: 0, max: data.steps.length - 1,
    "aria-label": words.slider });
  slider.addEventListener("input", () => training.to(Number(slider.value)));
  const row2 = add(learning, "div", { class: "strip" });
  const training = addPlayer(row2, { name: "Train", first: 0, last: data.steps.length - 1,
    at: data.view === "learn" ? 0 : data.steps.indexOf(100), pace: 900,
    show() { steps.stop(); refresh(); } });
  for (const kind of ["mean", "one"]) add(row2, "span", { class: `key ${kind}` }, words[kind]);
  const table = addTable(box, words);

  function choose(i) {
    [x, t, chosen] = [image(i), data.labels[i], i];
    refresh();
  }

  function clear() {
    [x, chosen] = [new Float64Array(COUNT), -1];
    refresh();
  }

  function refresh() {
    state = passes(nets[training.at], x, t);
    state.losses = nets.map((net) => lossOf(forward(net, x).scores, t));
    [state.W1, state.strongest] = [nets[training.at][0], 0.36 * 127 * data.scale];
    update();
  }

  function update() {
    const time = training.at, step = steps.at, now = thousands(data.steps[time]);
    const values = { ...numbers(state), steps: now, right: percent(data.accuracies[time]),
      mean: fixed(data.losses[time], 3), what: filled(words[chosen < 0 ? "yours" : "chosen"], { t }) };
    const summary = filled(words.summary, values);
    paintGrey(pad, x);
    pad.setAttribute("aria-label", filled(words.field, values));
    under.textContent = words.under;
    sheet.classList.toggle("gridded", step === 0);
    thumbs.forEach((thumb, i) => thumb.setAttribute("aria-pressed", i === chosen));
    select.value = t;
    // What plays by itself is not read out.
    caption.setAttribute("aria-live", steps.on || training.on ? "off" : "polite");
    caption.textContent = step < 0 ? summary
      : `${step + 1} of ${LAST + 1}. ${filled(words.steps[step], values)}`;
    set(all, { "aria-disabled": step < 0 });
    set(back, { "aria-disabled": step === 0 });
    set(next, { "aria-disabled": step === LAST });
    drawing.update(state, step, summary);
    told.textContent = filled(words.told, values);
    slider.value = time;
    slider.setAttribute("aria-valuetext", filled(words.time, values));
    chart.update(state.losses, time, filled(words.chart, values));
    table.update(state);
  }

  addPen(pad, {
    ink(i, value) { x[i] = Math.max(x[i], value); },
    done() { chosen = -1; refresh(); },
    clear,
    at(i, down) {
      under.textContent = i < 0 ? words.under : filled(down ? words.inked : words.pixel,
        { row: Math.floor(i / SIDE) + 1, column: (i % SIDE) + 1, value: x[i].toFixed(2) });
    },
  });
  // Who draws by keyboard hears where the pen is; a mouse would have it told all the time.
  pad.addEventListener("focus", () => under.setAttribute("aria-live", "polite"));
  pad.addEventListener("blur", () => under.removeAttribute("aria-live"));
  row.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: back, ArrowRight: next }[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    move.click();
  });
  choose(data.first);
  if (data.play && !calm()) whenSeen(box, training.play);
}

// --- what is computed -----------------------------------------------------------------------------

function bytes(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

function unpackAll(data, H) {
  const W1s = new Int8Array(bytes(data.W1).buffer), others = floats(data.others);
  return data.steps.map((_, i) => {
    const W1 = Float64Array.from(W1s.subarray(i * COUNT * H, (i + 1) * COUNT * H), (q) => q * data.scale);
    const rest = others.subarray((i * others.length) / data.steps.length);
    return [W1, rest.subarray(0, H), rest.subarray(H, H + H * K), rest.subarray(H + H * K, H + H * K + K)];
  });
}

function lossOf(logits, t) {
  const high = Math.max(...logits);
  return high - logits[t] + Math.log(logits.reduce((sum, z) => sum + Math.exp(z - high), 0));
}

function passes(net, x, t) {
  const { hidden: a, active: h, scores: logits } = forward(net, x);
  const W2 = net[2], loss = lossOf(logits, t);
  const high = Math.max(...logits), powers = logits.map((z) => Math.exp(z - high));
  const sum = powers.reduce((one, other) => one + other);
  const y = powers.map((power) => power / sum);
  const dlogits = y.map((share, k) => share - (k === t ? 1 : 0));
  const dh = h.map((_, j) => dlogits.reduce((sum, d, k) => sum + d * W2[j * K + k], 0));
  const da = dh.map((d, j) => (a[j] > 0 ? d : 0));
  const dW1 = new Float64Array(x.length * h.length);
  x.forEach((ink, i) => da.forEach((d, j) => { dW1[i * h.length + j] = ink * d; }));
  return { x, t, a, h, logits, y, loss, dlogits, dh, da, dW1, W2, answer: largest(logits) };
}

function numbers({ x, t, a, logits, y, loss, dlogits, answer }) {
  const on = a.filter((value) => value > 0).length;
  return {
    ink: x.filter((value) => value > 0).length, units: a.length, on, off: a.length - on, answer, t,
    logit: fixed(logits[answer], 2), share: percent(y[answer]), loss: fixed(loss, 3),
    y: y[t] < 0.1 ? Number(y[t].toPrecision(4)) : fixed(y[t], 4), y3: fixed(y[t], 3),
    d: fixed(dlogits[t], 3),
  };
}

// --- what is drawn --------------------------------------------------------------------------------

function paintGrey(canvas, x) {
  const context = canvas.getContext("2d"), pixels = context.createImageData(SIDE, SIDE);
  x.forEach((ink, i) => {
    const grey = 24 + 231 * ink;
    pixels.data.set([grey, grey, grey, 255], 4 * i);
  });
  context.putImageData(pixels, 0, 0);
}

const easel = document.createElement("canvas");
easel.width = easel.height = SIDE;

// Column j of an array (784, H) as a picture: green above 0, purple below, nothing at 0.
function tile(values, j, H, most) {
  const context = easel.getContext("2d"), pixels = context.createImageData(SIDE, SIDE);
  for (let i = 0; i < COUNT; i++) {
    const share = values[i * H + j] / (most || 1);
    pixels.data.set([...(share > 0 ? POSITIVE : NEGATIVE), 255 * Math.min(1, Math.abs(share) ** 0.8)], 4 * i);
  }
  context.putImageData(pixels, 0, 0);
  return easel.toDataURL();
}

// The rows of the drawing: which numbers stand in it, and the step that shows them.
const ROWS = {
  a: { forward: AFFINE1, backward: RELU_BACK },
  h: { forward: RELU, backward: HIDDEN_BACK },
  logits: { forward: AFFINE2, backward: LOGITS_BACK },
  y: { forward: SOFTMAX },
};
// The row at work in each step.
const AT_WORK = ["", "a", "h", "logits", "y", "y", "logits", "h", "a", "W1"];

function addNetwork(box, H, words) {
  const svg = add(box, "svg", { class: "net", role: "img" });
  const many = (count, make) => Array.from({ length: count }, (_, i) => make(i));
  const counts = { a: H, h: H, logits: K, y: K };
  const bands = {}, forwardBars = {}, backwardBars = {}, axes = {}, labels = {};
  for (const name of ["W1", ...Object.keys(ROWS)]) {
    bands[name] = add(svg, "rect", { class: "band", rx: 6 });
  }
  const fan = many(H, () => add(svg, "path", { pathLength: 1 }));
  const links = many(H * K, () => add(svg, "path", { pathLength: 1 }));
  const tiles = many(H, () => [add(svg, "rect", { class: "tile" }), add(svg, "image")]);
  for (const name of Object.keys(ROWS)) {
    axes[name] = add(svg, "path", { class: "axis" });
    forwardBars[name] = many(counts[name], () => add(svg, "rect", { class: "bar" }));
    backwardBars[name] = many(ROWS[name].backward ? counts[name] : 0,
      () => add(svg, "rect", { class: "bar back" }));
  }
  const goal = add(svg, "rect", { class: "goal" });
  const shares = many(K, () => add(svg, "text", { class: "share" }));
  const digits = many(K, (k) => add(svg, "text", { class: "digit" }, k));
  for (const name of Object.keys(words.labels)) {
    const kind = name === "loss" ? "label right result" : name.startsWith("d") ? "label right" : "label";
    labels[name] = add(svg, "text", { class: kind }, words.labels[name]);
  }
  let width = 0, now = null;
  const at = {};
  const column = (i, count) => ((i + 0.5) * width) / count;

  // In pixels of the screen, so that text keeps its size.
  function resize(wide) {
    width = wide;
    let y = 32;
    const side = Math.floor(width / H) - 3;
    // Beside the controls there is room.
    const tall = box.parentElement.clientWidth >= 600 ? 1.3 : 1;
    const heights = { W1: side, a: 42 * tall, h: 42 * tall, logits: 46 * tall, y: 46 * tall };
    // Above each row: its label, for y also the number on the highest bar, and the lines.
    const label = (name) => (name === "y" ? 36 : 20);
    for (const [name, height] of Object.entries(heights)) {
      y += name === "logits" ? 70 * tall : 2;
      set(bands[name], { x: 0, y, width, height: height + label(name) + 3 });
      set(labels[name], { x: 6, y: y + 14 });
      set(labels[name === "y" ? "loss" : `d${name}`], { x: width - 6, y: y + 14 });
      y += label(name);
      at[name] = { top: y, height };
      y += height + 4;
    }
    set(bands.y, { height: at.y.height + 36 + 22 });
    set(svg, { viewBox: `0 0 ${width} ${y + 22}`, height: y + 22 });
    tiles.forEach((pair, j) => pair.forEach((el) =>
      set(el, { x: column(j, H) - side / 2, y: at.W1.top, width: side, height: side })));
    const curve = (path, x0, y0, x1, y1) =>
      set(path, { d: `M${x0} ${y0}C${x0} ${(y0 + y1) / 2} ${x1} ${(y0 + y1) / 2} ${x1} ${y1}` });
    fan.forEach((path, j) => curve(path, at.field, 0, column(j, H), at.W1.top));
    links.forEach((path, i) => curve(path, column(Math.floor(i / K), H),
      at.h.top + at.h.height + 6, column(i % K, K), at.logits.top - 22));
    digits.forEach((el, k) => set(el, { x: column(k, K), y: at.y.top + at.y.height + 15 }));
    if (now) update(...now);
  }

  function bars(rects, values, most, row, shown, part) {
    const thick = Math.min(14, (0.36 * width) / rects.length);
    const { top, height } = at[row], low = row === "y" ? 0 : -most;
    const y = (value) => top + (height * (most - value)) / (most - low || 1);
    rects.forEach((rect, i) => {
      const value = shown ? values[i] : 0;
      set(rect, { x: column(i, rects.length) + part * (thick + 1) - thick / 2, width: thick,
        y: Math.min(y(value), y(0)), height: Math.abs(y(value) - y(0)) });
    });
    set(axes[row], { d: `M4 ${y(0)}H${width - 4}` });
  }

  function lines(paths, pushes, shown, back, moving) {
    const most = Math.max(...pushes.map(Math.abs)) || 1;
    paths.forEach((path, i) => {
      const strength = Math.abs(pushes[i]) / most;
      const kinds = ["line", back && "back", pushes[i] < 0 && "down", moving && "moving"];
      set(path, { class: kinds.filter(Boolean).join(" "), "stroke-width": 0.5 + 2.5 * strength,
        "stroke-opacity": shown && strength ? 0.1 + 0.7 * strength : 0 });
    });
  }

  function update(state, step, summary) {
    now = [state, step, summary];
    if (!width) return;
    const shows = (since) => step < 0 || step >= since;
    const most = (...rows) => Math.max(...rows.flat().map(Math.abs)) || 1;
    const units = most(state.a), gradients = most(state.dh);
    bars(forwardBars.a, state.a, units, "a", shows(AFFINE1), -0.5);
    bars(forwardBars.h, state.h, units, "h", shows(RELU), -0.5);
    bars(forwardBars.logits, state.logits, most(state.logits), "logits", shows(AFFINE2), -0.5);
    bars(forwardBars.y, state.y, 1, "y", shows(SOFTMAX), 0);
    bars(backwardBars.a, state.da, gradients, "a", shows(RELU_BACK), 0.5);
    bars(backwardBars.h, state.dh, gradients, "h", shows(HIDDEN_BACK), 0.5);
    bars(backwardBars.logits, state.dlogits, most(state.dlogits), "logits", shows(LOGITS_BACK), 0.5);

    const H = tiles.length, atWeights = step === WEIGHTS_BACK;
    const values = atWeights ? state.dW1 : state.W1;
    const strongest = atWeights
      ? values.reduce((high, v) => Math.max(high, Math.abs(v)), 0) : state.strongest;
    tiles.forEach(([, picture], j) => set(picture, { href: tile(values, j, H, strongest) }));
    const backwards = step >= HIDDEN_BACK;
    const pushes = links.map((_, i) =>
      state.W2[i] * (backwards ? state.dlogits[i % K] : state.h[Math.floor(i / K)]));
    lines(links, pushes, shows(AFFINE2), backwards, [AFFINE2, HIDDEN_BACK].includes(step));
    lines(fan, atWeights ? state.da : state.a, shows(AFFINE1), atWeights,
      [AFFINE1, WEIGHTS_BACK].includes(step));

    for (const [name, band] of Object.entries(bands)) band.classList.toggle("now", AT_WORK[step] === name);
    for (const [name, label] of Object.entries(labels)) {
      const row = name === "loss" ? LOSS : name === "dW1" ? WEIGHTS_BACK
        : name === "W1" ? -1 : name.startsWith("d") ? ROWS[name.slice(1)].backward : ROWS[name].forward;
      label.classList.toggle("later", !shows(row));
    }
    labels.dW1.classList.toggle("later", !atWeights);
    labels.W1.classList.toggle("over", !atWeights);
    labels.loss.textContent = filled(words.labels.loss, numbers(state));
    shares.forEach((el, k) => {
      el.textContent = shows(SOFTMAX) ? fixed(100 * state.y[k], 0) : "";
      set(el, { x: column(k, K), y: at.y.top + at.y.height * (1 - state.y[k]) - 5 });
    });
    const thick = Math.min(14, (0.36 * width) / K) + 6;
    set(goal, { x: column(state.t, K) - thick / 2, y: at.y.top, width: thick, height: at.y.height });
    goal.classList.toggle("later", !shows(LOSS));
    digits.forEach((el, k) => {
      el.classList.toggle("answer", k === state.answer && shows(SOFTMAX));
    });
    svg.setAttribute("aria-label", summary);
  }

  onWidth(svg, (wide) => {
    at.field = Math.min(84, wide / 4);
    resize(wide);
  });
  return { update };
}

// The losses at the recorded steps, which stand at equal distances.
function addChart(parent, data, words) {
  const svg = add(parent, "svg", { class: "chart", role: "img" });
  const high = 120, last = data.steps.length - 1, left = 20, right = 8;
  const grid = [0, 1, 2].map((loss) => [add(svg, "path", { class: "axis" }), add(svg, "text", {}, loss), loss]);
  const ticks = data.steps.map((step) =>
    add(svg, "text", { class: "tick" }, step >= 1000 ? `${step / 1000}k` : step));
  const marker = add(svg, "path", { class: "marker" });
  const mean = add(svg, "polyline", { class: "mean" }), one = add(svg, "polyline", { class: "one" });
  const dots = ["mean", "one"].map((kind) => add(svg, "circle", { class: kind, r: 4 }));
  let width = 0, now = null;
  const X = (i) => left + ((width - left - right) * i) / last;

  function update(losses, time, label) {
    now = [losses, time, label];
    if (!width) return;
    const top = Math.max(2.5, ...losses), y = (loss) => 6 + (high - 12) * (1 - loss / top);
    const points = (row) => row.map((loss, i) => `${X(i)},${y(loss)}`).join(" ");
    grid.forEach(([path, text, loss]) => {
      set(path, { d: `M${left - 6} ${y(loss)}H${width}` });
      set(text, { x: 0, y: y(loss) + 4 });
    });
    ticks.forEach((text, i) => set(text, { x: X(i), y: high + 12,
      visibility: width > 280 || i % 2 === 0 ? "visible" : "hidden" }));
    set(marker, { d: `M${X(time)} 0V${high}` });
    set(mean, { points: points(data.losses) });
    set(one, { points: points(losses) });
    set(dots[0], { cx: X(time), cy: y(data.losses[time]) });
    set(dots[1], { cx: X(time), cy: y(losses[time]) });
    set(svg, { "aria-label": label });
  }

  onWidth(svg, (wide) => {
    width = wide;
    set(svg, { viewBox: `0 0 ${width} ${high + 16}`, height: high + 16 });
    if (now) update(...now);
  });
  return { update };
}

// All numbers of the drawing, for readers who do not see it and for those who want to recalculate.
function addTable(box, words) {
  const details = add(box, "details");
  add(details, "summary", {}, words.table);
  const holder = add(details, "div", { class: "tables" });
  let state = null;
  const text = (value) => String(Number(value.toPrecision(4))).replace("-", "−");

  function fill() {
    if (!details.open || !state) return;
    holder.replaceChildren();
    for (const [first, names] of [
      [words.unit, ["a", "h", "dh", "da"]], [words.digit, ["logits", "y", "t", "dlogits"]],
    ]) {
      const table = add(holder, "table");
      const head = add(add(table, "thead"), "tr");
      for (const name of [first, ...names]) add(head, "th", { scope: "col" }, name);
      const body = add(table, "tbody");
      const rows = { ...state, t: state.y.map((_, k) => (k === state.t ? 1 : 0)) };
      rows[names[0]].forEach((_, i) => {
        const row = add(body, "tr");
        add(row, "th", { scope: "row" }, first === words.unit ? i + 1 : i);
        for (const name of names) add(row, "td", {}, text(rows[name][i]));
      });
    }
  }

  details.addEventListener("toggle", fill);
  return { update(now) { state = now; fill(); } };
}

// Draws with a soft round pen: by mouse and finger, and by keyboard.
function addPen(pad, { ink, done, clear, at }) {
  let pen = null, cursor = [14, 14], down = false, pressed = false;

  function dot(row, column) {
    for (let r = Math.max(0, Math.floor(row - 2)); r <= Math.min(SIDE - 1, row + 2); r++) {
      for (let c = Math.max(0, Math.floor(column - 2)); c <= Math.min(SIDE - 1, column + 2); c++) {
        const far = Math.hypot(r + 0.5 - row, c + 0.5 - column);
        const value = Math.max(0, Math.min(1, 1.9 - far));
        if (value > 0) ink(r * SIDE + c, value);
      }
    }
  }

  function place(event) {
    const frame = pad.getBoundingClientRect();
    return [(event.clientY - frame.top) / frame.height, (event.clientX - frame.left) / frame.width]
      .map((share) => share * SIDE);
  }

  function stroke(from, to) {
    const parts = Math.max(1, Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])));
    for (let k = 0; k <= parts; k++) {
      dot(from[0] + ((to[0] - from[0]) * k) / parts, from[1] + ((to[1] - from[1]) * k) / parts);
    }
    done();
  }

  pad.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pad.setPointerCapture(event.pointerId);
    pressed = true;
    pen = place(event);
    stroke(pen, pen);
  });
  pad.addEventListener("pointermove", (event) => {
    const to = place(event), [row, column] = to.map(Math.floor);
    if (pressed) { stroke(pen, to); pen = to; }
    at(Math.min(row, column) < 0 || Math.max(row, column) >= SIDE ? -1 : row * SIDE + column);
  });
  for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { pressed = false; });
  pad.addEventListener("pointerleave", () => at(-1));
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moves[event.key];
    if (move) cursor = cursor.map((value, i) => Math.max(0, Math.min(SIDE - 1, value + move[i])));
    else if (event.key === " ") down = !down;
    else if (event.key === "Delete" || event.key === "Backspace") clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
    const middle = cursor.map((value) => value + 0.5);
    if (down && (move || event.key === " ")) stroke(middle, middle);
    at(cursor[0] * SIDE + cursor[1], down);
  });
  pad.addEventListener("blur", () => { down = false; });
}
