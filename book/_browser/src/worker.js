// Runs Python beside the page, so that the page can always be read, and Python be stopped.
/* global importScripts */

/** @typedef {import("./python.js").Output} Output */

// Milliseconds between two parcels of what is printed, and the most characters that one cell shows.
const PAUSE = 100;
const MOST = 200_000;

/** @type {any} */
let python;
/** @type {Promise<void>[]} what is still to be said of files that have been asked for */
const counting = [];
/** @type {(source: string, name: string, show: (kind: string, data: string) => void) => boolean} */
let run;

/** Tell the page how much of its files has arrived, and which one could not be had.
 * @param {string} version of what the book's build made; a browser may keep each version */
function watchFetches(version) {
  const plain = self.fetch;
  let loaded = 0;
  self.fetch = async (what, options) => {
    const url = new URL(what instanceof Request ? what.url : what, location.href);
    if (url.origin !== location.origin) return plain(what, options);
    url.searchParams.set("v", version);
    const file = url.pathname.split("/").pop();
    const response = await plain(url, options).catch(() => undefined);
    if (!response?.ok) {
      const words = `${file} did not arrive (${response?.status ?? "no connection"}).`;
      // Pyodide would wait for some of its files for ever.
      if (!run) postMessage({ broken: words });
      throw new Error(words);
    }
    // What comes from the network itself a browser can compile as it did the last time: so it is
    // a copy that is counted.
    const count = new WritableStream({
      write: (chunk) => postMessage({ loaded: (loaded += chunk.byteLength), file }),
    });
    const copy = response.clone().body;
    if (copy) counting.push(copy.pipeTo(count).catch(() => {})); // Who reads it will say.
    return response;
  };
}

/** @param {{core: string, version: string, data: string[]}} settings */
async function start({ core, version, data }) {
  watchFetches(version);
  const parts = Promise.all([fetch("run.py"), fetch("course_lib.whl")]);
  parts.catch(() => {}); // It is awaited below.
  importScripts(`${core}/pyodide.js`);
  const indexURL = new URL(`${core}/`, location.href).href;
  python = await /** @type {any} */ (self).loadPyodide({ indexURL });
  await load(["numpy"]);
  const [runner, wheel] = await parts;
  const site = python.runPython("import site; site.getsitepackages()[0]");
  python.unpackArchive(await wheel.arrayBuffer(), "wheel", { extractDir: site });
  for (const name of data) {
    // Fetched when it is first read.
    const url = new URL(`data/${name}`, location.href).href;
    python.FS.createLazyFile(`${site}/course_lib/data`, name, url, true, false);
  }
  run = python.runPython(await runner.text(), { filename: "run.py" });
  await Promise.all(counting);
  postMessage({ ready: true });
}

/** Load packages of the lock file. Pyodide itself says of a damaged one only what it prints.
 * @param {string[]} names */
async function load(names) {
  /** @type {string[]} */
  const wrong = [];
  await python.loadPackage(names, {
    messageCallback() {},
    errorCallback: (/** @type {string} */ words) => wrong.push(words),
  });
  if (wrong.length) throw new Error(wrong.join(" "));
  await Promise.all(counting);
}

/** @param {{source: string, name: string}} cell */
async function perform({ source, name }) {
  if (source.includes("matplotlib")) {
    const failed = await load(["matplotlib"]).catch((error) => error.message);
    if (failed) {
      const data = `matplotlib could not be loaded: ${failed} Check the connection, run it again.`;
      postMessage({ outputs: [{ kind: "error", data }] });
      return postMessage({ done: false });
    }
  }
  /** @type {Output[]} */
  let outputs = [];
  let room = MOST,
    sent = Date.now();
  const send = () => {
    if (outputs.length) postMessage({ outputs });
    outputs = [];
    sent = Date.now();
  };
  const done = run(source, name, (kind, data) => {
    if (kind === "stdout" || kind === "stderr") {
      if (!room) return;
      if (data.length > room) data = data.slice(0, room) + "\n[There was more; it is left out.]\n";
      room = Math.max(0, room - data.length);
    }
    const last = outputs.at(-1);
    if (last?.kind === kind && kind.startsWith("std")) last.data += data;
    else outputs.push({ kind, data });
    if (!room || Date.now() - sent > PAUSE) send();
  });
  send();
  postMessage({ done });
}

onmessage = async ({ data }) => {
  try {
    await (data.core ? start(data) : perform(data));
  } catch (error) {
    postMessage({ broken: String(/** @type {Error} */ (error).message ?? error) });
  }
};
