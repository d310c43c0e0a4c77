"""Every release runs in a fresh kernel, and `nbgrader validate` judges it correctly."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from course_lib.grading.authoring.trial import build_submission, model_cells, written_cells
from course_lib.grading.course import this_course
from course_lib.grading.gradebook.nbgrader import import_nbgrader
from course_lib.grading.notebooks import grade_id, is_solution

SLUGS = this_course().assignments()
# Runs first in each kernel; a notebook cannot remove an audit hook.
NO_NETWORK = """\
import sys

def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        with open({log!r}, "a") as file:
            file.write(f"{{event}} {{args}}\\n")
        raise OSError("there is no network here")

sys.addaudithook(refuse)
"""


@dataclass
class Run:
    """A notebook after its run in a fresh kernel, with the verdict of `nbgrader validate`."""

    notebook: NotebookNode
    verdict: dict[str, list[dict[str, str]]]
    network: str
    files: list[str]

    @property
    def errors(self) -> list[str]:
        """Messages of exceptions, and text on stderr."""
        outputs = [out for cell in self.code for out in cell.outputs]
        raised = [out.evalue for out in outputs if out.output_type == "error"]
        return raised + [out.text for out in outputs if out.get("name") == "stderr"]

    @property
    def code(self) -> list[NotebookNode]:
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @property
    def marks(self) -> dict[str, float]:
        """Outputs of the autograded cells, by task."""
        return {
            grade_id(cell).removeprefix("check_"): float(cell.outputs[0].data["text/plain"])
            for cell in self.code
            if cell.metadata.get("nbgrader", {}).get("grade")
        }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an empty folder; kernels have no network."""
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    log = tmp_path / "network.log"
    log.touch()
    (startup / "00.py").write_text(NO_NETWORK.format(log=str(log)), encoding="utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    # The kernel must not import the course from the test environment's path.
    monkeypatch.delenv("PYTHONPATH", raising=False)
    here = Path.cwd()
    alone = tmp_path / "a student's folder"
    alone.mkdir()
    yield alone
    os.chdir(here)


def run(notebook: NotebookNode, folder: Path) -> Run:
    """Run a notebook as `nbgrader validate` does."""
    import_nbgrader()
    from nbgrader.validator import Validator
    from traitlets.config import Config

    class RecordingValidator(Validator):  # type: ignore[misc]
        def _preprocess(self, nb: Any) -> Any:
            self.ran = super()._preprocess(nb)
            return self.ran

    path = folder / "notebook.ipynb"
    nbformat.write(notebook, path)
    # On a busy machine, nbgrader's 30 seconds for a cell are too few.
    patient = dict.fromkeys(("timeout", "startup_timeout", "iopub_timeout"), 1800)
    quiet = {"extra_arguments": ["--IPKernelApp.log_level=ERROR"]}
    validator = RecordingValidator(config=Config({"Execute": patient | quiet}))
    verdict = validator.validate(str(path))
    log = (folder.parent / "network.log").read_text(encoding="utf-8")
    return Run(validator.ran, verdict, log, sorted(file.name for file in folder.iterdir()))


def solved(slug: str) -> NotebookNode:
    answers = model_cells(slug) | dict.fromkeys(written_cells(slug), "An answer in words.")
    return build_submission(slug, answers)


def graded(notebook: NotebookNode) -> list[NotebookNode]:
    return [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("slug", SLUGS)
def test_release_runs_completely_and_reports_unsolved_tasks(slug: str, folder: Path) -> None:
    done = run(build_submission(slug, {}), folder)
    assert done.errors == []
    assert done.network == ""
    assert done.files == ["notebook.ipynb"]
    assert len(done.marks) >= 3
    assert set(done.marks.values()) == {0}
    for cell in graded(done.notebook):
        if cell.cell_type == "code":
            said = cell.outputs[0].data["text/html"]
            assert re.search("not written yet|not filled in yet", said), said
            assert "Traceback" not in said
    assert list(done.verdict) == ["failed"]
    failed = [one["source"] for one in done.verdict["failed"]]
    assert failed == [cell.source.strip() for cell in graded(done.notebook)]


@pytest.mark.sample(every=5)
@pytest.mark.parametrize("slug", SLUGS)
def test_model_solution_is_valid(slug: str, folder: Path) -> None:
    done = run(solved(slug), folder)
    assert done.errors == []
    assert done.network == ""
    assert done.files == ["notebook.ipynb"]
    assert done.verdict == {}
    worth = {grade_id(c).removeprefix("check_"): c.metadata.nbgrader.points for c in done.code
             if c.metadata.get("nbgrader", {}).get("grade")}  # fmt: skip
    assert done.marks == worth


def test_a_partly_right_answer_is_not_valid(folder: Path) -> None:
    notebook = solved("03_activations")
    relu = next(c for c in notebook.cells if grade_id(c) == "relu" and is_solution(c))
    relu.source += "\nRelu.backward = lambda self, dout: -dout\n"
    done = run(notebook, folder)
    assert [one["source"] for one in done.verdict["failed"]] == ["checks.relu(Relu)"]
    assert 0 < done.marks["relu"] < 5


def test_a_changed_check_is_not_valid(folder: Path) -> None:
    notebook = solved("03_activations")
    next(c for c in notebook.cells if grade_id(c) == "check_relu").source = "5.0"
    done = run(notebook, folder)
    assert [one["source"] for one in done.verdict["changed"]] == ["5.0"]


def test_run_records_errors_files_and_network_access(folder: Path) -> None:
    sources = [
        "1 / 0",
        "import sys; print('careful', file=sys.stderr)",
        "open('left_over.txt', 'w').close()",
        "import urllib.request\ntry:\n    urllib.request.urlopen('http://192.0.2.1')\n"
        "except OSError:\n    pass",
        "import socket\ntry:\n    socket.create_connection(('localhost', 9))\nexcept OSError:\n"
        "    pass",
    ]
    done = run(new_notebook(cells=[new_code_cell(source) for source in sources]), folder)
    assert done.errors == ["division by zero", "careful\n"]
    assert done.files == ["left_over.txt", "notebook.ipynb"]
    assert "192.0.2.1" in done.network
    assert "localhost" in done.network
