"""The pages of the book in Firefox: graphs, search, the theme, and Python in the page.

Playwright drives a Firefox of its own, which no package registry has. Debian's speaks WebDriver
BiDi by itself: `Firefox` sends its commands over a socket. A test opens a page, presses keys and
evaluates JavaScript; to test another part of the book, add such a test.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from browser import DRAWN, PATIENCE, SIDEWAYS, do_without

from course_lib.graphs.numbers import number_text
from course_lib.layers import MulLayer

KEYS = {"Control": "\ue009", "Enter": "\ue007", "Home": "\ue011", "ArrowRight": "\ue014"}


def find_firefox() -> str:
    path = shutil.which("firefox-esr")
    if path is None:
        reason = "no Firefox here; on Debian: sudo apt install firefox-esr"
        do_without(reason, "COURSE_REQUIRE_FIREFOX")
    return path


class Firefox:
    """A Firefox with one open page, driven by WebDriver BiDi over a socket."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.sent = 0
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self.context = self.call("browsingContext.create", type="tab")["context"]

    def call(self, method: str, **params: Any) -> Any:
        """Send a command; note the events that arrive before its result."""
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.sent:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]
            if answer.get("method") == "network.beforeRequestSent":
                self.requests.append(answer["params"]["request"]["url"])  # files are not among them
            elif answer.get("params", {}).get("level") == "error":
                self.errors.append(answer["params"]["text"])

    def open(self, address: str, width: int = 1280) -> None:
        """Open a page and wait until it is drawn; forget the errors of the page before it."""
        self.errors, self.requests = [], []
        size = {"width": width, "height": 900}
        self.call("browsingContext.setViewport", context=self.context, viewport=size)
        self.call("browsingContext.navigate", context=self.context, url=address, wait="complete")
        self.evaluate(f"({DRAWN})()")

    def evaluate(self, expression: str) -> Any:
        """Return the value of JavaScript, after its promise, as JSON can hold it."""
        answer = self.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self.context},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def wait_for(self, expression: str) -> None:
        """Wait until JavaScript gives a true value, also while the page changes to another."""
        end = time.monotonic() + PATIENCE / 1000
        while True:
            try:
                if self.evaluate(f"Boolean({expression})"):
                    return
            except RuntimeError as error:
                last = error
            else:
                last = None
            if time.monotonic() > end:
                raise TimeoutError(f"{expression} stays false; the last error: {last}")
            time.sleep(0.05)

    def press(self, *keys: str) -> None:
        """Press keys together, and release them: names such as Enter, or characters."""
        values = [KEYS.get(key, key) for key in keys]
        actions = [{"type": "keyDown", "value": value} for value in values]
        actions += [{"type": "keyUp", "value": value} for value in reversed(values)]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self.call("input.performActions", context=self.context, actions=[keyboard])

    def write(self, text: str) -> None:
        for character in text:
            self.press(character)


@contextmanager
def start_firefox(profile: Path) -> Iterator[Firefox]:
    """Start a Firefox with a new profile, and end it afterwards."""
    from websocket import create_connection

    command = [find_firefox(), "--headless", "--no-remote", "--profile", str(profile)]
    command += ["--remote-debugging-port", "0"]
    # Reduced motion: axe would check colours in the middle of a transition.
    (profile / "user.js").write_text('user_pref("ui.prefersReducedMotion", 1);')
    log = profile / "said.txt"
    with log.open("w") as file, subprocess.Popen(command, stderr=file) as process:
        try:
            while not (found := re.search(r"listening on (ws://\S+)", log.read_text())):
                if process.poll() is not None:
                    raise RuntimeError(f"Firefox ended at its start and said: {log.read_text()}")
                time.sleep(0.05)
            address, seconds = f"{found[1]}/session", PATIENCE / 1000
            # Firefox refuses a connection that names an origin, as one from a page would.
            with closing(create_connection(address, seconds, suppress_origin=True)) as socket:
                yield Firefox(socket)
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with start_firefox(tmp_path_factory.mktemp("profile")) as running:
        yield running


