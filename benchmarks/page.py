"""Write the book's page of figures, with its plots, from the file of results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from plots import plots
from timing import RESULTS

FOLDER = Path(__file__).parent.parent / "book" / "instructors"
PAGE = "performance.md"
Rows = list[dict[str, Any]]
Section = dict[str, Any]

HEAD = """\
# How fast it is

Measured side by side, in one run on one machine; the ratio is what to look at. A figure that is
worse than that of what it is compared with stands here all the same. Medians; in brackets the least
and the most. `make bench` repeats everything and writes this page anew: in {minutes:.0f} minutes
here. What each part took stands below it.
"""


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---", *["--:"] * (len(heads) - 1)], *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def made_by(section: Section) -> str:
    machine = section["machine"]
    versions = ", ".join(f"{name} {value}" for name, value in machine["versions"].items())
    return (
        f"```\n{section['command']}\n```\n\n{machine['date']}, {machine['processor']}, "
        f"{machine['cores']} cores, {machine['system']}; {versions}; {machine['products']}. "
        f"It took {section['took']} s.\n"
    )


def seconds(row: dict[str, Any], digits: int = 2) -> str:
    spread = f"{row['least']:.{digits}f} to {row['most']:.{digits}f}"
    return f"{row['median']:.{digits}f} ({spread}, {row['runs']} runs)"


def training(section: Section) -> Iterator[str]:
    rows: Rows = section["tables"]["training"]
    by_name = {row["name"]: row["median"] for row in rows}
    ours, floor, by_hand = (
        by_name[f"{name}, float32"]
        for name in ("course_lib", "matrix products alone", "the same steps by hand")
    )
    parts: Rows = section["tables"]["parts"]
    fetching = next(row["seconds"] for row in parts if "batches" in row["name"])
    base = rows[0]["median"]
    aim = base / 5
    yield f"""\
## Training

{section["steps"]:,} steps of the 784-50-10 network on MNIST, 100 images a step, with the accuracy
on all 70,000 images once an epoch. The source's way is float64 and takes a second forward pass to
log the loss. Each measures the accuracy equally often. PyTorch takes part where it is installed:
`python -m venv _build/torch && _build/torch/bin/python -m pip install torch==2.13.0 numpy`.

{picture("training", "Seconds of a training run, as bars")}
"""
    yield table(
        ("", "seconds", "times as fast", "test accuracy"),
        (
            (r["name"], seconds(r), f"{r['times']:.1f}", f"{r['test']:.4f}" if "test" in r else "")
            for r in rows
        ),
    )
    yield f"""\
The aim is a fifth of the source's time, {aim:.1f} s; `course_lib` takes {ours:.1f} s in float32.
The matrix products alone take {floor:.1f} s, {base / floor:.1f} times as fast as the source's way:
that is the floor for NumPy, and `course_lib` takes {ours / floor:.1f} times as long. Fetching the
batches from memory, measured by itself, takes {fetching:.1f} s. The same steps written out by hand,
without layers, checks and history (`benchmarks/by_hand.py`), take {by_hand:.1f} s,
{base / by_hand:.1f} times as fast as the source's way: {verdict(by_hand <= aim)}. Where the time of
`course_lib` goes, each part measured by itself:

{picture("training_parts", "Where the time of a training run goes, as one bar")}
"""
    yield table(("part", "seconds"), ((r["name"], f"{r['seconds']:.2f}") for r in parts))
    yield """\
Gathering a batch is waiting for memory: 100 images come from 100 places among 188 MB. The rest of
forward and backward is many calls of NumPy on small arrays, among them the checks that refuse NaN,
wrong shapes and targets that are no probabilities. They stay: they are what makes a mistake speak
up where it is made. What the accuracies take is nearly all matrix products.
"""


def verdict(reached: bool) -> str:
    return "they reach the aim" if reached else "they miss the aim, too"


def gradient_check(section: Section) -> Iterator[str]:
    rows: Rows = section["tables"]["check"]
    yield f"""\
## Gradient check

All 39,760 parameters of that network on {section["images"]} images. The error is the largest
difference from backpropagation over the largest gradient of its parameter; that of the source's
way comes from the constant inside its logarithm and its longer step.
"""
    yield table(
        ("", "seconds", "times as fast", "error"),
        ((r["name"], seconds(r, 3), f"{r['times']:.1f}", f"{r['error']:.1e}") for r in rows),
    )
    yield f"""\
How it grows with the parameters (3 dense random rows) and with the batch (MNIST). The source's time
is worked out from a few hundred of its losses. Memory is what the check holds at most beyond what
there was before: a few megabytes, and about a dozen arrays of the parameters' size. The gain
shrinks as batches grow, since there both ways are busy with numbers.

{picture("gradient_check", "Seconds of a gradient check over the number of parameters")}
"""
    heads = (
        "parameters",
        "rows",
        "seconds",
        "source's way, s",
        "times as fast",
        "MB",
    )
    growth = section["tables"]["parameters"] + section["tables"]["batches"]
    yield table(
        heads,
        (
            (f"{r['parameters']:,}", f"{r['batch']}", f"{r['seconds']:.3f}", f"~{r['plain']:,.1f}",
             f"{r['times']:.0f}", f"{r['megabytes']:.1f}")
            for r in growth
        ),
    )  # fmt: skip


def grading(section: Section) -> Iterator[str]:
    rows: Rows = section["tables"]["grading"]
    starting = next(row for row in rows if "starting" in row)
    best = min(rows, key=lambda row: float(row["seconds"] / row["submissions"]))
    each = best["seconds"] / best["submissions"]
    yield f"""\
