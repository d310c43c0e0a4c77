"""Grade every attack between two honest submissions: it earns nothing and changes nothing."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from class_cases import answers, hand_in, released_course
from job_cases import SLUG, SUBMISSIONS, honest_points, job

from course_lib.checks.tasks import all_tasks
from course_lib.grading import execute as engine
from course_lib.grading.authoring.trial import read_submission_file
from course_lib.grading.execute import execute
from course_lib.grading.jobs import Result, to_json

ATTACKS = sorted(SUBMISSIONS.glob("*/hostile/engine/*.py"))
IDS = [f"{path.parts[-4]}-{path.stem}" for path in ATTACKS]
# Time limit of an attack; it ends attacks that do not end by themselves.
SECONDS = 2.0
# An attack that takes longer has escaped all limits.
FAR_TOO_LATE = 600.0

pytestmark = pytest.mark.filterwarnings("error")
Outcome = tuple[Result, Result, Result]


def graded_between_honest_submissions(paths: list[Path]) -> list[Outcome]:
    """Grade attacks in turn, each between two honest submissions."""
    outcomes = []
    before = execute(job())
    for path in paths:
        slug = path.parts[-4]
        attack = execute(job(slug, read_submission_file(path), student="eve", timeout=SECONDS))
        after = execute(job())
        outcomes.append((before, attack, after))
        before = after
    return outcomes


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest) -> Iterator[Callable[[Path], Outcome]]:
    """Grade the attacks that the selected tests ask for."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    asked = {call.params.get("path") for call in calls if call}
    attacks = [path for path in ATTACKS if path in asked]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        groups = [attacks[i::8] for i in range(8)]
        futures = [pool.submit(graded_between_honest_submissions, group) for group in groups]
        where = {path: (i, n) for i, group in enumerate(groups) for n, path in enumerate(group)}

        def outcome(path: Path) -> Outcome:
            i, n = where[path]
            return futures[i].result(timeout=FAR_TOO_LATE)[n]

        yield outcome


def without_seconds(result: Result) -> Result:
    return dataclasses.replace(result, seconds=0.0)


@pytest.mark.sample(every=8)
@pytest.mark.parametrize("path", ATTACKS, ids=IDS)
def test_an_attack_earns_no_more_than_its_honest_points(
    outcomes: Callable[[Path], Outcome], path: Path
) -> None:
    _before, attack, _after = outcomes(path)
    honest = honest_points(path)
    answered = set(read_submission_file(path))
    for task in attack.tasks:
        most = honest.get(task.task, 0.0) if task.task in answered else task.max_points
        assert 0 <= task.points <= most, task
        if task.points < task.max_points:
            assert task.finding.problem
    assert {task.task for task in attack.tasks} >= answered
    # Text for the gradebook, the pages and the terminal holds no control characters.
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", all_text(attack))
    assert len(to_json(attack)) < 2_000_000


def all_text(result: Result) -> str:
    tasks = (
        [
            *(getattr(task.finding, name) for name in ("problem", "wanted", "got", "hint")),
            *(part.reason for part in task.report.parts),
        ]
        for task in result.tasks
    )
    shown = re.findall(r"'(?:text|text/plain|ename|evalue)': '(.*?)'", str(result.outputs))
    return "".join([*(word for task in tasks for word in task), *result.problems, *shown])


@pytest.mark.sample(every=8)
@pytest.mark.parametrize("path", ATTACKS, ids=IDS)
def test_an_attack_does_not_change_neighbouring_results(
    outcomes: Callable[[Path], Outcome], path: Path
) -> None:
    before, _attack, after = outcomes(path)
    assert before.points == before.max_points == 30
    assert not before.problems
    assert without_seconds(before) == without_seconds(after)


def test_there_are_a_hundred_attacks_with_unique_docstrings() -> None:
    everywhere = [*ATTACKS, *SUBMISSIONS.glob("*/hostile/*.py")]
    assert len(everywhere) >= 100
    said = [path.read_text(encoding="utf-8").split("\n", 1)[0] for path in ATTACKS]
    assert all(re.fullmatch(r'"""[A-Z].*\."""', line) for line in said)
    assert len(set(said)) == len(ATTACKS)


def test_engine_attacks_are_not_collected_by_other_tests() -> None:
    # They would end or corrupt the test process.
    assert not [path for path in SUBMISSIONS.glob("*/hostile/*.py") if path in ATTACKS]


