"""Execute the pages that have changed side by side, before Sphinx reads one page after another.

Jupyter Book executes a page when it reads it, so all processors but one would wait. What is
executed here goes into the same cache, and the page finds it there. A page that fails is left
to Jupyter Book, which executes it again and says what is wrong.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from myst_nb.core.read import is_myst_markdown_notebook
from sphinx.util import logging as sphinx_logging

READER = {"type": "plugin", "name": "myst_nb_md"}
# The executor would tell what each of its processes does.
QUIET = logging.getLogger(__name__)
QUIET.setLevel(logging.WARNING)


def is_notebook(page: Path) -> bool:
    """Tell whether a page has cells to execute."""
    return page.suffix == ".md" and is_myst_markdown_notebook(page.read_text(encoding="utf-8"))


def execute(_app: Any, env: Any, names: list[str]) -> None:
    """Put the executed cells of the pages that will be read into the cache."""
    config = env.mystnb_config
    pages = [str(page) for page in map(Path, map(env.doc2path, names)) if is_notebook(page)]
    if config.execution_mode != "cache" or len(pages) < 2:
        return
    cache = get_cache(config.execution_cache_path)
    for page in pages:
        cache.add_nb_to_project(page, read_data=READER)
    if waiting := cache.list_unexecuted(filter_uris=pages):
        sphinx_logging.getLogger(__name__).info("executing %s pages", len(waiting))
        executor = load_executor("local-parallel", cache, QUIET)
        executor.run_and_cache(filter_uris=pages, timeout=config.execution_timeout)


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("env-before-read-docs", execute)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
