// Answers into a notebook and back, and onto the browser's shelf.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { blank, fromNotebook, toNotebook, Unusable } from "../../../book/_browser/src/notebook.js";
import { answerStore } from "../../../book/_browser/src/store.js";

const at = (slug) => new URL(`../../../exercises/${slug}/${slug}.ipynb`, import.meta.url);
const file = readFileSync(at("03_activations"), "utf8");
const released = JSON.parse(file);
const NAMES = [
  "relu", "sigmoid", "tanh", "predict", "leaky_relu", "softplus", "swish", "explain",
];
const cell = (notebook, id) => notebook.cells.find((one) => one.id === id);

test("the blank answers are those of the solution cells", () => {
  assert.deepEqual(Object.keys(blank(released)), NAMES);
  assert.equal(blank(released).explain, "YOUR ANSWER HERE");
  assert.match(blank(released).predict, /^def predict\(\):\n {4}# YOUR CODE HERE\n/);
});

test("without answers the file is the released one, byte by byte", () => {
  assert.equal(toNotebook(released, {}), file);
  assert.equal(toNotebook(released, blank(released)), file);
});

test("answers replace the source of their cells and nothing else", () => {
  const made = JSON.parse(toNotebook(released, { relu: "a = 1\n\nb = 'ü <'\n", explain: "" }));
  assert.deepEqual(cell(made, "relu").source, ["a = 1\n", "\n", "b = 'ü <'\n"]);
  assert.deepEqual(cell(made, "explain").source, []);
  for (const id of ["relu", "explain"]) cell(made, id).source = cell(released, id).source;
  assert.deepEqual(made, released);
});

test("locked cells and names that are not there are left alone", () => {
  assert.equal(toNotebook(released, { check_relu: "7", imports: "", constructor: "x" }), file);
});

test("what went in comes out", () => {
  const answers = { ...blank(released), relu: "x = 1\r\ny = '\u2028'", predict: "", swish: "\n" };
  const { answers: read, missing, own } = fromNotebook(toNotebook(released, answers), released, "a");
  assert.deepEqual(read, answers);
  assert.deepEqual([missing, own], [[], 0]);
});

test("sources may be strings, names be lost, cells be missing, added or doubled", () => {
  const notebook = structuredClone(released);
  cell(notebook, "relu").source = "mine";
  delete cell(notebook, "tanh").metadata;
  cell(notebook, "tanh").source = ["by id"];
  const twin = { ...structuredClone(cell(notebook, "sigmoid")), id: "twin", source: "second" };
  notebook.cells.splice(3, 0, { cell_type: "code", id: "x", metadata: {}, source: "import re" });
  notebook.cells.push(twin, { ...twin, id: "triplet", source: "third" });
  notebook.cells = notebook.cells.filter((one) => one.id !== "swish");
  const read = fromNotebook(JSON.stringify(notebook), released, "a");
  assert.deepEqual(Object.keys(read.answers).sort(), NAMES.filter((n) => n !== "swish").sort());
  assert.equal(read.answers.relu, "mine");
  assert.equal(read.answers.tanh, "by id");
  assert.equal(read.answers.sigmoid, "second");
  assert.deepEqual([read.missing, read.own], [["swish"], 1]);
});

const other = readFileSync(at("04_affine"), "utf8");
const WRONG = {
  "no JSON": ["%PDF-1.7", /^a\.ipynb is no notebook\. Choose/],
  "nothing": ["", /is no notebook/],
  "null": ["null", /it has no list of cells/],
  "a list": ["[]", /it has no list of cells/],
  "cells that are none": ['{"cells": [null, 3]}', /it has no list of cells/],
  "no cells": ['{"cells": []}', /0 of its 8 answers are there/],
  "another assignment": [other, /is not this assignment's notebook: 2 of its 8 answers/],
};
for (const [what, [text, reason]] of Object.entries(WRONG))
  test(`a file with ${what} is refused`, () => {
    assert.throws(
      () => fromNotebook(text, released, "a.ipynb"),
      (error) => error instanceof Unusable && reason.test(error.message),
    );
  });

/** A shelf that is there, full, or forbidden. */
function shelf() {
  const kept = new Map();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

test("answers are kept by assignment and cell", () => {
  const one = shelf(), a = answerStore(() => one, "01_a"), b = answerStore(() => one, "01_ab");
  assert.equal(a.load("relu"), null);
  assert.ok(a.save("relu", "x") && b.save("relu", "") && a.save("tanh", "z"));
  assert.deepEqual([a.load("relu"), b.load("relu"), a.load("tanh")], ["x", "", "z"]);
  assert.ok(a.save("relu", null));
  assert.deepEqual([a.load("relu"), b.load("relu")], [null, ""]);
});

test("a key that changed leads to its cell", () => {
  const one = shelf(), a = answerStore(() => one, "01_a");
  a.save("relu", "x");
  const [key] = one.kept.keys();
  assert.equal(a.cell(key), "relu");
  for (const not of [null, "mode", key.replace("01_a", "01_ab")]) assert.equal(a.cell(not), null);
});

test("a store that is full or forbidden is no accident", () => {
  const forbidden = answerStore(() => {
    throw new DOMException("no", "SecurityError");
  }, "01_a");
  assert.deepEqual([forbidden.load("relu"), forbidden.save("relu", "x")], [null, false]);
  const full = shelf();
  full.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  assert.equal(answerStore(() => full, "01_a").save("relu", "x"), false);
});
