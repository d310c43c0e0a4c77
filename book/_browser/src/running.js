// The page runs: buttons at the top and at each cell, and one cell after another.
import { button, Cell } from "./cells.js";
import { addOutput } from "./output.js";
import { hindrance, Python } from "./python.js";

/** @typedef {import("./python.js").Place & {page: string, counted: number}} Files */

// Milliseconds until it is said that a cell takes long, and again.
const PATIENCE = 10_000;

/** @param {number} bytes */
const inMegabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** Run one cell; its new outputs take the place of the old ones.
 * @param {Cell} cell
 * @param {Python} python
 * @returns {Promise<boolean | null>} whether it came to its end; null if it was stopped */
async function runCell(cell, python) {
  const { element } = cell;
  const box = document.createElement("div");
  box.className = "cell_output docutils container";
  const place = () => {
    if (box.parentNode) return;
    cell.output?.remove();
    element.append(box);
  };
  element.setAttribute("aria-busy", "true");
  try {
    const done = await python.run(cell.source, `<${cell.name}>`, (outputs) => {
      place();
      for (const output of outputs) addOutput(box, output);
    });
    if (done && !box.parentNode) cell.output?.remove();
    return done;
  } finally {
    element.removeAttribute("aria-busy");
  }
}

/** All code of the page in its order, with what the page does not show.
 * @param {Cell[]} cells
 * @param {Files} files
 * @returns {Promise<Cell[]>} */
async function findSteps(cells, { base, page, version }) {
  const answer = await fetch(`${base}../python-cells/${page}.json?v=${version}`);
  if (!answer.ok) throw new Error(`The code of this page did not arrive (${answer.status}).`);
  /** @type {{source: string, shown: boolean}[]} */
  const all = await answer.json();
  const shown = cells.values();
  return all.map(({ source, shown: isShown }) => {
    const cell = isShown && shown.next().value;
    if (!cell) {
      const nowhere = document.createElement("div");
      return new Cell(nowhere, source, "hidden code", cells[0].loadTools);
    }
    if (isFigure(cell)) cell.initial = cell.source = source;
    return cell;
  });
}

/** @param {Cell} cell */
const isFigure = (cell) => cell.has("remove-input");

/** Start Python and let the cells be changed and run. Rejects with a sentence for the reader.
 * @param {Cell[]} cells that the page shows
 * @param {HTMLElement} bar where its buttons go
 * @param {HTMLElement} status where it says what happens
 * @param {Files} files */
export async function startPython(cells, bar, status, files) {
  const why = hindrance();
  if (why) throw new Error(why);
  /** @param {string} words */
  const say = (words) => (status.textContent = words);
  const meter = document.createElement("progress");
  Object.assign(meter, { max: files.counted, value: 0, ariaLabel: "Loading Python" });
  let told = 0;
  const python = new Python(
    files,
    (loaded, file) => {
      meter.value = loaded;
      // Often enough, and not more often than can be read aloud.
      if (Date.now() - told < 1000) return;
      told = Date.now();
      const most = loaded < meter.max ? ` of ${inMegabytes(meter.max)}` : "";
      say(`Loading Python: ${inMegabytes(loaded)}${most} (${file}).`);
    },
    say,
  );
  let running = 0;

  /** Run cells one after another, until one fails.
   * @param {Cell[]} wanted */
  async function run(wanted) {
    let name = "Nothing";
    const began = Date.now();
    const watch = setInterval(() => {
      const seconds = Math.round((Date.now() - began) / 1000);
      say(`Still running ${name} after ${seconds} s. “Stop” ends it.`);
    }, PATIENCE);
    running += 1;
    stop.disabled = false;
    try {
      for (const cell of wanted) {
        name = cell.name;
        say(`Running ${name}.`);
        const done = await runCell(cell, python);
        // What stopped it from outside has been said.
        const error = cell.output?.lastElementChild?.textContent?.trim().split("\n").at(-1);
        if (done === false) say(`${name} ended with “${error}”. What comes after it was not run.`);
        if (!done) return;
      }
      say(wanted.length === 1 ? `${name} is done.` : "All done.");
    } catch (error) {
      say(/** @type {Error} */ (error).message);
    } finally {
      clearInterval(watch);
      running -= 1;
      stop.disabled = !running;
    }
  }

  /** Run a cell, and the figures right below it, which follow from it.
   * @param {Cell} cell */
  function runWithFigures(cell) {
    const rest = steps.slice(steps.indexOf(cell) + 1);
    const next = rest.findIndex((step) => step.element.isConnected && !isFigure(step));
    return run([cell, ...rest.slice(0, next < 0 ? undefined : next)]);
  }

  /** @param {Cell} cell */
  function equip(cell) {
    const group = document.createElement("div");
    group.className = "cell-buttons";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", cell.name);
    group.append(
      button("Run", () => runWithFigures(cell)),
      button("Run all above", () => run(steps.slice(0, steps.indexOf(cell)))),
    );
    const reset = button("Reset", () => {
      if (cell.has("answer") && !confirm(`Delete your answer in ${cell.name}?`)) return;
      cell.reset();
      say(`${cell.name} is as it was at first.`);
    });
    if (!cell.has("check")) group.append(reset);
    const code = cell.element.querySelector(".cell_input, .figure-code");
    code?.append(group);
    cell.onRun = (goOn) => {
      runWithFigures(cell);
      if (goOn) cells[cells.indexOf(cell) + 1]?.focus();
    };
  }

  bar.insertBefore(meter, status);
  /** @type {Cell[]} */
  let steps;
  try {
    [steps] = await Promise.all([findSteps(cells, files), python.start()]);
  } catch (error) {
    python.stop();
    throw error;
  } finally {
    meter.remove();
  }
  const stop = button("Stop", () => say(python.stop()));
  stop.disabled = true;
  const all = button("Run all", () => run(steps));
  status.before(all, stop);
  for (const cell of cells) {
    await cell.mount();
    equip(cell);
  }
  all.focus();
  say("Python is ready. Change any cell; Shift and Enter run it.");
}
