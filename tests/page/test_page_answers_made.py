"""The assignment pages that the build of the book writes, tested without a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import exercise_pages
import pytest
from conftest import ROOT
from docutils import nodes
from sphinx.errors import ExtensionError

SLUGS = sorted(path.stem for path in (ROOT / "solutions").glob("*.md"))


def released(slug: str) -> dict[str, Any]:
    path = ROOT / "exercises" / slug / f"{slug}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def about(cell: dict[str, Any]) -> dict[str, Any]:
    return cell["metadata"].get("nbgrader", {})  # type: ignore[no-any-return]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_labels_each_cell(slug: str) -> None:
    notebook = released(slug)
    page = exercise_pages.page_of(notebook, slug)
    assert page["metadata"]["mystnb"] == {"execution_mode": "off"}
    assert len(page["cells"]) == len(notebook["cells"])
    for was, cell in zip(notebook["cells"], page["cells"], strict=True):
        tags = cell["metadata"].get("tags")
        if cell["cell_type"] == "code":
            assert cell["source"] == "".join(was["source"])
            # A check follows the answer with its name.
            name = about(cell)["grade_id"]
            wanted = ["check"] if name.startswith("check_") and about(cell)["grade"] else None
            assert tags == (["answer"] if about(cell)["solution"] else wanted)
        elif about(cell):
            assert cell["source"] == ":::{container} answer-text\nYOUR ANSWER HERE\n:::"


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_explains_how_to_answer_and_links_its_chapter(slug: str) -> None:
    first = exercise_pages.page_of(released(slug), slug)["cells"][0]["source"]
    how = first.partition("## How this works\n")[2]
    assert ":::{container} on-this-page\n**On this page.**" in how
    assert f"`{slug}-answers.ipynb`" in how
    assert f"<../../exercises/{slug}/{slug}.ipynb>`" in how
    # Text that applies only to Jupyter.
    assert "%pip" not in first
    assert "Run All Cells" not in first
    assert f"**Read first**: chapter {{doc}}`/{slug}`" in " ".join(first.split())


def test_text_after_how_this_works_is_kept() -> None:
    cell = {"cell_type": "markdown", "metadata": {}}
    text = "# A\n\n## How this works\n\nOld.\n\n## Next\n\nKept.\n"
    notebook = {"metadata": {}, "cells": [{**cell, "source": [text]}]}
    made = exercise_pages.page_of(notebook, "01_a")["cells"][0]["source"]
    assert "Old." not in made
    assert made.endswith("## Next\n\nKept.\n")


def test_unchanged_pages_are_not_rewritten_and_old_ones_are_deleted(tmp_path: Path) -> None:
    app = SimpleNamespace(srcdir=tmp_path / "book")
    app.srcdir.mkdir()
    folder = tmp_path / "exercises" / "01_a"
    folder.mkdir(parents=True)
    notebook = {"metadata": {}, "cells": [], "nbformat": 4, "nbformat_minor": 5}
    (folder / "01_a.ipynb").write_text(json.dumps(notebook))
    exercise_pages.write_pages(app, None)
    page = app.srcdir / "exercises" / "01_a.ipynb"
    written = page.stat().st_mtime_ns
    (page.parent / "02_gone.ipynb").write_text("{}")
    exercise_pages.write_pages(app, None)
    assert list(page.parent.iterdir()) == [page]
    assert page.stat().st_mtime_ns == written
    (folder / "01_a.ipynb").write_text(json.dumps({**notebook, "metadata": {"new": 1}}))
    exercise_pages.write_pages(app, None)
    assert json.loads(page.read_text())["metadata"]["new"] == 1


CELLS = [
    {"cell_type": "markdown", "metadata": {}, "source": []},
    {"cell_type": "code", "metadata": {}, "source": ["x"]},
    {
        "cell_type": "code",
        "metadata": {"nbgrader": {"grade_id": "relu", "solution": True}},
        "source": ["y"],
    },
    {
        "cell_type": "markdown",
        "metadata": {"nbgrader": {"grade_id": "explain", "solution": True}},
        "source": ["</script><script>"],
    },
]


def page() -> nodes.section:
    """Return a page as Sphinx reads it: two cells with code and an answer in words."""
    cells = [nodes.container("", nb_element="cell_code", classes=["cell"]) for _ in range(2)]
    return nodes.section("", *cells, nodes.container("", classes=["answer-text"]))


def test_cells_have_their_names_and_the_page_includes_its_notebook() -> None:
    made = page()
    exercise_pages.name_cells(made, {"cells": CELLS})
    names = [(child.get("grade_id"), child["classes"]) for child in made]
    assert names == [(None, ["cell"]), ("relu", ["cell"]), ("explain", ["answer-text"])]
    script = exercise_pages.notebook_script({"cells": CELLS}, "01_a")
    (text,) = re.findall(r'json" id="released" data-slug="01_a">(.*?)</script>', script)
    assert json.loads(text) == {"cells": CELLS}


def test_a_named_cell_is_written_with_its_name() -> None:
    written: list[str] = []
    writer = SimpleNamespace(
        body=written, starttag=lambda node, tag, **attributes: f"{tag} {attributes}"
    )
    cell = exercise_pages.NamedCell("", grade_id="relu")
    exercise_pages.visit_named_cell(writer, cell)
    exercise_pages.depart_named_cell(writer, cell)
    assert written == [
        "div {'CLASS': 'docutils container', 'data-grade-id': 'relu'}",
        "</div>\n",
    ]


@pytest.mark.parametrize("cells", [CELLS[:-1], CELLS[:2] + CELLS[3:]])
def test_build_fails_if_page_and_notebook_have_different_cells(
    cells: list[dict[str, Any]],
) -> None:
    with pytest.raises(ExtensionError, match=r"the page shows \d (code|markdown) cells"):
        exercise_pages.name_cells(page(), {"cells": cells})
