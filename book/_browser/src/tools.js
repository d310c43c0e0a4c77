// What a page loads when its code is first written in or run.
export { createEditor } from "./editor.js";
export { startPython } from "./running.js";
