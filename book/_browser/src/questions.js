// A question of the page, made by book/_ext/questions.py, as one that is answered.
import { button } from "./cells.js";
import { make } from "./elements.js";
import { note } from "./progress.js";

/** @typedef {{answer: any, wrong: any[], places: string[]}} Variant */
/** @typedef {{kind: string, tolerance: number, variants: Variant[], reasons: string[],
 *   lines: number, read?: string}} Data */
/** A number as people write it: with a comma, a true minus sign, or as a fraction.
 * @param {string} text
 * @returns {number} NaN if it is none */
function number(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(",", ".");
  const parts = plain.split("/");
  if (parts.length > 2 || parts.some((part) => part.trim() === "")) return NaN;
  return parts.map(Number).reduce((a, b) => a / b);
}
/** The numbers and words of an output: spaces, brackets and commas do not count.
 * @param {string} text
 * @returns {(number | string)[]} */
function tokens(text) {
  const found = text.replace(/−/g, "-").match(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|[^\W\d]\w*/g);
  return (found ?? []).map((word) => (/^[-+.\d]/.test(word) ? Number(word) : word.toLowerCase()));
}
/** @param {string} a
 * @param {string} b */
const printsTheSame = (a, b) => JSON.stringify(tokens(a)) === JSON.stringify(tokens(b));

// --- the kinds --------------------------------------------------------------------------------
// Each returns a way to judge what stands in its fields: right, or else the words for it.

/** @typedef {{right: boolean, words?: string, html?: string}} Verdict */
/** @typedef {{fields: HTMLElement, judge: (v: Variant) => Verdict | string, reset: () => void}} Kind
 *   `judge` returns a request while nothing is answered that can be judged */

/** @param {Data} data
 * @returns {Kind} */
function typed(data) {
  const exact = data.kind === "number" && data.tolerance < 1e-6;
  const about =
    data.kind === "predict"
      ? "What it prints (brackets, commas and spaces do not count)"
      : exact
        ? "Your answer"
        : `Your answer (may be off by ${data.tolerance})`;
  const long = data.kind === "predict" && data.variants[0].answer.includes("\n");
  const field = long ? make("textarea", { rows: 3 }) : make("input", { type: "text" });
  field.autocomplete = "off";
  field.spellcheck = false;
  return {
    fields: make("label", {}, `${about} `, field),
    reset: () => (field.value = ""),
    judge({ answer, wrong }) {
      const text = field.value.trim();
      if (!text) return "Answer first.";
      if (data.kind === "number" && Number.isNaN(number(text)))
        return "Enter a number, such as 2.5 or −1/3.";
      const is = (/** @type {any} */ other) =>
        data.kind === "number"
          ? Math.abs(number(text) - other) <= data.tolerance * (1 + 1e-9)
          : printsTheSame(text, other);
      if (is(answer)) return { right: true };
      const known = wrong.findIndex(is);
      return { right: false, html: data.reasons[known] ?? "" };
    },
  };
}

/** @param {Data} data
 * @param {HTMLElement} question
 * @returns {Kind} */
function choice(data, question) {
  const list = /** @type {HTMLElement} */ (question.querySelector(".question-options"));
  const name = `choice-${question.dataset.key}`;
  const chosen = () => /** @type {HTMLInputElement | null} */ (list.querySelector(":checked"));
  for (const item of /** @type {NodeListOf<HTMLElement>} */ (
    list.querySelectorAll("li[data-option]")
  )) {
    const radio = make("input", { type: "radio", name, value: item.dataset.option });
    item.replaceChildren(make("label", {}, radio, make("span", {}, ...item.childNodes)));
  }
  list.role = "radiogroup";
  list.ariaLabel = "Answers";
  for (const item of list.children) item.role = "presentation";
  return {
    fields: list,
    reset() {
      const radio = chosen();
      if (radio) radio.checked = false;
    },
    judge({ answer }) {
      const radio = chosen();
      if (!radio) return "Choose an answer first.";
      const option = Number(radio.value);
      return { right: option === answer, html: data.reasons[option] };
    },
  };
}

/** @param {Data} data
 * @param {HTMLElement} question
 * @returns {Kind} */
