// The editor of a cell.
import { defaultKeymap, history, historyKeymap, indentMore } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

/** @typedef {{text: string, focus: () => void}} Editor */

const KEYS = "Shift and Enter run it. Tab indents where a line begins; Escape and then Tab leave.";

/** Tab indents where code begins or something is selected. Elsewhere it leads on.
 * @param {EditorView} view */
function indent(view) {
  const { main } = view.state.selection;
  const before = view.state.sliceDoc(view.state.doc.lineAt(main.from).from, main.from);
  return (!main.empty || !before.trim()) && indentMore(view);
}

/** Put an editor for Python into an element, in place of what is there.
 * @param {Element} place
 * @param {string} text
 * @param {string} label for screen readers
 * @param {{edited: () => void, run: (goOn: boolean) => void}} on
 * @returns {Editor} */
export function createEditor(place, text, label, on) {
  let quiet = false;
  /** @param {boolean} goOn */
  const run = (goOn) => () => {
    on.run(goOn);
    return true;
  };
  const parent = document.createElement("div");
  parent.className = "editor";
  const view = new EditorView({
    parent,
    doc: text,
    extensions: [
      history(),
      bracketMatching(),
      indentUnit.of("    "),
      EditorState.tabSize.of(4),
      syntaxHighlighting(classHighlighter),
      python(),
      keymap.of([
        { key: "Shift-Enter", run: run(true) },
        { key: "Mod-Enter", run: run(false) },
        { key: "Tab", run: indent },
        ...defaultKeymap,
        ...historyKeymap,
      ]),
      EditorView.contentAttributes.of({
        "aria-label": label,
        "aria-description": KEYS,
        tabindex: "0",
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !quiet) on.edited();
      }),
    ],
  });
  if (place.matches(".cell_input")) place.replaceChildren(parent);
  else {
    // The code of a figure, which the book does not show, folds out.
    const details = document.createElement("details");
    details.className = "figure-code";
    details.innerHTML = "<summary>Show the code</summary>";
    details.append(parent);
    place.prepend(details);
  }
  return {
    get text() {
      return view.state.doc.toString();
    },
    set text(now) {
      quiet = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: now } });
      quiet = false;
    },
    focus: () => view.focus(),
  };
}
