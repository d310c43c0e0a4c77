"""Execution of honest submissions: points and reports equal those of a notebook."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from job_cases import SLUG, SUBMISSIONS, job, one_cell
from probe import cell_outputs
from test_submissions import answer_of

from course_lib.checks import all_tasks
from course_lib.checks.report import Part, Report
from course_lib.checks.seeds import seeded
from course_lib.grading.authoring.trial import assignment, model_cells, read_submission_file
from course_lib.grading.course import this_course
from course_lib.grading.execute import Stop, execute, from_report
from course_lib.grading.jobs import (
    CHECK,
    GIVEN,
    RUN,
    Cell,
    Job,
    Result,
    TaskResult,
    job_from_json,
    result_from_json,
    to_json,
)
from course_lib.grading.sandbox.bubblewrap import family
from course_lib.grading.sandbox.package import given_package, imported
from course_lib.grading.sandbox.process import StudentProcess
from course_lib.grading.sandbox.remote import RemoteSide
from course_lib.misconceptions import all_misconceptions

TASKS = {(task.slug, task.name): task for task in all_tasks()}
# Each case executes a whole notebook, so only some run; the audit has all of them. Training takes
# seconds: the model solution is enough.
ACCEPTED = [p for p in sorted(SUBMISSIONS.glob("*/accepted/*.py")) if "08_training" not in str(p)]
WRONG = [m for m in all_misconceptions() if m.slug != "08_training"]


def by_task(result: Result) -> dict[str, TaskResult]:
    return {task.task: task for task in result.tasks}


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("slug", this_course().assignments())
def test_the_blank_assignment_earns_nothing_and_needs_no_person(slug: str) -> None:
    result = execute(job(slug, assignment(ROOT, slug).blank))
    assert result.problems == ()
    assert result.tasks
    for task in result.tasks:
        assert task.points == 0
        assert task.finding.problem


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("slug", this_course().assignments())
def test_model_solution_earns_all_points(slug: str) -> None:
    result = execute(job(slug))
    assert not result.problems
    assert [t.task for t in result.tasks if t.points < t.max_points] == []
    assert result.isolation.startswith("bubblewrap")
    assert len(result.outputs) == len(job(slug).cells)


@pytest.mark.parametrize("path", ACCEPTED[::4], ids=lambda p: f"{p.parts[-3]}-{p.stem}")
def test_accepted_answer_earns_all_points(path: Path) -> None:
    slug, answers = path.parts[-3], read_submission_file(path)
    result = execute(job(slug, answers))
    assert not result.problems
    lost = {t.task: t.finding.problem for t in result.tasks if t.points < t.max_points}
    assert not set(lost) & set(answers), lost


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("m", WRONG[::36], ids=lambda m: f"{m.task}-{m.name}")
def test_report_equals_that_of_the_check_in_a_notebook(m: Any) -> None:
    cells = {m.task: m.source(model_cells(m.slug, solved=True)[m.task])}
    submitted = job(m.slug, cells, seed=7)
    there = by_task(execute(submitted))[m.task]
    with seeded(7, f"check_{m.task}"):
        here = TASKS[m.slug, m.task](answer_of(m.slug, cells, m.task))
    assert there.report.seed == here.seed
    assert [
        (p.name, p.points, p.earned, without_code_line(p.reason)) for p in there.report.parts
    ] == [(p.name, p.points, p.earned, without_code_line(p.reason)) for p in here.parts]
    assert here.finding is not None
    for name, words in dataclasses.asdict(here.finding).items():
        assert without_code_line(getattr(there.finding, name)) == without_code_line(words)


def without_code_line(words: str) -> str:
    """Return a message without the line of code, which only the student process knows."""
    return words.partition(", in the line: ")[0].strip()


# Code at the top of the cell that defines MulLayer, and words that the report must contain.
FIRST_CAUSES = {
    "input": ("price = float(input('Price? '))", "input() ", "price = float(input("),
    "a package": ("import pandas as pd", "No module named 'pandas'", "import pandas as pd"),
    "a window": (
        "import matplotlib.pyplot as plt\nplt.switch_backend('TkAgg')",
        "TkAgg",
        "plt.switch_backend",
    ),
    "no Python": ("x = = 3", "SyntaxError", "x = = 3"),
    "a line that is no code": ("clas MulLayer:", "SyntaxError", "clas MulLayer:"),
    "an unknown magic": ("%load_ext tensorboard", "tensorboard"),
}


@pytest.mark.parametrize("why", FIRST_CAUSES)
def test_the_report_names_the_error_that_stopped_the_cell(why: str) -> None:
    line, *words = FIRST_CAUSES[why]
    source = model_cells(SLUG)["mul_layer"]
    tasks = by_task(execute(job(answers={"mul_layer": f"{line}\n\n{source}"})))
    # The cart uses MulLayer, too.
    for name in ("mul_layer", "shopping_cart"):
        problem = tasks[name].finding.problem
        assert tasks[name].points == 0
        assert all(word in problem for word in words), problem
        assert "MulLayer is missing" in problem
    assert tasks["predict"].points == 4


def test_the_first_of_several_errors_is_named() -> None:
    source = model_cells(SLUG)["mul_layer"]
    submitted = job(answers={"mul_layer": f"print(SCALE)\n{source}"})
    own = Cell(RUN, "SCALE, OFFSET = 1 / 0, 0")
    result = execute(dataclasses.replace(submitted, cells=(own, *submitted.cells)))
    problem = by_task(result)["mul_layer"].finding.problem
    assert "ZeroDivisionError" in problem
    assert "SCALE, OFFSET = 1 / 0" in problem
    assert "MulLayer is missing" in problem


def test_an_error_after_the_answer_is_not_blamed() -> None:
    source = model_cells(SLUG)["mul_layer"].replace("dout * self.y", "dout * y")
    result = execute(job(answers={"mul_layer": f"{source}\nMulLayer().backward(1)"}))
    problem = by_task(result)["mul_layer"].finding.problem
    assert "name 'y' is not defined" in problem
    assert "missing" not in problem
    misspelled = execute(job(answers={"mul_layer": source.replace("MulLayer", "Mullayer")}))
    problem = by_task(misspelled)["mul_layer"].finding.problem
    assert re.search("defines Mullayer.* looks for MulLayer", problem)


def test_a_search_for_a_similar_name_ends_no_process() -> None:
    model = model_cells(SLUG)["mul_layer"].replace("def forward", "def foward")
    source = f"{model}\nMulLayer.__dir__ = lambda self: exit()\n"
    result = execute(job(answers={"mul_layer": source}))
    assert "no attribute 'forward'" in by_task(result)["mul_layer"].finding.problem
    assert result.problems == ()


def test_a_misspelled_method_is_named() -> None:
    source = model_cells(SLUG)["mul_layer"].replace("def forward", "def foward")
    problem = by_task(execute(job(answers={"mul_layer": source})))["mul_layer"].finding.problem
    assert "no attribute 'forward'" in problem
    assert "'foward'" in problem


@pytest.mark.parametrize(
    ("source", "defined"),
    [
        ("class Net(Base):", "Net"),
        ("  async def f(x)", "f"),
        ("a, f = 1, 2", "f"),
        ("f, a = 1, 2", "f"),
        ("f: int = 2", "f"),
        ("import numpy as f", "f"),
        ("from os import path, sep", "path"),
        ("import f", "f"),
    ],
)
def test_names_that_a_cell_would_define_are_found(source: str, defined: str) -> None:
    stop = Stop(Cell(RUN, f"x = (\n{source}"), "")
    assert stop.defines(defined)
    assert not stop.defines(f"{defined}x")
    assert not Stop(Cell(RUN, f"print({defined})\n{defined} == 1\n{defined}()"), "").defines(
        defined
    )


WRONG_MUL = """
class MulLayer:
    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout, dout