function order(data, question) {
  const list = /** @type {HTMLElement} */ (question.querySelector(".question-lines"));
  const items = /** @type {HTMLElement[]} */ ([...list.children]);
  const place = make("p", { className: "visually-hidden", role: "status" });
  /** @param {HTMLElement} item */
  const where = (item) => [...list.children].indexOf(item);
  /** @param {HTMLElement} item */
  const tell = (item) => (place.textContent = `Line ${where(item) + 1} of ${items.length}`);
  /** @param {HTMLElement} item
   * @param {number} by
   * @param {HTMLElement} control keeps the focus */
  function move(item, by, control) {
    const next = by < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (next) next[by < 0 ? "before" : "after"](item);
    control.focus();
    tell(item);
  }
  for (const item of items) {
    const code = item.textContent ?? "";
    const handle = make("span", { className: "question-handle", ariaHidden: "true" }, "⠿");
    const buttons = ["Up", "Down"].map((words, down) => {
      const control = button(down ? "↓" : "↑", () => move(item, down ? 1 : -1, control));
      control.ariaLabel = `${words}: ${code}`;
      return control;
    });
    item.prepend(handle);
    if (items.length > data.lines) {
      const use = make("input", { type: "checkbox", checked: true });
      use.ariaLabel = `Use ${code}`;
      use.onchange = () => item.classList.toggle("left-out", !use.checked);
      buttons.push(/** @type {any} */ (make("label", {}, use, " use")));
    }
    item.append(make("span", { className: "question-buttons" }, ...buttons));
    // Pointer events serve mouse, pen and finger alike. The window hears them: a line that moves
    // in the page loses them.
    handle.onpointerdown = (event) => {
      event.preventDefault();
      const dragging = new AbortController();
      /** @type {(type: string, hear: (event: any) => void) => void} */
      const on = (type, hear) => addEventListener(type, hear, { signal: dragging.signal });
      on("pointermove", ({ clientY }) => {
        const shown = [...list.children];
        const middle = (/** @type {Element} */ other) => {
          const { top, height } = other.getBoundingClientRect();
          return top + height / 2;
        };
        const at = where(item);
        const before = shown.findIndex((other) => clientY < middle(other));
        const after = shown.findLastIndex((other) => clientY > middle(other));
        if (before >= 0 && before < at) shown[before].before(item);
        else if (after > at) shown[after].after(item);
      });
      for (const end of ["pointerup", "pointercancel"])
        on(end, () => {
          dragging.abort();
          tell(item);
        });
    };
  }
  const fields = make("div");
  list.before(fields);
  fields.append(list, place);
  const first = [...items];
  return {
    fields,
    reset: () => list.append(...first),
    judge({ answer }) {
      const used = [...list.children].filter((item) => !item.classList.contains("left-out"));
      const lines = used.map((item) => Number(/** @type {HTMLElement} */ (item).dataset.line));
      if (answer.some((/** @type {number[]} */ right) => `${right}` === `${lines}`))
        return { right: true };
      const extra = lines.find((line) => line >= data.lines);
      if (extra !== undefined) return { right: false, html: data.reasons[extra - data.lines] };
      if (lines.length < data.lines) return { right: false, words: "A line is missing." };
      // As far as some right order goes along.
      const along = answer.map((/** @type {number[]} */ right) =>
        right.findIndex((line, at) => line !== lines[at]),
      );
      return { right: false, words: `Look at line ${Math.max(...along) + 1} again.` };
    },
  };
}

// --- a question -------------------------------------------------------------------------------

/** Make a question of the page one that is answered.
 * @param {HTMLElement} question
 * @param {(right: boolean) => void} [answered] called once, at the first answer */
export function ask(question, answered = () => {}) {
  const script = question.querySelector("script[type='application/json']");
  const solution = /** @type {HTMLDetailsElement} */ (question.querySelector(".solution"));
  /** @type {Data} */
  const data = JSON.parse(script?.textContent ?? "");
  const key = question.dataset.key ?? "";
  const makers = { number: typed, predict: typed, choice, order };
  const kind = makers[/** @type {keyof makers} */ (data.kind)](data, question);
  let variant = data.variants[0];
  let first = true;

  const status = make("p", { className: "question-status", role: "status" });
  /** @param {string} words
   * @param {string} html
   * @param {string} [state] */
  function say(words, html, state = "") {
    status.className = `question-status ${state}`;
    status.replaceChildren(make("strong", {}, words), " ");
    status.insertAdjacentHTML("beforeend", html);
    fill();
  }
  /** Put the numbers of the variant into their places. */
  function fill() {
    for (const span of /** @type {NodeListOf<HTMLElement>} */ (
      question.querySelectorAll("[data-place]")
    ))
      span.textContent = variant.places[Number(span.dataset.place)];
  }
  /** @param {boolean} right */
  function count(right) {
    if (!first) return;
    first = false;
    note(key, right);
    answered(right);
  }
  /** @param {boolean} open */
  function reveal(open) {
    solution.hidden = !open;
    solution.open = open;
    for (const element of [check, giveUp]) element.hidden = open;
  }
  function judge() {
    const verdict = kind.judge(variant);
    if (typeof verdict === "string") return say(verdict, "");
    count(verdict.right);
    if (verdict.right) {
      reveal(true);
      return say("Right.", verdict.html ?? "", "right");
    }
    const again = data.read ? ` <a href="${data.read}">Read this section again.</a>` : "";
    say("Not yet.", `${verdict.words ?? verdict.html ?? ""}${again}`, "wrong");
  }
  /** @param {Variant} next */
  function change(next) {
    variant = next;
    const output = question.querySelector(".question-output");
    if (output) output.textContent = next.answer;
    kind.reset();
    reveal(false);
    say("", "");
  }

  const check = make("button", { type: "submit" }, "Check");
  const giveUp = button("Show the solution", () => {
    count(false);
    reveal(true);
    say("", "");
    solution.querySelector("summary")?.focus();
  });
  const form = make("form", { className: "question-form" });
  form.onsubmit = (event) => {
    event.preventDefault();
    judge();
  };
  const buttons = make("p", { className: "question-buttons" }, check, giveUp);
  if (data.variants.length > 1)
    buttons.append(
      button("Other numbers", () => {
        const others = data.variants.filter((other) => other !== variant);
        change(others[Math.floor(Math.random() * others.length)]);
      }),
    );
  (kind.fields.isConnected ? kind.fields : solution).before(form);
  form.append(kind.fields, buttons, status);
  reveal(false);
  return { change, variants: data.variants };
}
