"""Pages of the book are executed in parallel into the cache that Jupyter Book reads."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_cache import get_cache
from myst_nb.core.config import NbParserConfig
from myst_nb.core.read import create_nb_reader
from myst_parser.config.main import MdParserConfig

NOTEBOOK = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
---
# A page

```{{code-cell}} python
{}
```
"""


@pytest.fixture
def pages(tmp_path: Path) -> Any:
    """Return a Sphinx environment with working pages, a failing one, and one without code."""
    for name, text in {
        "one": NOTEBOOK.format("print(1)"),
        "two": NOTEBOOK.format("print(1 + 1)"),
        "broken": NOTEBOOK.format("print(1 / 0)"),
        "text": "# Text\n",
    }.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    config = SimpleNamespace(
        execution_mode="cache", execution_cache_path=str(tmp_path / "cache"), execution_timeout=1200
    )
    return SimpleNamespace(mystnb_config=config, doc2path=lambda name: str(tmp_path / f"{name}.md"))


def executed(env: Any) -> dict[str, str]:
    """Return the printed text of each page in the cache."""
    cache = get_cache(env.mystnb_config.execution_cache_path)
    found = {Path(record.uri).stem: record.pk for record in cache.list_cache_records()}
    return {name: cache.get_cache_bundle(pk).nb.cells[0].outputs[0].text
            for name, pk in found.items()}  # fmt: skip


def test_pages_are_executed_in_parallel_into_the_cache(
    pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    side_by_side = importlib.import_module("side_by_side")
    side_by_side.execute(None, pages, ["one", "two", "text", "broken"])
    assert executed(pages) == {"one": "1\n", "two": "2\n"}

    def no_executor(*_: Any) -> Any:
        raise AssertionError("all of these have been executed")

    monkeypatch.setattr(side_by_side, "load_executor", no_executor)
    side_by_side.execute(None, pages, ["one", "two", "text"])
    # A single page is left to Jupyter Book, which also reports failures.
    side_by_side.execute(None, pages, ["broken"])
    Path(pages.doc2path("two")).write_text(NOTEBOOK.format("print(3)"), encoding="utf-8")
    with pytest.raises(AssertionError, match="have been executed"):
        side_by_side.execute(None, pages, ["one", "two"])
    pages.mystnb_config.execution_mode = "off"
    side_by_side.execute(None, pages, ["one", "two"])


def test_jupyter_book_finds_executed_pages_in_the_cache(pages: Any) -> None:
    importlib.import_module("side_by_side").execute(None, pages, ["one", "two"])
    cache = get_cache(pages.mystnb_config.execution_cache_path)
    # As Jupyter Book reads a page: with the line numbers of its cells.
    path = pages.doc2path("two")
    text = Path(path).read_text(encoding="utf-8")
    reader = create_nb_reader(path, MdParserConfig(), NbParserConfig(), text)
    assert reader is not None
    _, notebook = cache.merge_match_into_notebook(reader.read(text))
    assert notebook.cells[-1].outputs[0].text == "2\n"
