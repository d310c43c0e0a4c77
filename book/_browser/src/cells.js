// The code cells of a page, which can be written in when the editor has come.

/** @typedef {typeof import("./tools.js")} Tools */

/** @param {string} words
 * @param {() => void} act */
export function button(words, act) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", textContent: words, onclick: act });
  return made;
}

export class Cell {
  /** @type {import("./editor.js").Editor | undefined} */
  #editor;
  #source = "";
  /** @type {Promise<void> | undefined} */
  #mounted;

  /** @param {HTMLElement} element one that is on no page if the page does not show the cell
   * @param {string} initial its code as the page came
   * @param {string} name what tracebacks and screen readers call it
   * @param {() => Promise<Tools>} loadTools */
  constructor(element, initial, name, loadTools) {
    this.element = element;
    this.initial = this.#source = initial;
    this.name = name;
    this.loadTools = loadTools;
    /** @type {(goOn: boolean) => void} what is done at Shift and Enter */
    this.onRun = () => {};
    /** What the page came with. */
    this.shown = this.output;
  }

  /** @returns {Element | null} */
  get output() {
    return this.element.querySelector(":scope > .cell_output");
  }

  get source() {
    return this.#editor?.text ?? this.#source;
  }
  set source(text) {
    this.#source = text;
    const pre = this.element.querySelector(".cell_input pre");
    if (this.#editor) this.#editor.text = text;
    else if (pre) pre.textContent = text;
  }

  /** @param {string} tag that the cell's author gave it */
  has(tag) {
    return this.element.classList.contains(`tag_${tag}`);
  }

  /** Make its code an editor, once. The code of a check stays as it is. */
  mount() {
    return (this.#mounted ??= this.#mount().catch((error) => {
      this.#mounted = undefined;
      throw error;
    }));
  }

  async #mount() {
    if (this.has("check")) return;
    const { createEditor } = await this.loadTools();
    const place = this.element.querySelector(".cell_input") ?? this.element;
    this.#editor = createEditor(place, this.#source, `Code of ${this.name}`, {
      edited: () => this.tellEdited(),
      run: (goOn) => this.onRun(goOn),
    });
  }

  focus() {
    if (this.#editor) this.#editor.focus();
    else this.element.querySelector("button")?.focus();
  }

  tellEdited() {
    this.element.dispatchEvent(new CustomEvent("cell:edited", { bubbles: true }));
  }

  /** Bring back the code and the output that the page came with. */
  reset() {
    this.source = this.initial;
    if (this.shown) this.output?.replaceWith(this.shown);
    else this.output?.remove();
    this.tellEdited();
  }
}

/** The cells that the page shows, in their order.
 * @param {() => Promise<Tools>} loadTools */
export function findCells(loadTools) {
  /** @type {NodeListOf<HTMLElement>} */
  const elements = document.querySelectorAll("div.cell");
  return Array.from(elements, (element, index) => {
    const source = element.querySelector(".cell_input pre")?.textContent ?? "";
    const name = element.dataset.gradeId ?? `cell ${index + 1}`;
    return new Cell(element, source.replace(/\n$/, ""), name, loadTools);
  });
}