def test_without_firefox_tests_are_skipped_or_fail_if_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("COURSE_REQUIRE_FIREFOX", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Firefox here"):
        find_firefox()
    monkeypatch.setenv("COURSE_REQUIRE_FIREFOX", "1")
    with pytest.raises(pytest.fail.Exception, match="no Firefox here"):
        find_firefox()


def test_errors_and_requests_of_a_page_are_seen(firefox: Firefox, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><script>throw new Error('no')</script><img src=https://elsewhere.invalid/a.png>"
    )
    firefox.open(page.as_uri())
    assert firefox.errors == ["Error: no"]
    assert firefox.requests == ["https://elsewhere.invalid/a.png"]


# --- graphs -------------------------------------------------------------------------------------

SHOWN = """["forward", "backward"].map((kind) =>
  [...document.querySelector("figure.bpg").querySelectorAll(`.bpg-${kind} text`)]
    .filter((el) => el.checkVisibility({ visibilityProperty: true }))
    .map((el) => el.textContent).sort())"""


def cart(apples: float) -> list[list[str]]:
    """Return the values and gradients of the graph on the first page, computed by the layers."""
    fruit, taxed = MulLayer(), MulLayer()
    apple_price = fruit.forward(100, apples)
    price = taxed.forward(apple_price, 1.1)
    d_apple_price, d_tax = taxed.backward(1)
    d_apple, d_apples = fruit.backward(d_apple_price)
    passes = (
        (100, apples, 1.1, apple_price, price),
        (1, d_apple_price, d_tax, d_apple, d_apples),
    )
    return [sorted(number_text(number) for number in numbers) for numbers in passes]


@pytest.mark.sample(every=2)
@pytest.mark.parametrize("width", [1280, 360])
def test_a_graph_steps_by_keyboard_and_follows_its_slider(
    firefox: Firefox, book: Path, width: int
) -> None:
    firefox.open((book / "index.html").as_uri(), width)
    assert firefox.evaluate(SHOWN) == cart(2)
    firefox.evaluate("document.querySelector('figure.bpg .bpg-scroll').focus()")
    firefox.press("Home")
    forward, backward = firefox.evaluate(SHOWN)
    assert forward == sorted(["100", "2", "1.1"])
    assert backward == []
    for _ in range(12):
        firefox.press("ArrowRight")
    assert firefox.evaluate(SHOWN) == cart(2)
    # A real slider, moved as a reader moves it: one step is one apple.
    firefox.evaluate(
        "[...document.querySelectorAll('figure.bpg input[type=range]')]"
        ".find((slider) => slider.max === '10').focus()"
    )
    firefox.press("ArrowRight")
    firefox.wait_for(f"JSON.stringify({SHOWN}) === JSON.stringify({json.dumps(cart(3))})")
    assert firefox.evaluate(f"({SIDEWAYS})()") == []
    assert firefox.errors == []
    assert [url for url in firefox.requests if not url.startswith("data:")] == []


# --- search, theme, accessibility ---------------------------------------------------------------


@pytest.mark.parametrize("over", ["file", "http"])
def test_search_leads_to_the_section(firefox: Firefox, book: Path, site: str, over: str) -> None:
    firefox.open({"file": (book / "index.html").as_uri(), "http": f"{site}/index.html"}[over])
    firefox.press("Control", "k")
    firefox.wait_for("document.activeElement.closest('#pst-search-dialog')")
    firefox.write("why does db sum")
    firefox.press("Enter")
    firefox.wait_for("document.querySelector('#found-sections li a')")
    assert firefox.evaluate("document.querySelector('#found-sections li a').innerText") == (
        "Why db is a sum"
    )
    firefox.wait_for("Search._pulse_status < 0")
    assert firefox.errors == []
    firefox.evaluate("document.querySelector('#found-sections li a').click()")
    firefox.wait_for("location.href.endsWith('04_affine.html#why-db-is-a-sum')")
    firefox.wait_for("document.querySelector('#why-db-is-a-sum .highlighted')")
    assert firefox.evaluate("document.querySelectorAll('svg .highlighted').length") == 0


@pytest.mark.slow
def test_a_page_passes_axe_in_both_themes(firefox: Firefox, book: Path, axe: str) -> None:
    firefox.open((book / "01_shopping_cart.html").as_uri())
    assert firefox.errors == []
    firefox.evaluate(f"(() => {{ {axe} }})()")
    for theme in ("light", "dark"):
        firefox.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        found = firefox.evaluate(
            "axe.run({ exclude: ['mjx-container > *'] }, { preload: false })"
            ".then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))"
        )
        assert found == []


@pytest.mark.slow
def test_python_runs_in_the_page(firefox: Firefox, site: str) -> None:
    firefox.open(f"{site}/01_shopping_cart.html")
    firefox.evaluate(
        "[...document.querySelectorAll('.python button')]"
        ".find((button) => button.innerText.startsWith('Start Python')).click()"
    )
    firefox.wait_for(
        "document.querySelector('.python [role=status]').innerText.startsWith('Python is ready')"
    )
    assert firefox.errors == []
