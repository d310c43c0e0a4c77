// What every page loads: its questions, the review, and what the menu shows as done.
import { KEY, offerDone, showMarks } from "./progress.js";
import { ask } from "./questions.js";
import { startReview } from "./review.js";

document.addEventListener("DOMContentLoaded", () => {
  for (const question of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll("article .question")
  ))
    ask(question);
  offerDone();
  startReview();
  showMarks();
  addEventListener("storage", ({ key }) => key === KEY && showMarks());
  addEventListener("beforeprint", () => {
    for (const solution of /** @type {NodeListOf<HTMLDetailsElement>} */ (
      document.querySelectorAll(".solution")
    ))
      Object.assign(solution, { hidden: false, open: true });
  });
});
