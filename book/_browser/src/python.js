// Python of one page: loaded when it is asked for, one cell at a time, and stopped at any time.

/** @typedef {{kind: string, data: string}} Output what a cell shows, such as printed text or HTML */
/** @typedef {{base: string, core: string, version: string, data: string[]}} Place of its files */

const STOPPED = "What you wrote is kept. Variables are gone: run the cells again from the top.";

/** What keeps Python from running in this browser, if anything does.
 * @returns {string | undefined} */
export function hindrance() {
  if (location.protocol === "file:")
    return (
      "This page was opened as a file, and browsers let no Python start there. In the folder of " +
      "the course run “make serve”, or in the folder of this page “python -m http.server”, and " +
      "open the address that it prints."
    );
  if (typeof WebAssembly !== "object")
    return (
      "This browser has no WebAssembly, which Python needs here. Current versions of Firefox, " +
      "Chrome, Edge and Safari have it, unless it is switched off (as in Safari's Lockdown Mode)."
    );
  if (typeof Worker !== "function")
    return "This browser has no web workers, which Python needs here. Use a current one.";
}

export class Python {
  /** @type {Worker | undefined} */
  #worker;
  /** @type {Promise<void> | undefined} */
  #started;
  /** @type {(error: Error) => void} what ends a start that is under way */
  #giveUp = () => {};
  /** @type {{show: (outputs: Output[]) => void, end: (done: boolean | null) => void} | undefined} */
  #now;
  /** @type {Promise<unknown>} */
  #queue = Promise.resolve();
  #turn = 0;

  /** @param {Place} place
   * @param {(loaded: number, file: string) => void} onLoading bytes so far, and of which file now
   * @param {(words: string) => void} onLost what is said when Python ends by itself */
  constructor(place, onLoading, onLost) {
    this.place = place;
    this.onLoading = onLoading;
    this.onLost = onLost;
  }

  /** Start Python, once. Rejects with a sentence for the reader. */
  start() {
    return (this.#started ??= this.#start().catch((error) => {
      this.#end();
      throw error;
    }));
  }

  /** @returns {Promise<void>} */
  #start() {
    return new Promise((resolve, reject) => {
      const { place, onLoading } = this;
      const worker = new Worker(`${place.base}worker.js?v=${place.version}`);
      let ready = false;
      /** @param {string} words */
      const lose = (words) => {
        if (this.#worker !== worker) return;
        if (!ready)
          return reject(
            new Error(`Python did not start: ${words} Check the connection and try again.`),
          );
        this.#end();
        this.onLost(`Python has stopped: ${words} It may have run out of memory. ${STOPPED}`);
      };
      this.#worker = worker;
      this.#giveUp = reject;
      worker.onerror = (event) => {
        event.preventDefault();
        lose(event.message || "worker.js did not arrive.");
      };
      worker.onmessage = ({ data }) => {
        if (this.#worker !== worker) return;
        if (data.loaded) onLoading(data.loaded, data.file);
        else if (data.ready) resolve(void (ready = true));
        else if (data.outputs) this.#now?.show(data.outputs);
        else if (data.broken) lose(data.broken);
        else this.#now?.end(data.done);
      };
      worker.postMessage({ core: place.core, version: place.version, data: place.data });
    });
  }

  /** Run code after all that was asked for before it.
   * @param {string} source
   * @param {string} name what tracebacks call it
   * @param {(outputs: Output[]) => void} show
   * @returns {Promise<boolean | null>} whether it came to its end; null if it was stopped before */
  run(source, name, show) {
    const turn = this.#turn;
    const result = this.#queue.then(async () => {
      if (turn === this.#turn) await this.start();
      if (turn !== this.#turn) return null;
      return /** @type {Promise<boolean | null>} */ (
        new Promise((end) => {
          this.#now = { show, end };
          this.#worker?.postMessage({ source, name });
        })
      );
    });
    this.#queue = result.catch(() => {});
    return result;
  }

  /** End what runs and forget what waits; the next run starts anew. */
  stop() {
    this.#end();
    return `Stopped. ${STOPPED}`;
  }

  #end() {
    this.#turn += 1;
    this.#worker?.terminate();
    this.#worker = this.#started = undefined;
    this.#now?.end(null);
    this.#now = undefined;
    this.#giveUp(new Error("Stopped."));
  }
}