"""


def wrong_numbers(seed: int) -> tuple[Any, ...]:
    result = execute(job(answers={"mul_layer": WRONG_MUL}, seed=seed))
    task = by_task(result)["mul_layer"]
    return task.report.seed, task.finding.wanted, task.finding.got


def test_the_seed_determines_the_numbers() -> None:
    assert wrong_numbers(1) == wrong_numbers(1)
    assert all(a != b for a, b in zip(wrong_numbers(1), wrong_numbers(2), strict=True))


def test_tasks_of_one_grading_have_different_seeds() -> None:
    seeds = [t.report.seed for t in execute(job()).tasks if t.report.seed is not None]
    assert len(seeds) > 3
    assert len(set(seeds)) == len(seeds)


FAILURES = {
    "an exit": "import os\nclass AddLayer:\n    def forward(self, x, y): os._exit(0)",
    "a crash": "import ctypes\nclass AddLayer:\n    def forward(self, x, y): ctypes.string_at(0)",
    "an endless loop": "class AddLayer:\n    def forward(self, x, y):\n        while True: pass",
    "an error": "class AddLayer:\n    def forward(self, x, y): return x + y + nothing",
    "no such class": "pass",
    "no code": "Here I multiply, as in the book.",
    "an exit of its cell": "import os; os._exit(1)",
}


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(how, marks=pytest.mark.slow if how == "an endless loop" else [])
        for how in FAILURES
    ],
)
def test_a_failing_task_does_not_cost_points_of_other_tasks(how: str) -> None:
    # The carts use this layer; all other tasks are independent of it.
    result = execute(job(answers={"add_layer": FAILURES[how]}, timeout=6))
    points = {task.task: task.points for task in result.tasks}
    assert points["add_layer"] == 0
    assert (points["mul_layer"], points["predict"], points["sub_layer"]) == (4, 4, 4)
    assert points["div_layer"] == 5
    assert by_task(result)["add_layer"].finding.problem


def test_a_right_answer_with_a_warning_keeps_its_points() -> None:
    warns = """
