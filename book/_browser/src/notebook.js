// An assignment's notebook and the answers in it: one is made of the other, both ways.

/** @typedef {{cell_type: string, id?: string, source: string | string[],
 *   metadata?: {nbgrader?: {grade_id?: string, solution?: boolean}}}} NotebookCell */
/** @typedef {{cells: NotebookCell[], nbformat: number}} Notebook */
/** @typedef {Record<string, string>} Answers the text of each answer cell, by its grade_id */

/** What `course grade` reads at most. */
export const MOST_BYTES = 20 * 2 ** 20;

/** Something that a reader can mend; its message says what. */
export class Unusable extends Error {}

/** @param {NotebookCell} cell */
const text = (cell) => [cell.source ?? ""].flat().join("");

/** The name of a cell. Some programs drop what nbgrader notes, and leave the id, which is the same.
 * @param {NotebookCell} cell */
const named = (cell) => cell.metadata?.nbgrader?.grade_id ?? cell.id ?? "";

/** The answers as they were released.
 * @param {Notebook} released
 * @returns {Answers} */
export function blank(released) {
  const open = released.cells.filter((cell) => cell.metadata?.nbgrader?.solution);
  return Object.fromEntries(open.map((cell) => [named(cell), text(cell)]));
}

/** The released notebook as a file with answers in it; all else stays as it was.
 * @param {Notebook} released
 * @param {Answers} answers */
export function toNotebook(released, answers) {
  const cells = released.cells.map((cell) => {
    const open = cell.metadata?.nbgrader?.solution && Object.hasOwn(answers, named(cell));
    return open ? { ...cell, source: answers[named(cell)].match(/[^\n]*\n|[^\n]+$/g) ?? [] } : cell;
  });
  return JSON.stringify({ ...released, cells }, null, 1) + "\n";
}

/** Read the answers out of a file, and say what could not be read.
 * @param {string} file
 * @param {Notebook} released
 * @param {string} name of the file
 * @returns {{answers: Answers, missing: string[], own: number}} */
export function fromNotebook(file, released, name) {
  /** @type {Notebook} */
  let notebook;
  try {
    notebook = JSON.parse(file);
  } catch {
    throw new Unusable(`${name} is no notebook. Choose a file that ends in .ipynb.`);
  }
  const cells = notebook?.cells;
  if (!Array.isArray(cells) || !cells.every((cell) => cell && typeof cell === "object"))
    throw new Unusable(`${name} is no notebook: it has no list of cells.`);
  const wanted = blank(released),
    ours = new Set(released.cells.map(named));
  const known = cells.filter((cell) => ours.has(named(cell)));
  /** @type {Answers} */
  const answers = {};
  // Of two copies the first with something in it counts, as it does when it is graded.
  for (const cell of known) {
    const id = named(cell),
      now = answers[id];
    if (id in wanted && (now === undefined || !now.trim() || now === wanted[id]))
      answers[id] = text(cell);
  }
  // Every assignment has a cell `predict`, so that one name alone says nothing.
  const found = Object.keys(answers).length;
  if (found * 2 < Object.keys(wanted).length)
    throw new Unusable(
      `${name} is not this assignment's notebook: ${found} of its ` +
        `${Object.keys(wanted).length} answers are there. Open it on its own page.`,
    );
  return {
    answers,
    missing: Object.keys(wanted).filter((id) => !(id in answers)),
    own: cells.filter(
      (cell) => cell.cell_type === "code" && !known.includes(cell) && text(cell).trim(),
    ).length,
  };
}
