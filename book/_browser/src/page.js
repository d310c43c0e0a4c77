// What each page with code loads at once: a button that starts Python, and a keeper of answers.
import { keepAnswers } from "./answers.js";
import { button, findCells } from "./cells.js";

const script = /** @type {HTMLScriptElement} */ (document.currentScript);
const {
  version = "",
  core = "",
  page = "",
  bytes = "0",
  counted = "0",
  data = "",
} = script.dataset;
const base = new URL(".", script.src).href;

/** @type {Promise<typeof import("./tools.js")> | undefined} */
let tools;
/** All else, fetched when it is first needed. */
const loadTools = () =>
  (tools ??= new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = `${base}tools.js?v=${version}`;
    element.onload = () => resolve(/** @type {any} */ (window).courseTools);
    element.onerror = () => {
      tools = undefined;
      reject(new Error("tools.js did not arrive. Check the connection and try again."));
    };
    document.head.append(element);
  }));

document.addEventListener("DOMContentLoaded", () => {
  const cells = findCells(loadTools);
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  const start = button(`Start Python (${Math.round(Number(bytes) / 1e6)} MB)`, async () => {
    start.disabled = true;
    status.textContent = "Loading Python.";
    try {
      const { startPython } = await loadTools();
      await startPython(cells, bar, status, {
        base,
        core,
        version,
        page,
        counted: Number(counted),
        data: data.split(" "),
      });
      start.remove();
    } catch (error) {
      status.textContent = /** @type {Error} */ (error).message;
      start.disabled = false;
      start.focus();
    }
  });
  const bar = document.createElement("div");
  bar.className = "python";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Python on this page");
  bar.append(start, status);
  document.querySelector("article h1")?.after(bar);
  keepAnswers(cells);
});
