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
  const button = (name) => find('button[data-do="' + name + '"]');
  const hint = caption.textContent;
  const last = steps.length - 1;
  let at = -1; // -1: everything shows
  let timer = null;
  let numbers = {};
  let moved = false; // by the sliders

  function show(step) {
    at = step;
    const now = String(step);
    figure.toggleAttribute("data-bpg-backward", step >= 0 && steps[step].backward);
    for (const el of all("[data-from]")) {
      el.classList.toggle("bpg-later", step >= 0 && Number(el.dataset.from) > step);
      el.classList.toggle("bpg-new", el.dataset.from === now);
    }
    for (const el of all("[data-at]")) {
      el.classList.toggle("bpg-active", el.dataset.at.split(" ").includes(now));
    }
    for (const el of all("[data-only]")) {
      el.classList.toggle("bpg-on", el.dataset.only === now);
    }
    tell();
    counter.textContent = step < 0 ? "" :
      words.counter.replace("{step}", step + 1).replace("{steps}", steps.length);
    button("back").setAttribute("aria-disabled", step === 0);
    button("next").setAttribute("aria-disabled", step === last);
    button("reset").setAttribute("aria-disabled", step < 0);
    follow();
  }

  function tell() {
    const text = at >= 0 ? steps[at].caption : moved ? data.changed : hint;
    caption.setAttribute("aria-live", "polite");
    caption.textContent = fill(text, numbers);
  }

  function follow() {
    const boxes = all(".bpg-new, .bpg-active").map((el) => el.getBoundingClientRect());
    if (!boxes.length || scroller.scrollWidth <= scroller.clientWidth) return;
    const left = Math.min(...boxes.map((box) => box.left));
    const right = Math.max(...boxes.map((box) => box.right));
    const frame = scroller.getBoundingClientRect();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    scroller.scrollBy({
      left: (left + right - frame.left - frame.right) / 2,
      behavior: still ? "auto" : "smooth",
    });
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
    if (at < last) show(at + 1);
    if (at === last) playing(false);
  }

  const actions = {
    reset() { playing(false); show(-1); },
    back() { playing(false); show(at < 0 ? last : Math.max(0, at - 1)); },
    next() { playing(false); show(Math.min(last, at + 1)); },
    first() { playing(false); show(0); },
    last() { playing(false); show(last); },
    play() {
      if (timer) return playing(false);
      show(at === last ? 0 : at + 1);
      playing(at < last);
    },
  };
  const keys = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last", " ": "play" };

  for (const el of all("button[data-do]")) {
    el.addEventListener("click", () => actions[el.dataset.do]());
  }
  figure.addEventListener("keydown", (event) => {
    const name = keys[event.key];
    if (!name || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    // A slider moves by these keys itself.
    if (event.target.type === "range") return;
    // On a button, the space bar presses that button.
    if (event.key === " " && event.target !== scroller) return;
    event.preventDefault();
    event.stopPropagation();
    actions[name]();
  });
  for (const el of all("[hidden]")) el.hidden = false;
  button("reset").setAttribute("aria-disabled", true);
  if (data.sliders) {
    addSliders(figure, data, (now, any) => {
      [numbers, moved] = [now, any];
      if (moved || caption.hasAttribute("aria-live")) tell();
    });
  }
}

document.querySelectorAll(".bpg:not([data-bpg-ready])").forEach(start);
