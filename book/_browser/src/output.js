// What a cell shows, in the same elements as the outputs that the book was built with.
import DOMPurify from "dompurify";

/** @typedef {import("./python.js").Output} Output */

/** @type {Record<string, string>} */
const CLASSES = {
  stdout: "stream",
  stderr: "stderr",
  text: "text_plain",
  error: "traceback",
  html: "text_html",
  image: "image_png",
};
// The scripts that the page came with. A figure that is drawn again brings the same ones.
const KNOWN = new Set(Array.from(document.scripts, (script) => script.text));

/** @param {Element} node */
function isKnown(node) {
  return node.getAttribute("type") === "application/json" || KNOWN.has(node.textContent ?? "");
}

const ADDRESSES = new Set([
  "src",
  "srcset",
  "href",
  "xlink:href",
  "poster",
  "background",
  "action",
]);
// Parts of a drawing refer to each other; nothing else may be asked for.
const ELSEWHERE = /@import|url\(\s*["']?(?!#)/i;

DOMPurify.addHook("uponSanitizeElement", (node) => {
  if (!(node instanceof Element)) return;
  const name = node.tagName.toLowerCase();
  const bad = name === "script" ? !isKnown(node) : ELSEWHERE.test(node.textContent ?? "");
  if (bad && ["script", "style"].includes(name)) node.remove();
});
DOMPurify.addHook("uponSanitizeAttribute", (_node, attribute) => {
  const { attrName, attrValue } = attribute;
  if (ADDRESSES.has(attrName) ? !/^#|^data:image\/png;/.test(attrValue) : ELSEWHERE.test(attrValue))
    attribute.keepAttr = false;
});

/** Make HTML of code's results harmless: a notebook that is opened here may be anybody's.
 * @param {string} html
 * @returns {DocumentFragment} */
export function clean(html) {
  const fragment = DOMPurify.sanitize(html, {
    RETURN_DOM_FRAGMENT: true,
    FORCE_BODY: true,
    ADD_TAGS: ["script", "use"],
  });
  for (const parsed of fragment.querySelectorAll("script")) {
    // A script that a parser made never runs; one that is made here does.
    const script = document.createElement("script");
    for (const { name, value } of parsed.attributes) script.setAttribute(name, value);
    script.textContent = parsed.textContent;
    parsed.replaceWith(script);
  }
  return fragment;
}

/** Make the section that a check names a link to it, on the page of an exercise.
 * @param {DocumentFragment} fragment */
function linkSection(fragment) {
  for (const words of fragment.querySelectorAll(".check p")) {
    const last = words.lastChild;
    const found = last?.textContent?.match(/^chapter (\d\d_\w+), section “([\w-]+)”$/);
    if (!last || !found) continue;
    const link = document.createElement("a");
    link.href = `../${found[1]}.html#${found[2]}`;
    last.replaceWith(link);
    link.append(last);
  }
  return fragment;
}

/** @param {Output} output */
function content({ kind, data }) {
  if (kind === "html") return linkSection(clean(data));
  if (kind === "image") {
    const image = document.createElement("img");
    return Object.assign(image, { src: `data:image/png;base64,${data}`, alt: "Figure" });
  }
  const frame = document.createElement("div");
  frame.className = "highlight";
  // A wide line scrolls, also by keyboard.
  const pre = Object.assign(document.createElement("pre"), { textContent: data, tabIndex: 0 });
  frame.append(pre);
  return frame;
}

/** Show one more output.
 * @param {HTMLElement} box
 * @param {Output} output */
export function addOutput(box, output) {
  const { kind, data } = output;
  const last = /** @type {HTMLElement | null} */ (box.lastElementChild);
  if (kind.startsWith("std") && last?.dataset.kind === kind) {
    last?.querySelector("pre")?.append(data);
    return;
  }
  const made = document.createElement("div");
  made.className = `output ${CLASSES[kind]}`;
  made.dataset.kind = kind;
  // Scripts in it look for the figure on the page.
  box.append(made);
  made.append(content(output));
}
