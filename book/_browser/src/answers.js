// The page of an assignment: keeps what is answered, gives it back as a notebook, takes one in.
import { button } from "./cells.js";
import { blank, fromNotebook, MOST_BYTES, toNotebook, Unusable } from "./notebook.js";
import { answerStore } from "./store.js";

/** @typedef {{element: HTMLElement, source: string, mount?: () => unknown}} Field
 *   a place to answer in; `mount` makes it one, if it is not yet */

const FULL =
  "This browser cannot keep your answers: its storage is full or switched off. They stay on this " +
  "page until you leave it. Download them before.";

/** A place for an answer in words.
 * @param {HTMLElement} element
 * @param {string} empty what stands there while nothing is answered
 * @returns {Field} */
function textField(element, empty) {
  const area = document.createElement("textarea");
  Object.assign(area, { rows: 8, placeholder: empty, ariaLabel: "Your answer in words" });
  area.addEventListener("input", () =>
    area.dispatchEvent(new CustomEvent("cell:edited", { bubbles: true })),
  );
  element.replaceChildren(area);
  return {
    element,
    get source() {
      return area.value.trim() ? area.value : empty;
    },
    set source(text) {
      area.value = text === empty ? "" : text;
    },
  };
}

/** Let a cell be written in before Python runs: at a click, or when the keyboard comes to it.
 * @param {Field} field */
function openAtFirstFocus(field) {
  const { element } = field;
  element.tabIndex = 0;
  element.addEventListener("focus", async () => {
    element.removeAttribute("tabindex");
    await field.mount?.();
    /** @type {HTMLElement | null} */ (
      element.querySelector("textarea, [contenteditable=true]")
    )?.focus();
  });
}

/** Offer a text as a file.
 * @param {string} name
 * @param {string} text */
function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/x-ipynb+json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Look after the answers of the page, if it is an assignment's.
 * @param {Field[]} cells of the page */
export function keepAnswers(cells) {
  const data = document.getElementById("released");
  if (!data) return;
  const released = JSON.parse(data.textContent ?? "");
  const slug = data.dataset.slug ?? "";
  const empty = blank(released);
  const store = answerStore(() => localStorage, slug);
  let unkept = false;

  /** @type {Map<string, Field>} */
  const fields = new Map();
  for (const field of cells) {
    const id = field.element.dataset.gradeId ?? "";
    if (!(id in empty)) continue;
    fields.set(id, field);
    openAtFirstFocus(field);
  }
  for (const element of document.querySelectorAll(".answer-text")) {
    const id = /** @type {HTMLElement} */ (element).dataset.gradeId ?? "";
    fields.set(id, textField(/** @type {HTMLElement} */ (element), empty[id]));
  }

  const status = document.createElement("p");
  status.setAttribute("role", "status");
  /** @param {...string} words */
  const say = (...words) => (status.textContent = words.filter(Boolean).join(" "));
  const answers = () => Object.fromEntries([...fields].map(([id, { source }]) => [id, source]));
  const begun = () => [...fields].flatMap(([id, { source }]) => (source === empty[id] ? [] : id));

  /** @param {string} id */
  function keep(id) {
    const source = fields.get(id)?.source ?? empty[id];
    unkept = !store.save(id, source === empty[id] ? null : source);
    if (unkept) say(FULL);
  }
  /** @param {Record<string, string>} sources */
  function put(sources) {
    for (const [id, field] of fields) {
      if (!Object.hasOwn(sources, id)) continue;
      field.source = sources[id];
      keep(id);
    }
  }

  /** @param {File} file */
  async function open(file) {
    const megabytes = Math.ceil(file.size / 2 ** 20);
    if (file.size > MOST_BYTES)
      throw new Unusable(
        `${file.name} has ${megabytes} MB; ${MOST_BYTES / 2 ** 20} are read at most. ` +
          "Clear its outputs in Jupyter and save it again.",
      );
    const read = fromNotebook(await file.text(), released, file.name);
    const now = answers();
    const lost = begun().filter((id) => (read.answers[id] ?? now[id]) !== now[id]);
    if (lost.length && !confirm(`Replace ${lost.join(", ")} with what ${file.name} holds?`))
      return say("Nothing was replaced.");
    say(
      `This page now shows the answers of ${file.name}.`,
      read.missing.length ? `It has no ${read.missing.join(", ")}: that stays as it was.` : "",
      read.own ? `Its ${read.own} cells of your own are only in the file.` : "",
    );
    put(read.answers);
  }

  const choose = document.createElement("input");
  Object.assign(choose, { type: "file", accept: ".ipynb", hidden: true });
  choose.addEventListener("change", () => {
    const file = choose.files?.[0];
    if (!file) return;
    open(file)
      .catch((error) =>
        say(
          error instanceof Unusable
            ? error.message
            : `${file.name} can't be read: ${error.message}`,
        ),
      )
      // So that the same file can be chosen again.
      .finally(() => (choose.value = ""));
  });

  const bar = document.createElement("div");
  bar.className = "answers";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Your answers");
  bar.append(
    button("Download my answers", () => {
      const name = `${slug}-answers.ipynb`;
      download(name, toNotebook(released, answers()));
      const done = begun();
      const rest = [...fields.keys()].filter((id) => !done.includes(id));
      say(`${name} holds your answers.`, rest.length ? `Not begun: ${rest.join(", ")}.` : "");
    }),
    button("Open a notebook", () => choose.click()),
    button("Start over", () => {
      if (!confirm("Delete all your answers on this page?")) return;
      say("All answers are as they were at first.");
      put(empty);
    }),
    choose,
    status,
  );
  document.querySelector("div.cell")?.before(bar);
  // What the page says about these buttons stays out where they are not, as on paper.
  document.documentElement.classList.add("keeps-answers");

  document.addEventListener("cell:edited", ({ target }) => {
    const cell = /** @type {HTMLElement} */ (target).closest("[data-grade-id]");
    const id = /** @type {HTMLElement | null} */ (cell)?.dataset.gradeId ?? "";
    if (fields.has(id)) keep(id);
  });
  addEventListener("storage", ({ key, newValue }) => {
    const id = store.cell(key) ?? "",
      field = fields.get(id);
    if (!field) return;
    field.source = newValue ?? empty[id];
    say(`${id} was changed in another tab. This page shows it now.`);
  });
  addEventListener("beforeunload", (event) => {
    if (unkept) event.preventDefault();
  });

  const kept = [...fields.keys()].filter((id) => store.load(id) !== null);
  for (const id of kept) /** @type {Field} */ (fields.get(id)).source = store.load(id) ?? "";
  if (kept.length) say(`Your answers are back: ${kept.join(", ")}.`);
}
