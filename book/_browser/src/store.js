// Answers kept in the browser, one entry a cell, so that two tabs only meet where both write.

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Shelf */

/** Where an assignment's answers lie.
 * @param {() => Shelf} open looked for at each use: a browser may forbid even to look
 * @param {string} slug */
export function answerStore(open, slug) {
  /** @param {string} id */
  const key = (id) => `backprop-course/${slug}/${id}`;
  return {
    /** @param {string} id
     * @returns {string | null} the answer, or null if none is kept or can be read */
    load(id) {
      try {
        return open().getItem(key(id));
      } catch {
        return null;
      }
    },
    /** @param {string} id
     * @param {string | null} source null forgets it
     * @returns {boolean} whether that could be done */
    save(id, source) {
      try {
        if (source === null) open().removeItem(key(id));
        else open().setItem(key(id), source);
        return true;
      } catch {
        return false;
      }
    },
    /** @param {string | null} changed a key of the store
     * @returns {string | null} the cell that it belongs to, if it is this assignment's */
    cell(changed) {
      return changed?.startsWith(key("")) ? changed.slice(key("").length) : null;
    },
  };
}
