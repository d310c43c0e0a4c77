// The page *Review*: questions of chapters read, due after 1, 3 and 7 days.
import { button } from "./cells.js";
import { make } from "./elements.js";
import { asProgress, card, GAPS, load, save, today } from "./progress.js";
import { ask } from "./questions.js";

/** The questions of chapters read that are due, one chapter after another in turn.
 * @param {Map<string, string>} bank HTML by key
 * @returns {{due: string[], next: number | null}} keys, and the next day with a question */
function plan(bank) {
  const progress = load();
  /** @type {Map<string, string[]>} */
  const chapters = new Map();
  let next = null;
  for (const key of bank.keys()) {
    const chapter = key.split("/")[0];
    if (!progress.pages[chapter]) continue;
    const { stage, due } = card(progress, key);
    if (stage >= GAPS.length) continue;
    if (due > today()) next = next === null ? due : Math.min(next, due);
    else chapters.set(chapter, [...(chapters.get(chapter) ?? []), key]);
  }
  const due = [];
  for (let turn = 0; [...chapters.values()].some((keys) => turn < keys.length); turn += 1)
    for (const keys of chapters.values()) if (turn < keys.length) due.push(keys[turn]);
  return { due, next };
}

/** Ask what is due, one question at a time. */
export function startReview() {
  const area = document.getElementById("review-place");
  if (!area) return;
  const bank = new Map(
    /** @type {[string, string][]} */ (/** @type {any} */ (window).questionBank ?? []),
  );
  const status = make("p", { role: "status" });
  const box = make("div");
  const more = button("Next question", () => {
    show();
    /** @type {HTMLElement | null} */ (box.firstElementChild)?.focus();
  });
  const further = make("p", { className: "question-buttons", hidden: true }, more);
  /** @type {string[]} */
  let left = [];
  function begin() {
    left = plan(bank).due;
    show();
  }
  function show() {
    const key = left[0];
    const { next } = plan(bank);
    further.hidden = true;
    box.replaceChildren();
    if (!key) {
      const day = next && new Date(next * 86_400_000);
      const when = /** @type {Intl.DateTimeFormatOptions} */ ({
        weekday: "long",
        day: "numeric",
        month: "long",
        timeZone: "UTC",
      });
      status.textContent = day
        ? `Nothing is due today. The next questions come on ${day.toLocaleDateString("en", when)}.`
        : Object.values(load().pages).some(Boolean)
          ? "Nothing is due: you have answered every question of the chapters you have read."
          : "Nothing to review yet. The questions of a chapter come here the day after you read it.";
      return;
    }
    status.textContent = `${left.length} ${left.length === 1 ? "question is" : "questions are"} due today.`;
    box.innerHTML = bank.get(key) ?? "";
    const question = /** @type {HTMLElement} */ (box.firstElementChild);
    const { change, variants } = ask(question, () => {
      left.shift();
      further.hidden = false;
    });
    change(variants[Math.floor(Math.random() * variants.length)]);
    question.tabIndex = -1;
  }
  area.replaceChildren(status, box, further);
  begin();
  keeping(begin);
}

/** @param {() => void} changed */
function keeping(changed) {
  const area = document.getElementById("progress-place");
  if (!area) return;
  const status = make("p", { role: "status" });
  const choose = make("input", { type: "file", accept: ".json", hidden: true });
  choose.onchange = async () => {
    const file = choose.files?.[0];
    if (!file) return;
    let read = null;
    try {
      read = asProgress(JSON.parse(await file.text()));
    } catch {
      // Said below.
    }
    choose.value = "";
    if (!read) {
      status.textContent = `${file.name} is no progress of this course. Choose a file that "Save to a file" has made.`;
      return;
    }
    save(read);
    status.textContent = `This browser now has the progress of ${file.name}.`;
    changed();
  };
  area.replaceChildren(
    make(
      "p",
      { className: "question-buttons" },
      button("Save to a file", () => {
        const text = JSON.stringify(load(), null, 1);
        const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
        make("a", { href: url, download: "backprop-progress.json" }).click();
        setTimeout(() => URL.revokeObjectURL(url), 60_000);
      }),
      button("Open a file", () => choose.click()),
      button("Erase", () => {
        if (!confirm("Forget what you have read and answered?")) return;
        save(null);
        status.textContent = "Nothing is kept any more.";
        changed();
      }),
      choose,
    ),
    status,
  );
}