## Grading

The same class, graded by `nbgrader autograde` in one unprotected kernel and by `course grade`,
each submission in a sandbox. Both times include starting the program. A time marked with ~ is
worked out from smaller classes. Memory is that of the largest process.

{picture("grading", "Seconds for each submission, what starting takes apart")}

Starting takes {starting["starting"]:.1f} s, as a class of {starting["submissions"]} shows
that is graded already; the larger the class, the less that is for each submission. The aims are
0.1 s for each submission, and 10 times nbgrader; the best here is {each:.3f} s, {best["times"]:.1f}
times nbgrader. nbgrader itself has no workers to share the work between.
"""
    heads = ("submissions", "way", "seconds", "each, s", "times as fast", "memory, MB")
    yield table(
        heads,
        (
            (f"{r['submissions']}", r["name"], f"{r['seconds']:.1f}",
             f"{r['seconds'] / r['submissions']:.3f}",
             f"{r['times']:.1f}", f"{r['megabytes']:.0f}" if r.get("megabytes") else "")
            for r in rows
        ),
    )  # fmt: skip
    yield f"""\
Where the time of one submission goes, with one worker, after the start:

{picture("grading_parts", "Where the time of one submission goes, as one bar")}
"""
    parts: Rows = section["tables"]["parts"]
    yield table(
        ("part", "milliseconds"), ((r["name"], f"{1000 * r['seconds']:.0f}") for r in parts)
    )
    yield """\
A sandbox is a process of its own in namespaces of its own, made anew for each submission. The
student's code is called again and again: built, forward and backward, on fresh numbers. What a
right answer and the known misconceptions give is worked out once for a class.
"""


def book(section: Section) -> Iterator[str]:
    yield f"""\
## The book

A clean build executes pages side by side, on all processors, and takes longer for that by what
stands under "in kernels". An edited page takes what Sphinx takes.

{picture("book", "Seconds of each build, in kernels and outside")}
"""
    yield table(
        ("build", "seconds", "in kernels", "outside", "pages executed"),
        (
            (r["name"], f"{r['seconds']:.1f}", f"{r['kernels']:.1f}",
             f"{r['seconds'] - r['kernels']:.1f}", f"{r['executed']}")
            for r in section["tables"]["builds"]
        ),
    )  # fmt: skip


def pages(section: Section) -> Iterator[str]:
    yield f"""\
## Pages

The first visit, from a server on the same machine, in {section["browser"]} with a processor
slowed down {section["slower"]} times. Readable: text is painted. Interactive: scripts have run,
formulas are drawn, and the page answers at once.
"""
    yield table(
        ("page", "until", "seconds"),
        ((f"`{r['name']}`", r["what"], seconds(r)) for r in section["tables"]["times"]),
    )
    yield "Each page with all it loads, compressed as a server sends it; the target is 1 MB.\n"
    yield table(
        ("page", "files", "kB", "compressed, kB"),
        (
            (f"`{r['name']}`", f"{r['files']}", f"{r['raw'] / 1000:.0f}", f"{r['gzip'] / 1000:.0f}")
            for r in section["tables"]["weights"]
        ),
    )


def page_python(section: Section) -> Iterator[str]:
    yield f"""\
## Python in a page

`{section["page"]}`, from a server on the same machine, in {section["browser"]}, with nothing kept
from before. Ready: from the click on "Start Python" until the page says so. First output, first
figure: until a cell has shown it after that. Again: the click in a second visit.
"""
    yield table(("", "seconds"), ((r["name"], seconds(r, 1)) for r in section["tables"]["times"]))


def startup(section: Section) -> Iterator[str]:
    yield "## Starting\n\nA new process each time. The aim is less than 0.3 s.\n"
    yield table(
        ("", "seconds"), ((f"`{r['name']}`", seconds(r, 3)) for r in section["tables"]["startup"])
    )


def from_clone(section: Section) -> Iterator[str]:
    yield """\
## From a clone to a graded class

One run of each step. To install is to fetch all packages, those of the book among them.
"""
    rows: Rows = section["tables"]["steps"]
    total = {"name": "together", "seconds": sum(row["seconds"] for row in rows)}
    yield table(("step", "seconds"), ((r["name"], f"{r['seconds']:.1f}") for r in [*rows, total]))


SECTIONS = (training, gradient_check, grading, book, pages, page_python, startup, from_clone)


def text(results: dict[str, Section]) -> str:
    """Return the page."""
    took = sum(section["took"] for section in results.values())
    parts = [HEAD.format(minutes=took / 60)]
    for write in SECTIONS:
        if section := results.get(write.__name__):
            parts += [*write(section), made_by(section)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def picture(name: str, what: str) -> str:
    return f"![{what}](performance_{name}.svg)"


def main() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    for name, content in {PAGE: text(results), **plots(results)}.items():
        (FOLDER / name).write_text(content, encoding="utf-8")
        print(f"wrote book/instructors/{name}")


if __name__ == "__main__":
    main()
