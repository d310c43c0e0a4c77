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

All alternatives were measured in one run on one machine, so compare their ratios. The page also
shows the comparisons that the course loses. Times are medians, with the minimum and maximum in
brackets. `make bench` repeats all measurements and writes this page, here in {minutes:.0f} minutes.
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
on all 70,000 images once an epoch. The source's code uses float64 and runs a second forward pass to
log the loss. All alternatives compute the accuracy equally often. PyTorch is included if installed:
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
The target is a fifth of the source's time, {aim:.1f} s; `course_lib` takes {ours:.1f} s in
float32. The matrix products alone take {floor:.1f} s, {base / floor:.1f} times as fast as the
source's code: this is the lower bound for NumPy, and `course_lib` takes {ours / floor:.1f} times
as long. Reading the batches from memory takes {fetching:.1f} s if measured alone. The same steps
written by hand, without layers, checks and history (`benchmarks/by_hand.py`), take {by_hand:.1f}
s, {base / by_hand:.1f} times as fast as the source's code: {verdict(by_hand <= aim)}. The parts
of `course_lib`, each measured alone:

{picture("training_parts", "Where the time of a training run goes, as one bar")}
"""
    yield table(("part", "seconds"), ((r["name"], f"{r['seconds']:.2f}") for r in parts))
    yield """\
Gathering a batch is slow because its 100 images lie in 100 places of 188 MB of memory. The rest
of forward and backward consists of many NumPy calls on small arrays. Some of these reject NaN,
wrong shapes and targets that are no probabilities; the course keeps them, because they report a
mistake where it is made. The accuracies consist almost entirely of matrix products.
"""


def verdict(reached: bool) -> str:
    return "they meet the target" if reached else "they miss the target, too"


def gradient_check(section: Section) -> Iterator[str]:
    rows: Rows = section["tables"]["check"]
    yield f"""\
## Gradient check

All 39,760 parameters of that network on {section["images"]} images. The error is the largest
difference from backpropagation, divided by the largest gradient of the parameter. The error of the
source's code comes from the constant in its logarithm and its larger step.
"""
    yield table(
        ("", "seconds", "times as fast", "error"),
        ((r["name"], seconds(r, 3), f"{r['times']:.1f}", f"{r['error']:.1e}") for r in rows),
    )
    yield f"""\
The table shows how the time grows with the number of parameters (3 dense random rows) and with
the batch (MNIST). The source's time is extrapolated from a few hundred losses. Memory is the most
that the check adds: a few megabytes, and about a dozen arrays of the parameters' size. The
advantage shrinks with larger batches, because both alternatives then spend their time on
arithmetic.

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

`nbgrader autograde` grades the class in one unprotected kernel, `course grade` with a sandbox for
each submission. Both times include starting the program. A time marked with ~ is extrapolated
from smaller classes. Memory is that of the largest process.

{picture("grading", "Seconds for each submission, without and with the start")}

Starting takes {starting["starting"]:.1f} s, measured with a class of {starting["submissions"]}
that is graded already; in a larger class, this is less per submission. The targets are 0.1 s per
submission, and 10 times as fast as nbgrader; the best result is {each:.3f} s, {best["times"]:.1f}
times as fast as nbgrader, which has no worker processes.
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
The parts of one submission, with one worker, after the start:

{picture("grading_parts", "Where the time of one submission goes, as one bar")}
"""
    parts: Rows = section["tables"]["parts"]
    yield table(
        ("part", "milliseconds"), ((r["name"], f"{1000 * r['seconds']:.0f}") for r in parts)
    )
    yield """\
A sandbox is a new process in new namespaces for each submission. The checks call the student's
code many times with new numbers: the constructor, forward and backward. The results of a right
answer and of the known misconceptions are computed once for a class.
"""


def book(section: Section) -> Iterator[str]:
    yield f"""\
## The book

A clean build executes the pages in parallel on all processors; the column "in kernels" is the
time for that. After an edit of prose, only Sphinx's own time remains.

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

A first visit to a server on the same machine, in {section["browser"]}, with the processor slowed
down {section["slower"]} times. *Readable*: the text is painted. *Interactive*: scripts have run,
formulas are drawn, and the page reacts to input.
"""
    yield table(
        ("page", "until", "seconds"),
        ((f"`{r['name']}`", r["what"], seconds(r)) for r in section["tables"]["times"]),
    )
    yield "The size of each page with all files that it loads; the target is 1 MB compressed.\n"
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

`{section["page"]}`, from a server on the same machine, in {section["browser"]}, with an empty
cache. *Ready*: from the click on "Start Python" until the page says "Python is ready". *First
output* and *first figure*: from then until a cell shows it. *Again*: ready, in a second visit.
"""
    yield table(("", "seconds"), ((r["name"], seconds(r, 1)) for r in section["tables"]["times"]))


def startup(section: Section) -> Iterator[str]:
    yield "## Starting\n\nEach command runs in a new process. The target is less than 0.3 s.\n"
    yield table(
        ("", "seconds"), ((f"`{r['name']}`", seconds(r, 3)) for r in section["tables"]["startup"])
    )


def from_clone(section: Section) -> Iterator[str]:
    yield """\
## From a clone to a graded class

One run of each step. Installing downloads all packages, including those of the book.
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
