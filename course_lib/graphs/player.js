// Steps through the figures of a page. Before the first step everything shows, as on paper.
const PAUSE = 1800;

function start(figure) {
  figure.setAttribute("data-bpg-ready", "");
  const find = (selector) => figure.querySelector(selector);
  const all = (selector) => Array.from(figure.querySelectorAll(selector));
  const data = JSON.parse(find(".bpg-data").textContent);
  const { steps, words } = data;
  const scroller = find(".bpg-scroll");
  const caption = find(".bpg-caption");
  const counter = find(".bpg-counter");
  const panel = find(".bpg-panel");
  const spot = find(".bpg-spot");
  const button = (name) => find('button[data-do="' + name + '"]');
  let hint = caption.textContent;
  const last = steps.length - 1;
  let at = -1; // -1: everything shows
  let timer = null;
  let numbers = data.sliders ? recompute(data, {}) : {};
  let moved = false; // by the sliders
  let ask = null;
  let question = null;

  function show(step, before = "") {
    if (ask) {
      step = Math.min(step, ask.open);
      question = ask.update(step);
    }
    at = step;
    const now = String(step);
    figure.toggleAttribute("data-bpg-stepping", step >= 0);
    figure.toggleAttribute("data-bpg-backward", step >= 0 && steps[step].backward);
    for (const el of all("[data-from]")) {
      el.classList.toggle("bpg-later", step >= 0 && Number(el.dataset.from) > step);
      el.classList.toggle("bpg-new", el.dataset.from === now);
    }
    for (const el of all("[data-at]")) {
      el.classList.toggle("bpg-active", el.dataset.at.split(" ").includes(now));
    }
    for (const el of all("[data-only]")) {
      el.classList.toggle("bpg-on", !question && el.dataset.only === now);
    }
    tell(before);
    counter.textContent = step < 0 ? "" :
      words.counter.replace("{step}", step + 1).replace("{steps}", steps.length);
    button("back").setAttribute("aria-disabled", step === 0);
    button("next").setAttribute("aria-disabled", step === last);
    button("reset").setAttribute("aria-disabled", step < 0);
    follow();
  }

  function tell(before = "") {
    const text = question ? question.text
      : at >= 0 ? steps[at].caption : moved ? data.changed : hint;
    caption.setAttribute("aria-live", "polite");
    caption.textContent = before + fill(text, numbers);
  }

  // Scrolls the active node, or else the first new number, into view above the panel.
  function follow() {
    const shows = (selector) => all(selector).map((el) => el.getBoundingClientRect())
      .find((box) => box.width);
    const box = shows(":is(.bpg-node, .bpg-branch).bpg-active") || shows(".bpg-new");
    if (!box) return;
    const frame = scroller.getBoundingClientRect();
    const around = 48;
    Object.assign(spot.style, {
      left: box.left - frame.left + scroller.scrollLeft + "px",
      top: box.top - frame.top - around + "px",
      width: box.width + "px",
      height: box.height + 2 * around + "px",
      scrollMarginBottom: panel.offsetHeight + "px",
    });
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const behavior = still ? "auto" : "smooth";
    spot.scrollIntoView({ block: "nearest", inline: "nearest", behavior });
  }

  function playing(on) {
    clearInterval(timer);
    timer = on ? setInterval(tick, PAUSE) : null;
    figure.toggleAttribute("data-bpg-playing", on);
    button("play").setAttribute("aria-label", on ? words.pause : words.play);
    button("play").title = on ? words.pause : words.play;
  }

  function tick() {
    if (!figure.isConnected) return playing(false);
    advance();
    if (at === last || question) playing(false);
  }

  // Questions begin with the backward pass: the values show from the start.
  function advance() {
    show(ask && at < 0 ? steps.findIndex((step) => step.backward) : Math.min(last, at + 1));
    if (question) ask.focus();
  }

  const actions = {
    reset() { playing(false); show(-1); },
    back() { playing(false); show(at < 0 ? last : Math.max(0, at - 1)); },
    next() { playing(false); if (question) ask.remind(); else advance(); },
    first() { playing(false); show(0); },
    last() { playing(false); show(last); },
    play() {
      if (timer) return playing(false);
      if (question) return ask.remind();
      if (at === last) show(0);
      else advance();
      playing(at < last && !question);
    },
  };
  const keys = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last", " ": "play" };

  for (const el of all("button[data-do]")) {
    el.addEventListener("click", () => actions[el.dataset.do]());
  }
  figure.addEventListener("keydown", (event) => {
    const name = keys[event.key];
    if (!name || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    // Sliders and fields use these keys themselves.
    if (event.target.tagName === "INPUT") return;
    // On a button, the space bar presses that button.
    if (event.key === " " && event.target !== scroller) return;
    event.preventDefault();
    event.stopPropagation();
    actions[name]();
  });
  // The panel grows with what it says.
  new ResizeObserver(() => { if (at >= 0) follow(); }).observe(panel);
  for (const el of all("[hidden]")) el.hidden = false;
  button("reset").setAttribute("aria-disabled", true);
  function slide() {
    if (!data.sliders) return;
    addSliders(figure, data, (now, any) => {
      [numbers, moved] = [now, any];
      if (moved || caption.hasAttribute("aria-live")) tell();
    });
  }
  if (!data.questions) return slide();
  ask = addQuestions(figure, panel, data, (text, done) => {
    if (ask.open === Infinity) {
      ask.update(-1);
      ask = question = null;
      hint = data.done;
      for (const desc of all("desc")) desc.textContent = data.described;
      slide();
    }
    show(at, text + " ");
  });
  find(".bpg-solution").hidden = true;
  ask.update(-1);
}

document.querySelectorAll(".bpg:not([data-bpg-ready])").forEach(start);
