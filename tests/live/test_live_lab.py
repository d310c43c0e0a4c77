"""A graph and an explorer in JupyterLab: the same graph as in the book, and widgets that follow."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
import pytest
from graph_cases import shopping_cart

from course_lib import live
from course_lib.graphs.steps import tell_story
from course_lib.live import digit

TESTS = Path(__file__).parents[1] / "graphs"
CELLS = [
    f"import sys; sys.path.insert(0, {str(TESTS)!r})\n"
    "from graph_cases import shopping_cart\nshopping_cart()",
    "from course_lib.live import explore_digit\nexplore_digit()",
]
# A token of this test's own server, which is gone after it.
TOKEN = "only-for-this-test"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address of a notebook in a JupyterLab that was started for this test."""
    if find_spec("jupyterlab") is None:
        pytest.skip("no JupyterLab here; `make` installs it")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    folder = tmp_path / "notebooks"
    folder.mkdir()
    nbformat.write(notebook, folder / "graph.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"),
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/api?token={TOKEN}", server)
            yield f"{address}/lab/tree/graph.ipynb?token={TOKEN}"
        finally:
            server.terminate()
            server.wait()


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert server.poll() is None
        try:
            urllib.request.urlopen(address).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)


def visible(page: Any) -> list[str]:
    return page.locator("figure.bpg").evaluate(  # type: ignore[no-any-return]
        """(figure) => [...figure.querySelectorAll(".bpg-forward text, .bpg-backward text")]
             .filter((el) => el.checkVisibility({ visibilityProperty: true }))
             .map((el) => el.textContent)"""
    )


def words(page: Any) -> str:
    picture = page.locator(".jp-OutputArea .curve svg")
    return picture.get_attribute("aria-label")  # type: ignore[no-any-return]


@pytest.mark.slow
def test_a_graph_steps_and_widgets_follow_in_jupyterlab(browser: Any, lab: str) -> None:
    context = browser.new_context(viewport={"width": 1200, "height": 1400})
    page = context.new_page()
    page.set_default_timeout(120_000)
    foreign: list[str] = []
    home = tuple(scheme + lab.split("/lab")[0][4:] for scheme in ("http", "ws"))
    page.on(
        "request",
        lambda r: None if r.url.startswith((*home, "data:", "blob:")) else foreign.append(r.url),
    )
    page.goto(lab)
    # The notebook also says "idle" before it has a kernel; the bar below knows better.
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.locator(".jp-Cell .cm-content").first.click()
    for _ in CELLS:
        page.keyboard.press("Shift+Enter")

    # The graph: as drawn, stepped, and changed.
    page.wait_for_selector("figure.bpg .bpg-slider")
    graph = page.locator("figure.bpg .bpg-scroll")
    cart = shopping_cart()
    numbers = ["715", "2.2", "110", "3.3", "165", "650"]
    assert set(numbers) <= set(visible(page))
    graph.press("Home")
    captions = tell_story(cart, True).captions
    assert page.locator(".bpg-caption").text_content() == captions[0]
    assert not set(numbers) & set(visible(page))
    graph.press("End")
    assert page.locator(".bpg-caption").text_content() == captions[-1]
    assert set(numbers) <= set(visible(page))
    page.locator(".bpg-slider input").first.fill("0")
    assert "495" in visible(page)  # without apples: 450 times 1.1

    # The widgets: a test image, and a cell that is inked, drawn anew by Python.
    page.wait_for_selector(".jp-OutputArea .curve svg")
    explorer = live.explore_digit(live=False)
    assert words(page) == explorer.still().alt
    before = words(page)
    page.locator('button[title^="row 5, column 8:"]').click()
    page.wait_for_function(
        "(t) => document.querySelector('.jp-OutputArea .curve svg').ariaLabel !== t", arg=before
    )
    image = digit.digits()[0][0].copy()
    image[4 * 14 + 7] = 1 if image[4 * 14 + 7] < 0.5 else 0
    assert words(page) == explorer.draw(image).alt
    assert foreign == []
    context.close()