import warnings
import numpy as np

class MulLayer:
    def forward(self, x, y):
        warnings.warn("old", DeprecationWarning)
        np.log(np.zeros(1))
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        np.array([1e300]) * 1e300
        return dout * self.y, dout * self.x
"""
    assert by_task(execute(job(answers={"mul_layer": warns})))["mul_layer"].points == 4


def test_printed_text_costs_no_points_and_stays_in_its_cell() -> None:
    source = model_cells(SLUG)["mul_layer"].replace("return x * y", "print('0.0'); return x * y")
    assert "print" in source
    submitted = job(answers={"mul_layer": "print('hello')\n" + source})
    result = execute(submitted)
    assert result.points == result.max_points
    shown_by = dict(zip((c.grade_id for c in submitted.cells), result.outputs, strict=True))
    assert shown_by["mul_layer"][0]["text"] == "hello\n"
    assert all(not shown_by[c.grade_id] for c in submitted.cells if c.kind == CHECK)


AS_IN_JUPYTER = {
    "display": "import numpy as np\ndisplay(np.zeros(2))",
    "display of HTML": "from IPython.display import HTML\ndisplay(HTML('<b>2</b>'))",
    "help": "max?",
    "help with source, after code": "y = 3\ny??",
    "get_ipython": "get_ipython().run_line_magic('matplotlib', 'inline')",
    "get_ipython, imported": "from IPython import get_ipython\nget_ipython().system('ls')",
    "timeit with its result": "t = %timeit -o -n 2 -r 2 1 + 1\nassert t.best > 0",
    "time": "%time y = 6\nassert y == 6",
    "output of a command": "files = !ls\nfirst = files[0]",
    "command over lines": "!pip install \\\n  -q \\\n  pandas",
    "command with a variable": "y = 'x.csv'\n!cat {y}",
    "two exclamation marks": "!!ls",
    "pip": "%pip install pandas",
    "folder": "%cd /\n%cd -",
    "reload": "%load_ext autoreload\n%autoreload 2",
    "a window for figures": "%matplotlib tk",
    "of the front end": "%autosave 60",
    "await": "import asyncio\nawait asyncio.sleep(0)",
    "the last results": "7\n_, Out, In[0]",
    "the end": "exit()",
}


def test_what_works_in_jupyter_does_not_stop_a_cell() -> None:
    outputs = execute(
        one_cell(
            "",
            timeout=120.0,
            cells=tuple(
                Cell(RUN, f"{source}\ndone = {name!r}\nprint(done)")
                for name, source in AS_IN_JUPYTER.items()
            ),
        )
    ).outputs
    for name, shown in zip(AS_IN_JUPYTER, outputs, strict=True):
        said = "".join(output.get("text", output.get("evalue", "")) for output in shown)
        assert said.endswith(f"{name}\n"), f"{name}: {said}"


def test_whole_cells_of_magics_run_as_in_jupyter() -> None:
    sources = [
        "%%writefile helper.py\ndef twice(x):\n    return 2 * x",
        "from helper import twice\nprint(twice(4))",
        "%run helper.py\nprint(twice(5))",
        "%%time\nfound = twice(6)",
        "%%capture text\nprint('kept')",
        "%%bash\nrm -rf ~",
        "%%html\n<b>x</b>",
        "print(found, text.stdout)\n!cat helper.py",
    ]
    said = cell_outputs(sources, timeout=120.0)
    assert said[1:3] == ["8\n", "10\n"]
    assert said[7].split() == ["12", "kept", "def", "twice(x):", "return", "2", "*", "x"]
    assert "rm -rf" in said[5]
    assert "Error" not in "".join(said)


def test_outputs_of_a_cell_are_in_the_notebook_format_and_limited() -> None:
    sources = [
        "for i in range(100): display(i)",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nprint('drawn')\nplt.show()",
        "5;",
        "6",
        "%%time\nraise ValueError('seven')",
    ]
    cells = tuple(Cell(RUN, source) for source in sources)
    many, figure, hidden, value, error = execute(one_cell("", cells=cells, timeout=120.0)).outputs
    assert [output["data"]["text/plain"] for output in many][:2] == ["0", "1"]
    assert 3 < len(many) < 20
    assert many[-1]["data"]["text/plain"] == "... and more"
    assert figure[0]["text"].endswith("drawn\n")
    assert [output["output_type"] for output in figure[1:]] == ["display_data"]
    assert figure[1]["data"]["image/png"].startswith("iVBOR")
    assert hidden == []
    assert (value[0]["data"]["text/plain"], value[0]["execution_count"]) == ("6", 4)
    assert error[-1]["ename"] == "ValueError"


def test_cells_cannot_ask_for_input() -> None:
    said = cell_outputs(["input('name?')", "x = 1\ny = z\n", "print(x)"])
    assert said[0].startswith("input()")
    assert said[2] == "1\n"


def test_only_modules_of_the_student_package_can_be_imported() -> None:
    given = ("course_lib.layers.mul",)
    sources = [
        "from course_lib.layers.mul import MulLayer; print(MulLayer().forward(2, 3))",
        "from course_lib.networks import TwoLayerNet",
        "from course_lib.checks import shopping_cart as checks; checks.mul_layer(3)",
    ]
    cells = tuple(Cell(RUN, source) for source in sources)
    one, two, three = execute(one_cell("", given=given, cells=cells)).outputs
    assert one[0]["text"] == "6.0\n"
    assert two[0]["ename"] in ("ModuleNotFoundError", "ImportError")
    assert three[0]["data"]["text/plain"] == "This check runs when the work is graded."


def test_student_package_contains_only_imported_layers_and_no_answers() -> None:
    sources = [
        "from course_lib.layers import MulLayer",
        "from course_lib.answers.shopping_cart import CouponCart\nimport course_lib.misconceptions",
    ]
    given = imported(sources)
    assert given == ("course_lib.layers", "course_lib.layers.mul")
    held = {path.stem for path in (given_package(given) / "course_lib" / "layers").glob("*.py")}
    assert held == {"__init__", "base", "mul"}
    assert not list(given_package(given).rglob("answers*"))
    assert not list(given_package(("course_lib.answers.shopping_cart",)).rglob("answers*"))
    cells = (Cell(RUN, f"{sources[0]}; print(MulLayer().forward(2, 3))"),)
    (one,) = execute(one_cell("", given=given, cells=cells)).outputs
    assert one[0]["text"] == "6.0\n"


# --- processes that something else kills ----------------------------------------------------------


def kill_when_it_runs(monkeypatch: pytest.MonkeyPatch, word: str, times: int) -> list[int]:
    """Kill the student process from outside before the first cells that contain a word."""
    started: list[StudentProcess] = []
    killed: list[int] = []
    really_ready, really_run = StudentProcess.ready, RemoteSide.run

    def ready(process: StudentProcess, deadline: float) -> bool:
        started.append(process)
        return really_ready(process, deadline)

    def run(side: RemoteSide, source: str, seconds: float) -> Any:
        if word in source and len(killed) < times:
            killed.append([*family(started[-1].process.pid)][-1])
            os.kill(killed[-1], signal.SIGKILL)
        return really_run(side, source, seconds)

    monkeypatch.setattr(StudentProcess, "ready", ready)
    monkeypatch.setattr(RemoteSide, "run", run)
    return killed


def test_a_submission_whose_process_is_killed_once_from_outside_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    killed = kill_when_it_runs(monkeypatch, "class SubLayer", times=1)
    result = execute(job())
    assert len(killed) == 1
    assert result.points == result.max_points == 30
    assert result.problems == ()


def test_a_submission_whose_process_is_killed_always_needs_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kill_when_it_runs(monkeypatch, "class SubLayer", times=100)
    result = execute(job())
    assert by_task(result)["sub_layer"].points == 0
    assert by_task(result)["mul_layer"].points == 4
    assert "SIGKILL" in result.problems[0]


def test_a_process_that_ends_by_itself_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    starts = []
    really_ready = StudentProcess.ready

    def ready(process: StudentProcess, deadline: float) -> bool:
        starts.append(process)
        return really_ready(process, deadline)

    monkeypatch.setattr(StudentProcess, "ready", ready)
    execute(one_cell("import os; os._exit(3)"))
    assert len(starts) == 1
    execute(one_cell("import os; os.kill(os.getpid(), 9)"))
    assert len(starts) == 3


# --- the instructor's names -----------------------------------------------------------------------

HELPERS = """
import numpy as np
import no_such_module
%matplotlib inline
LIMIT = 1e-6

