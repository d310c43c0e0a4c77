// What a reader has read, finished and answered: kept in this browser under one key, shown in the
// menu, and saved to a file or erased on the page *Review*.
import { make } from "./elements.js";

/** @typedef {{stage: number, due: number}} Card how often in a row it was right, and the day */
/** @typedef {{pages: Record<string, number>, questions: Record<string, Card>}} Progress */

export const KEY = "backprop-course/progress";
export const GAPS = [1, 3, 7];
/** From the page to the folder of the book. */
const root = document.documentElement.dataset.content_root ?? "./";
/** A page's name, such as "exercises/04_affine".
 * @param {{pathname: string}} address */
const pageAt = ({ pathname }) =>
  pathname.slice(new URL(root, location.href).pathname.length).replace(/\.html$/, "");
const here = pageAt(location);

/** The number of the day, by the reader's own clock. */
export const today = () =>
  Math.floor((Date.now() - new Date(Date.now()).getTimezoneOffset() * 60_000) / 86_400_000);

/** @param {any} value
 * @returns {Progress | null} null if it is no such record */
export function asProgress(value) {
  const table = (/** @type {any} */ t) => t && typeof t === "object" && !Array.isArray(t);
  if (!table(value) || !table(value.pages) || !table(value.questions)) return null;
  const days = Object.values(value.pages).every(Number.isInteger);
  const cards = Object.values(value.questions).every(
    (card) => Number.isInteger(card?.stage) && Number.isInteger(card?.due),
  );
  return days && cards ? { pages: value.pages, questions: value.questions } : null;
}
/** @returns {Progress} */
export function load() {
  try {
    const kept = asProgress(JSON.parse(localStorage.getItem(KEY) ?? "null"));
    if (kept) return kept;
  } catch {
    // Storage is switched off, or holds something else: begin anew.
  }
  return { pages: {}, questions: {} };
}
/** @param {Progress | null} progress null forgets all */
export function save(progress) {
  try {
    if (progress) localStorage.setItem(KEY, JSON.stringify(progress));
    else localStorage.removeItem(KEY);
  } catch {
    // Nothing can be kept; the page works all the same.
  }
  showMarks();
}
/** @param {string} page 0 as its day: the reader says that it is not done
 * @param {boolean} [done] */
function mark(page, done = true) {
  const progress = load();
  progress.pages[page] = done ? today() : 0;
  save(progress);
}

/** Where a question stands: one that was never answered is due the day after its chapter was read.
 * @param {Progress} progress
 * @param {string} key
 * @returns {Card} */
export function card({ pages, questions }, key) {
  return questions[key] ?? { stage: 0, due: (pages[key.split("/")[0]] || today()) + GAPS[0] };
}

/** Note an answer: a right one counts when it is due, a wrong one always.
 * @param {string} key
 * @param {boolean} right */
export function note(key, right) {
  const progress = load();
  progress.pages[key.split("/")[0]] ??= today();
  const { stage, due } = card(progress, key);
  if (!right) progress.questions[key] = { stage: 0, due: today() + GAPS[0] };
  else if (due > today()) progress.questions[key] = { stage, due };
  else {
    const gap = GAPS[Math.min(stage + 1, GAPS.length - 1)];
    progress.questions[key] = { stage: stage + 1, due: today() + gap };
  }
  save(progress);
}

// --- the menu -----------------------------------------------------------------------------------

const isExercise = here.startsWith("exercises/");
const doneBox = make("input", { type: "checkbox" });

export function showMarks() {
  const { pages } = load();
  for (const mark of document.querySelectorAll(".done-mark")) mark.remove();
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (
    document.querySelectorAll(".bd-docs-nav a[href]")
  )) {
    const page = pageAt(link);
    if (!pages[page]) continue;
    const done = page.startsWith("exercises/") ? "finished" : "read";
    const words = make("span", { className: "visually-hidden" }, done);
    link.append(make("span", { className: "done-mark" }, " ✓ ", words));
  }
  // Below the first list with a mark.
  document
    .querySelector(".bd-docs-nav .done-mark")
    ?.closest("ul")
    ?.after(
      make(
        "p",
        { className: "done-mark done-note" },
        "✓ marks what is read or finished. It is kept in this browser only; ",
        make("a", { href: `${root}review.html#your-progress` }, "save or erase it"),
        ".",
      ),
    );
  doneBox.checked = Boolean(pages[here]);
}

/** Put the reader's own say at the end of a chapter or an exercise. */
export function offerDone() {
  const article = document.querySelector("article.bd-article");
  if (!article || !/^(exercises\/)?\d\d_/.test(here)) return;
  doneBox.onchange = () => mark(here, doneBox.checked);
  const words = isExercise ? " I have finished this exercise" : " I have read this chapter";
  const box = make("p", { className: "done-box" }, make("label", {}, doneBox, words));
  article.append(box);
  // What the reader says goes before what the page has seen.
  const seeDone = () => here in load().pages || mark(here);
  if (isExercise) {
    // Finished: every check on the page has given all of its points.
    const all = (/** @type {Element} */ check) =>
      /: ([\d.]+) of \1 points/.test(check.querySelector(".check")?.textContent ?? "");
    const checks = [...document.querySelectorAll(".tag_check")];
    new MutationObserver(() => checks.every(all) && seeDone()).observe(article, {
      childList: true,
      subtree: true,
    });
  } else {
    // Read: the end of the chapter has been on screen.
    const seen = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      seen.disconnect();
      seeDone();
    });
    seen.observe(box);
  }
}