def test_attacked_tasks_exist() -> None:
    tasks = {(task.slug, task.name) for task in all_tasks()}
    for path in ATTACKS:
        assert {(path.parts[-4], name) for name in read_submission_file(path)} <= tasks
        assert set(honest_points(path)) <= set(read_submission_file(path))


# --- weaker isolation lets attacks through --------------------------------------------------------

# Reads the source of the reference, which only the sandbox prevents.
READS_REFERENCE = """
import re
from pathlib import Path

Layer = object
text = Path(PLACE, "mul.py").read_text()
layer = re.search("class MulLayer.*return dx, dy", text, re.S)[0]
exec("from __future__ import annotations\\n" + layer)
"""
LEAVES_A_FILE = "open(PLACE + '/note', 'w').write('for the next one')"
PATCHES_CHECKS = """
import numpy as np
from course_lib.checks import tasks
tasks.alike = lambda a, b: True

class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
"""


def points(result: Result) -> float:
    return next(task.points for task in result.tasks if task.task == "mul_layer")


def attack(source: str, place: Path, *, sandbox: bool) -> Result:
    cell = f"PLACE = {str(place)!r}\n{source}"
    return execute(job(answers={"mul_layer": cell}, sandbox=sandbox))


def test_only_the_sandbox_prevents_reading_the_reference() -> None:
    layers = Path(engine.__file__).parents[1] / "layers"
    assert points(attack(READS_REFERENCE, layers, sandbox=False)) == 4
    assert points(attack(READS_REFERENCE, layers, sandbox=True)) == 0


def test_only_the_sandbox_prevents_leaving_a_file() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.chmod(place, 0o777)
        attack(LEAVES_A_FILE, place, sandbox=True)
        assert not list(place.iterdir())
        attack(LEAVES_A_FILE, place, sandbox=False)
        assert [path.name for path in place.iterdir()] == ["note"]


def in_one_process(slug: str, answers: dict[str, str], queue: multiprocessing.Queue[float]) -> None:
    """Run cells and checks as a notebook does, and queue the points of the first task."""
    names: dict[str, object] = {"__name__": "__main__"}
    for cell in job(slug, answers).cells[:20]:
        if cell.kind == "check":
            queue.put(float(eval(cell.source, names)))  # type: ignore[arg-type]
            return
        if cell.kind != "text":
            exec(cell.source, names)


def test_patched_checks_earn_points_only_in_a_shared_process() -> None:
    spawn = multiprocessing.get_context("spawn")
    queue = spawn.Queue()
    process = spawn.Process(
        target=in_one_process, args=(SLUG, {"mul_layer": PATCHES_CHECKS}, queue)
    )
    process.start()
    assert queue.get(timeout=1200) == 4
    process.join()
    assert points(attack(PATCHES_CHECKS, Path("/"), sandbox=True)) == 0


# --- the whole command ----------------------------------------------------------------------------

CLASS_ATTACKS = (
    "aborts",
    "forges_reports_ahead",
    "listens_no_more",
    "makes_files_without_end",
    "names_that_act",
    "prints_sixty_megabytes",
    "reads_the_course",
    "sends_millions_of_lists",
)


def test_course_grade_handles_a_class_with_attacks(tmp_path: Path) -> None:
    course = released_course(tmp_path / "course")
    whole = answers(course)
    for name in CLASS_ATTACKS:
        path = SUBMISSIONS / SLUG / "hostile" / "engine" / f"{name}.py"
        hand_in(course, f"eve-{name}", whole | read_submission_file(path))
        # Sorted by name, an honest submission follows each attack.
        hand_in(course, f"eve-{name}-later", whole)
    hand_in(course, "ada", whole)
    command = ("grade", SLUG, "--json", "--timeout", "3", "--jobs", "2")
    done = subprocess.run(
        [sys.executable, "-m", "course_lib.grading", *command],
        cwd=course.root,
        capture_output=True,
        text=True,
        timeout=FAR_TOO_LATE,
    )
    assert done.returncode == 0, done.stderr
    graded = {row["student"]: row for row in json.loads(done.stdout)["submissions"]}
    assert len(graded) == 2 * len(CLASS_ATTACKS) + 1
    for student, row in graded.items():
        if student == "ada" or student.endswith("-later"):
            assert row["score"] == row["max_score"] - row["to_read"], student
        else:
            assert row["tasks"][0]["points"] == 0, student
            assert row["why"] or row["problems"], student
    pages = [path.read_text(encoding="utf-8") for path in course.root.glob("feedback/*/*/*.html")]
    assert len(pages) == len(graded)
    assert not [page for page in pages if "<script>alert" in page or "\x1b" in page]
