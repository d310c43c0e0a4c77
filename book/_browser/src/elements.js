// Elements with their properties and content in one call.

/** @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [about]
 * @param {...(Node | string)} inside
 * @returns {HTMLElementTagNameMap[T]} */
export function make(tag, about = {}, ...inside) {
  const element = Object.assign(document.createElement(tag), about);
  element.append(...inside);
  return element;
}
