// What the figures share: buttons that go through steps, and numbers as text.
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function addButton(parent, text, pressed) {
  const button = add(parent, "button", { type: "button", class: "plain" }, text);
  button.addEventListener("click", pressed);
  return button;
}

// Goes through steps one after the other; any other way to go to a step ends it.
function addPlayer(parent, { name, first, last, at, pace, show }) {
  let timer = null;
  const button = addButton(parent, name, play);
  button.classList.add("strong");
  function playing(on) {
    clearInterval(timer);
    timer = on ? setInterval(tick, pace) : null;
    button.textContent = on ? "Pause" : name;
  }
  function tick() {
    if (!button.isConnected || at >= last) return playing(false);
    at += 1;
    if (at >= last) playing(false);
    show(at);
  }
  function play() {
    if (timer) return playing(false);
    if (at >= last) at = first - 1;
    playing(true);
    tick();
  }
  return {
    play,
    stop() { playing(false); },
    to(step) { playing(false); at = Math.min(last, step); show(at); },
    get at() { return at; },
    get on() { return timer !== null; },
  };
}

// Calls `seen` once, when half of an element is in view.
function whenSeen(element, seen) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    seen();
  }, { threshold: 0.5 });
  observer.observe(element);
}

// Calls `drawn` with the width of an element, now and whenever it changes.
function onWidth(element, drawn) {
  let width = 0;
  new ResizeObserver(() => {
    const now = Math.floor(element.clientWidth);
    if (now && now !== width) drawn((width = now));
  }).observe(element);
}

const fixed = (value, digits) => value.toFixed(digits).replace(/^-(?=0\.?0*$)/, "").replace("-", "−");
const percent = (share) => `${fixed(100 * share, 1)}\u00a0%`;
const thousands = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
const filled = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]);

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
