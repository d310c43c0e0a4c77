"""The steps of AUTHORING.md, taken by somebody who follows nothing else, lead to green tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.slow

SLUG = "11_heat"
LAYER = '''\
"""The cube of a value."""

from __future__ import annotations

from typing import ClassVar

from course_lib.arrays import Array
from course_lib.layers.base import Layer


class Cube(Layer):
    """The cube, elementwise: ``out = x**3``.

    Backward, with ``dout = dL/dout``::

        dx = dout * 3 * x**2
    """

    symbol = "cube"
    formula = "{x}³"
    rules: ClassVar = {"x": "{dout} × 3 × {x}²"}

    def forward(self, x: Array) -> Array:
        self.x = x
        return x**3

    def backward(self, dout: Array) -> Array:
        dx = dout * 3 * self.x**2
        return dx
'''
QUESTIONS = "".join(
    f"""
[[question]]
name = "slope_at_{x}"
kind = "number"
read = "heat"
text = "What is the slope of the cube at {x}?"
code = "slope = 3 * {x} ** 2"
answer = "slope"
wrong = [{{ value = "{x} ** 3 + 7", reason = "That is no slope." }}]
solution = "It is {{{{answer}}}}."
"""
    for x in range(1, 9)
)
CHAPTER = f"""\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Heat

```{{goals}}
- differentiate a cube
- check its gradient
```

```{{admonition}} What you need
:class: note
{{doc}}`02_chain_rule`. Take this page as a notebook:
{{nb-download}}`{SLUG}-chapter.ipynb <{SLUG}.ipynb>`.
```

## The question

How fast does a cube grow?

## By hand

At 2 the cube is 8. At 2.01 it is 8.120601, so the slope is close to 12.

(heat)=
## The cube node: `Cube`

```{{code-cell}} python
:tags: [hide-input]

from course_lib import layers
from course_lib.graphs import Graph

g = Graph()
x = g.input("x", 2.0)
g.apply(layers.Cube(), x, name="out")
g.backward(1.0)
g
```

### The derivation

Three factors are equal, so the slope is $3x^2$.

### The code

```{{code-cell}} python
class Cube:
    def forward(self, x):
        self.x = x
        return x**3

    def backward(self, dout):
        dx = dout * 3 * self.x**2
        return dx
```

## Gradient check

```{{code-cell}} python
import numpy as np

from course_lib.gradients import numerical_gradient

x = np.array([2.0])
print(numerical_gradient(lambda: float(np.sum(x**3)), x))
```

## Common mistakes

```{{code-cell}} python
:tags: [remove-input]

from course_lib.misconceptions import common_mistakes

common_mistakes("fourth_power")
```

## Summary

- The slope of the cube is three times the square.

## Check yourself

```{{questions}}
```

## Exercise

Take {{download}}`the exercise <../exercises/{SLUG}/{SLUG}.ipynb>`.
"""
TASK = """\
## Task 4: the cube

The cube node of the chapter gets `x` = 2 and the upstream gradient `dout` = 5. Return its gradient
as `{"dx": ...}`.

```{code-cell} ipython3
---
nbgrader:
  grade: false
  grade_id: cube
  locked: false
  schema_version: 3
  solution: true
---
def cube():
    ### BEGIN SOLUTION
    return {"dx": 60}
    ### END SOLUTION
```