def close(a, b):
    return bool(np.all(np.abs(a - b) < LIMIT))

doubled = double(21)
"""
LEARNERS = """
def double(x):
    return 2 * x
LIMIT, close, doubled, no_such_module = 1e9, max, 42, double
"""


@pytest.mark.parametrize(
    ("check", "points"),
    [
        ("assert close(double(2.0), 4.0)", 3),
        ("assert close(double(2.0), 9.0)", 0),
        ("assert doubled == 42", 3),
        ("assert doubled == 43", 0),
        ("no_such_module(1)", 0),
        ("assert later == 1\nlater = 1", 0),
        ("own", 3),
    ],
)
def test_the_instructors_names_are_never_the_learners(check: str, points: float) -> None:
    learners = LEARNERS + "later, own = 1, 3.0"
    cells = (Cell(GIVEN, HELPERS), Cell(RUN, learners), Cell(CHECK, check, "check_it", 3))
    result = execute(one_cell("", cells=cells))
    (task,) = result.tasks
    assert task.points == points
    # The instructor's own mistake waits for a person.
    assert bool(result.problems) == ("no_such_module" in check or "later" in check)


def test_a_name_that_answers_bind_is_the_learners() -> None:
    cells = (
        Cell(GIVEN, "def answer(): return None"),
        Cell(RUN, "def answer(): return 42"),
        Cell(CHECK, "assert answer() == 42", "check_it", 3),
    )
    assert execute(one_cell("", cells=cells, answers=("answer",))).points == 3
    assert execute(one_cell("", cells=cells)).points == 0


# --- plain grade cells ----------------------------------------------------------------------------

DOUBLE = "def double(x):\n    return 2 * x"


@pytest.mark.parametrize(
    ("check", "points"),
    [
        ("assert double(2) == 4", 3),
        ("assert double(2) == 5, 'Twice two is four.'", 0),
        ("np.testing.assert_allclose(double(np.ones(2)), 2)", 3),
        ("2.0", 2),
        ("5", 3),
        ("-1", 0),
        ("float('nan')", 0),
        ("triple(1)", 0),
        ("double(1) / 0", 0),
        ("double", 3),
    ],
)
def test_plain_grade_cells(check: str, points: float) -> None:
    cells = (
        Cell(GIVEN, "import numpy as np"),
        Cell(RUN, DOUBLE),
        Cell(CHECK, check, "check_it", 3),
    )
    result = execute(one_cell("", cells=cells))
    (task,) = result.tasks
    assert not result.problems
    assert task.points == points
    assert bool(task.finding.problem) == (points == 0 and check not in ("-1", "float('nan')"))


def test_points_of_a_report_are_scaled_to_those_of_the_cell() -> None:
    half = Report("it", (Part("a", 3, 2), Part("b", 1, 0)))
    for points, earned in ((4.0, 2.0), (10.0, 5.0), (1.0, 0.5)):
        task = from_report(Cell(CHECK, "", "check_it", points), half)
        assert (task.points, task.max_points) == (earned, points)


# --- jobs and results as JSON ---------------------------------------------------------------------


def test_jobs_and_results_survive_a_json_round_trip() -> None:
    submitted = job(answers={"mul_layer": WRONG_MUL + "\nprint('\\ud83d\\ude00 \x1b')"})
    assert job_from_json(to_json(submitted)) == submitted
    result = execute(submitted)
    assert result_from_json(to_json(result)) == result


def test_student_process_does_not_know_the_students_name() -> None:
    submitted = one_cell("import os, sys; print(sys.argv, dict(os.environ))", student="eve-secret")
    assert "eve" not in str(execute(submitted).outputs)


def test_doubtful_gradients_wait_for_a_person_with_the_evidence() -> None:
    path = SUBMISSIONS / SLUG / "hostile" / "single_precision.py"
    cells = {"div_layer": read_submission_file(path)["div_layer"]}
    result = execute(job(answers=cells))
    (said,) = result.problems
    assert said.startswith("div_layer: right gradients, but dx has a relative error of about")
    assert [(t.task, t.points) for t in result.tasks if t.points < t.max_points] == [
        ("div_layer", 1)
    ]


def printed(job: Job) -> str:
    """Return what the last cell prints."""
    (shown,) = execute(job).outputs[-1]
    return str(shown["text"])


def own_cells(*cells: Cell) -> Job:
    return Job("ada", SLUG, cells=cells, seed=1)


@pytest.mark.parametrize("first", ["n = 1", "exec('n = 1')", "from helper import *"])
def test_a_blank_answer_does_not_replace_what_the_student_defined(first: str) -> None:
    blank = Cell(RUN, "n = 2", "answer", defines=("n",))
    files = {"helper.py": b64encode(b"n = 1\n").decode()}
    made = own_cells(Cell(RUN, first), blank, Cell(RUN, "print(n)"))
    assert printed(dataclasses.replace(made, files=files)) == "1\n"
    assert printed(own_cells(Cell(RUN, "m = 1"), blank, Cell(RUN, "print(n)"))) == "2\n"


@pytest.mark.parametrize("sandbox", [True, False])
def test_files_beside_the_notebook_can_be_read_and_imported(sandbox: bool) -> None:
    content = {"lib/helper.py": b"n = 3\n", "table.csv": b"1,2\n" * 100_000}
    files = {name: b64encode(data).decode() for name, data in content.items()}
    cell = Cell(RUN, "from lib.helper import n\nprint(n, len(open('table.csv').read()))")
    made = dataclasses.replace(own_cells(cell), files=files, sandbox=sandbox)
    assert printed(made) == "3 400000\n"
    assert job_from_json(to_json(made)) == made
