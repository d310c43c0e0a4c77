// Runs tests of course_lib in Pyodide: node unit.mjs PYODIDE WHEELS ROOT SITE-PACKAGES ARGUMENTS...
import { readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [core, wheels, root, host, ...names] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${core}/pyodide.mjs`).href);
const python = await loadPyodide({ indexURL: core });
const site = python.runPython("import site; site.getsitepackages()[0]");
for (const name of readdirSync(wheels).filter((one) => one.endsWith(".whl"))) {
  const bytes = new Uint8Array(readFileSync(`${wheels}/${name}`));
  python.unpackArchive(bytes, "wheel", { extractDir: site });
}
for (const [place, folder] of [["/root", root], ["/host", host]]) {
  python.FS.mkdirTree(place);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, place);
}
python.globals.set("names", python.toPy(names));
const run = readFileSync(new URL("unit.py", import.meta.url), "utf8");
process.exitCode = python.runPython(run, { filename: "unit.py" });