```{code-cell} ipython3
---
nbgrader:
  grade: true
  grade_id: check_cube
  locked: true
  points: 1
  schema_version: 3
  solution: false
---
checks.cube(cube)
```
"""
CHECK = f"""
cube = NumberTask(
    slug=SLUG,
    name="cube",
    answers={{"dx": 60}},
    read="{SLUG}#heat",
    notice=_("The local gradient of the cube at 2 is 12, and dout multiplies it."),
)
"""
MISCONCEPTION = '''
[[cube]]
name = "UpstreamDroppedByCube"
hint = """This is the slope of the cube alone. What does the node do with the gradient that
comes from above?"""
answers = { dx = 12 }
'''


class Checkout:
    """A copy of the course in a repository of its own, with the library that lies in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        names = self._git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in filter(None, names.split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        # Only what this course adds is checked for types anew.
        if (ROOT / ".mypy_cache").is_dir():
            shutil.copytree(ROOT / ".mypy_cache", root / ".mypy_cache")
        self.python = self._environment()
        self._git(root, "init", "--quiet")
        self.commit()

    def _environment(self) -> Path:
        """Make a .venv with this one's packages and the copy's course_lib; return its Python."""
        folder = self.root / ".venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        (packages,) = folder.glob("lib/python*/site-packages")
        # Not this course_lib: Python does not read the .pth files of a folder that a .pth names.
        paths = f"{self.root}\n{sysconfig.get_path('purelib')}\n"
        (packages / "course.pth").write_text(paths, encoding="utf-8")
        for name in ("share", "etc"):
            if (Path(sys.prefix) / name).is_dir():
                (folder / name).symlink_to(Path(sys.prefix) / name)
        return folder / "bin" / "python"

    def _git(self, where: Path, *words: str) -> str:
        words = ("-c", "user.name=A Stranger", "-c", "user.email=stranger@localhost", *words)
        return subprocess.run(
            ["git", *words], cwd=where, capture_output=True, text=True, check=True
        ).stdout

    def commit(self) -> None:
        """Take everything as it is for what was there before."""
        self._git(self.root, "add", "--all")
        self._git(self.root, "commit", "--quiet", "--message", "so far")

    def changed(self) -> set[str]:
        """Return the files that differ from the last commit."""
        lines = self._git(self.root, "status", "--porcelain", "--untracked-files=all").splitlines()
        return {line[3:] for line in lines}

    def run(self, *words: str) -> str:
        """Run a Python module with its arguments; fail with all that it says if it fails."""
        # Scripts such as nbgrader's alembic stay those of this environment.
        scripts = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        env = {**os.environ, "PATH": scripts, "OPENBLAS_NUM_THREADS": "1"}
        command = [self.python, "-m", *words]
        done = subprocess.run(
            command, cwd=self.root, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def course(self, *words: str) -> str:
        """Run the command `course`."""
        return self.run("course_lib.grading", *words)

    def write(self, name: str, text: str) -> None:
        """Write a new file."""
        assert not (self.root / name).exists()
        (self.root / name).write_text(text, encoding="utf-8")

    def add(self, name: str, text: str, after: str = "") -> None:
        """Put text below the line that begins with `after`, or at the end of a file."""
        path = self.root / name
        whole = path.read_text(encoding="utf-8")
        place = len(whole)
        if after:
            (found,) = re.finditer(rf"^{re.escape(after)}.*\n", whole, flags=re.MULTILINE)
            place = found.end()
        path.write_text(whole[:place] + text + whole[place:], encoding="utf-8")


def listed_files() -> set[str]:
    """Return the files that AUTHORING.md lists as those to write in, with this test's names."""
    text = (ROOT / "AUTHORING.md").read_text(encoding="utf-8")
    section = text.partition("## A new assignment, step by step")[2].partition("\n## ")[0]
    names = re.findall(r"^\| `([^`]+)` \|", section, flags=re.MULTILINE)
    words = {"slug": SLUG, "name": "heat", "layer": "cube"}
    return {re.sub(r"<(\w+)>", lambda match: words[match[1]], name) for name in names}


def test_a_stranger_adds_a_chapter_a_layer_a_task_and_a_misconception(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "a stranger's course")
    checkout.course("new-exercise", SLUG)
    checkout.course("release", SLUG)
    generated = checkout.changed()
    assert f"exercises/{SLUG}/{SLUG}.ipynb" in generated
    checkout.commit()

    checkout.write("course_lib/layers/cube.py", LAYER)
    checkout.write(f"book/{SLUG}.md", CHAPTER)
    checkout.add("book/_toc.yml", f"      - file: {SLUG}\n", after="      - file: 10_autodiff")
    checkout.write(f"book/questions/{SLUG}.toml", QUESTIONS)
    exercise = f"solutions/{SLUG}.md"
    checkout.add(exercise, "| 4 `cube` | one gradient by hand | 1 |\n", after="| 3 `explain`")
    checkout.add(exercise, TASK)
    checkout.add("course_lib/checks/heat.py", CHECK)
    checkout.add(f"course_lib/misconceptions/{SLUG}.toml", MISCONCEPTION)

    touched = checkout.changed()
    assert len(touched) <= 8, touched
    assert touched <= listed_files(), "AUTHORING.md lists other files"
    checkout.course("release", SLUG)
    assert checkout.changed() == touched | {f"exercises/{SLUG}/{SLUG}.ipynb"}

    checkout.run("ruff", "check", ".")
    checkout.run("ruff", "format", "--check", ".")
    checkout.run("mypy")
    checkout.course("release", "--check")
    assert "18 of 18 kept." in checkout.course("checklist", SLUG)
    places = "contents or order or sections"
    said = checkout.run(
        *("pytest", "-v", "-p", "no:cacheprovider", "-m", "not slow", "tests/layers"),
        *("tests/library/test_imports.py", "tests/checks/test_misconceptions.py"),
        *("tests/checks/test_submissions.py", "tests/book/test_chapters.py"),
        "tests/book/test_questions.py",
        "tests/grading/authoring/test_assignments.py",
        # The first three whole, of the others what is about the new assignment.
        *("-k", f"test_layers or test_imports or test_misconceptions or heat or cube or {places}"),
    )
    for test in (
        "test_every_layer[Cube-numerical_gradient]",
        "test_every_layer[FourthPower-numerical_gradient]",
        f"test_model_solution_earns_all_points[{SLUG}-cube]",
        f"test_model_solution_is_valid[{SLUG}]",
        f"test_a_chapter_has_its_parts_in_order[{SLUG}]",
        f"test_accepted_submission_earns_all_points[{SLUG}-loops]",
        "UpstreamDroppedByCube",
    ):
        assert test in said
