"""Let the pages with code run: their scripts, and the code of all their cells in order.

A page shows some cells without their code (figures) and some not at all (what figures need). When
Python starts, the page fetches `_static/python-cells/<page>.json`, so that these run too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jupytext
import python_files
from sphinx.addnodes import download_reference
from sphinx.errors import ExtensionError

FOLDER, CELLS = "python", "python-cells"
# The explorers train too many networks for a page.
NOT_HERE = "course_lib.live import explore_"
HIDDEN, WITHOUT_CODE = "remove-cell", {"remove-input", "remove-cell"}
# What the build has made, for the pages that it writes after that.
about: dict[str, str] = {}


def code_cells(path: Path) -> list[dict[str, Any]]:
    """Return the code cells of a page, those too that it does not show."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md" and "```{code-cell}" not in text:
        return []
    notebook = jupytext.reads(text, fmt="ipynb" if path.suffix == ".ipynb" else "md:myst")
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: dict[str, Any]) -> set[str]:
    """Return what an author says of a cell."""
    return set(cell["metadata"].get("tags", []))


def runs(cells: list[dict[str, Any]]) -> bool:
    """Tell whether a page has code that a reader sees, all of which can run in a browser."""
    return any(not tags(cell) & WITHOUT_CODE for cell in cells) and not any(
        NOT_HERE in cell["source"] for cell in cells
    )


def plan(cells: list[dict[str, Any]], body: str, page: str) -> list[dict[str, Any]]:
    """Return the code of each cell in order, and whether the page shows the cell."""
    found = [
        {"source": cell["source"], "shown": HIDDEN not in tags(cell)}
        for cell in cells
        if cell["source"].strip()
    ]
    shown, there = sum(cell["shown"] for cell in found), body.count('class="cell ')
    if shown != there:
        raise ExtensionError(f"{page} shows {there} code cells; its source has {shown}")
    return found


def note_version(_app: Any, config: Any) -> None:
    """Make the state of the files a setting: when it changes, Sphinx writes all pages again."""
    config.python_version = python_files.state()


def make_files(app: Any) -> None:
    """Make what pages load, once for a build."""
    if app.builder.name == "html":
        target = Path(app.outdir) / "_static" / FOLDER
        made = python_files.make_files(target, app.config.python_version)
        about.update((f"data-{key}", str(value)) for key, value in made.items())


def finish_page(app: Any, name: str, _template: str, context: dict[str, Any], tree: Any) -> None:
    """Give a page its script, and write down its cells."""
    if not tree or app.builder.name != "html":
        return
    cells = code_cells(Path(app.env.doc2path(name)))
    if not runs(cells):
        return
    target = Path(app.outdir) / "_static" / CELLS / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(plan(cells, context["body"], name)), encoding="utf-8")
    app.add_js_file(
        f"{FOLDER}/{python_files.AT_ONCE}", defer="defer", **about, **{"data-page": name}
    )


def chapter_name(path: str, name: str) -> str:
    """Return the name of a file to download; a chapter's notebook is not named like its exercise.

    Parameters
    ----------
    path : str
        The file that is copied.
    name : str
        The name that Sphinx gives the copy, below its folder.
    """
    executed = "jupyter_execute" in Path(path).parts
    return f"{name.removesuffix('.ipynb')}-chapter.ipynb" if executed else name


def visit_download(self: Any, node: download_reference) -> None:
    """Write a link to a file. A browser may ignore a `download` name, so the file has it, too."""
    if "filename" in node:
        node["filename"] = chapter_name(node["reftarget"], node["filename"])
    type(self).visit_download_reference(self, node)


def rename_downloads(app: Any, error: Exception | None) -> None:
    """Give the chapters' notebooks the names that their links have."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_downloads"
    for path, (_pages, name) in app.env.dlfiles.items():
        if (folder / name).exists():
            (folder / name).rename(folder / chapter_name(path, name))


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.add_node(
        download_reference,
        override=True,
        html=(visit_download, lambda self, node: type(self).depart_download_reference(self, node)),
    )
    app.add_config_value("python_version", "", "html", str)
    app.connect("config-inited", note_version)
    app.connect("builder-inited", make_files)
    app.connect("html-page-context", finish_page)
    app.connect("build-finished", rename_downloads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
