"""`course grade`: which submissions are graded, worker processes, and printed messages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import class_cases
import nbformat
import pytest
from class_cases import (
    MAX_POINTS,
    SLUG,
    InProcessExecutor,
    answers,
    auto_scores,
    by_length,
    copied,
    hand_in,
    released_course,
    rows,
    same_version,
    small_page,
    state,
    submission_text,
)
from click.testing import CliRunner
from conftest import ROOT, TWO

from course_lib.grading import jobs as grading_jobs
from course_lib.grading import release as releasing
from course_lib.grading.cli import main
from course_lib.grading.course import Course, CourseError
from course_lib.grading.executors import LocalPool, never_executed
from course_lib.grading.gradebook.nbgrader import open_gradebook
from course_lib.grading.jobs import CHECK, Cell, Job, Result
from course_lib.grading.outcome import Options, Outcome, is_complete, summary, table
from course_lib.grading.run import grade

PENALTY = '\nc.LateSubmissionPlugin.penalty_method = "zero"\n'
CASES = Path(class_cases.__file__)
PLACES = (CASES.parent, ROOT / "tests", ROOT)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return a course with three submissions, one of them unreadable."""
    course = released_course(tmp_path_factory.mktemp("run") / "my course")
    whole = answers(course)
    hand_in(course, "ada", whole)
    hand_in(course, "bob", dict(list(whole.items())[:3]))
    hand_in(course, "cy", b"{")
    return course


@pytest.fixture
def course(released: Course, tmp_path: Path) -> Course:
    return copied(released, tmp_path / "my course")


@pytest.fixture(autouse=True)
def _same_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading_jobs, "library_version", same_version)


def run(
    course: Course, executor: InProcessExecutor | None = None, **options: Any
) -> tuple[Outcome, list[str]]:
    """Grade, and return the outcome and the students whose submissions were executed."""
    executor = executor or InProcessExecutor(by_length)
    options.setdefault("seed", 1)
    outcome = grade(course, [SLUG], executor, Options(**options), page=small_page)
    return outcome, executor.executed


def students_with(outcome: Outcome, status: str) -> list[str]:
    return sorted(row.student for row in outcome.rows if row.status == status)


# --- which submissions are graded -----------------------------------------------------------------


def test_every_submission_folder_gets_a_row(course: Course) -> None:
    outcome, executed = run(course)
    assert executed == ["ada", "bob"]
    assert students_with(outcome, "needs a person") == [
        "ada",
        "cy",
    ]  # a person must read ada's text
    assert students_with(outcome, "graded") == ["bob"]
    assert {row[0] for row in rows(course)} == {"ada", "bob", "cy"}
    assert set(auto_scores(course, "cy").values()) == {0}
    (cy,) = [row for row in outcome.rows if row.student == "cy"]
    assert "invalid JSON" in cy.problems[0]
    page = course.root / "feedback" / "cy" / SLUG / f"{SLUG}.html"
    assert "invalid JSON" in page.read_text()


def test_graded_submissions_are_not_graded_again(course: Course) -> None:
    first, _ = run(course)
    before = state(course)
    again, executed = run(course, seed=2)
    assert executed == []
    assert state(course) == before
    assert summary(again.rows).startswith("3 submissions: 0 graded now, 3 graded before")
    marks = [{r.student: (r.scores, r.why, r.problems) for r in o.rows} for o in (first, again)]
    assert marks[0] == marks[1]
    _, executed = run(course, force=True, seed=2)
    assert executed == ["ada", "bob"]
    assert state(course)["grades"] == before["grades"]


def test_only_changed_submissions_are_graded_again(course: Course) -> None:
    run(course)
    hand_in(course, "bob", {"mul_layer": "x = 1234567"})
    hand_in(course, "cy", answers(course))
    _, executed = run(course)
    assert executed == ["bob", "cy"]
    assert auto_scores(course, "bob")["check_mul_layer"] == pytest.approx(
        MAX_POINTS["mul_layer"] / 10
    )
    hand_in(course, "di", {})
    assert run(course)[1] == ["di"]
    path = course.record(SLUG)
    path.write_text(path.read_text() + "\n")
    assert run(course)[1] == ["ada", "bob", "cy", "di"]
    assert run(course, students=["ada"], force=True)[1] == ["ada"]


def test_a_solved_notebook_in_exercises_earns_nothing_for_a_blank_submission(
    course: Course,
) -> None:
    blank = course.released(SLUG).read_bytes()
    hand_in(course, "kim", blank)
    course.released(SLUG).write_text(submission_text(course, answers(course)))
    given = {c.id: c.source for c in nbformat.reads(blank.decode(), 4).cells}
    jobs = []

    def keep(job: Job) -> Result:
        jobs.append(job)
        return by_length(job)

    run(course, InProcessExecutor(keep), students=["kim"])
    sources = {cell.grade_id: cell.source for cell in jobs[0].cells if cell.grade_id}
    assert sources["div_layer"] == given["div_layer"]
    assert releasing.solved_in_place(course, SLUG)


def test_start_copies_the_released_notebook_once(course: Course) -> None:
    blank = course.released(SLUG).read_bytes()
    path, is_new = releasing.start(course, SLUG)
    assert (path, is_new) == (course.root / "work" / SLUG / f"{SLUG}.ipynb", True)
    assert path.read_bytes() == blank
    path.write_text("mine")
    assert releasing.start(course, SLUG) == (path, False)
    assert path.read_text() == "mine"
    assert course.released(SLUG).read_bytes() == blank
    assert not releasing.solved_in_place(course, SLUG)


def test_a_restored_older_gradebook_is_brought_up_to_date(course: Course) -> None:
    course.config.write_text(course.config.read_text() + PENALTY)
    hand_in(course, "ada", answers(course), when="2025-03-02 12:00:00 UTC")
    with open_gradebook(course) as book:
        book.update_or_create_assignment(SLUG, duedate="2025-03-01 12:00:00")
    run(course)
    assert {row[10] for row in rows(course) if row[0] == "ada"} == {14.0}
    older = course.gradebook.read_bytes()
    later = "2025-03-05 12:00:00"
    with open_gradebook(course) as book:
        book.update_or_create_assignment(SLUG, duedate=later)
    run(course)
    assert {row[10] for row in rows(course) if row[0] == "ada"} == {None}
    now = rows(course)
    course.gradebook.write_bytes(older)
    with open_gradebook(course) as book:
        book.update_or_create_assignment(SLUG, duedate=later)
    assert run(course)[1] == []
    assert rows(course) == now

    # the points of an older gradebook are brought up to date, too
    older = course.gradebook.read_bytes()
    hand_in(course, "bob", answers(course))
    run(course)
    now = rows(course)
    course.gradebook.write_bytes(older)
    assert run(course)[1] == []
    assert rows(course) == now


@pytest.mark.parametrize("lost", ["autograded", "feedback", "row", "recorded.jsonl", "due"])
def test_lost_files_and_rows_are_written_again_without_execution(course: Course, lost: str) -> None:
    run(course)
    before = state(course)
    if lost == "row":
        with open_gradebook(course) as book:
            book.remove_student("ada")
    elif lost == "recorded.jsonl":
        (course.build / "grading" / SLUG / lost).write_text('["ada", "12')
    elif lost == "due":
        hand_in(course, "ada", answers(course), when="2025-03-01 12:00:00 UTC")
        run(course)
        before = state(course)
        path = course.config
        path.write_text(path.read_text().replace("\n", '\nc.X.y = "a new version"\n', 1))
        run(course)
        with open_gradebook(course) as book:
            book.update_or_create_assignment(SLUG, duedate="2025-02-28 12:00:00")
    else:
        ending = "ipynb" if lost == "autograded" else "html"
        (course.root / lost / "ada" / SLUG / f"{SLUG}.{ending}").unlink()
    outcome, executed = run(course)
    assert executed == []
    assert "ada" in [row.student for row in outcome.rows if row.fresh]
    if lost != "due":
        assert state(course) == before


def test_submissions_with_damaged_results_are_graded_again(course: Course) -> None:
    run(course)
    before = state(course)
    for name, text in (("ada", "{"), ("bob", '{"form": 99}\n{}\n')):
        (course.build / "grading" / SLUG / f"{name}.json").write_text(text)
    assert run(course)[1] == ["ada", "bob"]
    assert state(course) == before


def test_results_without_a_sandbox_are_not_reused_with_a_sandbox(course: Course) -> None:
    def unprotected(job: Job) -> Result:
        result = by_length(job)
        return Result(job.student, job.slug, result.tasks, isolation="none")

    run(course, InProcessExecutor(unprotected), sandbox=False)
    assert run(course, InProcessExecutor(unprotected), sandbox=False)[1] == []
    assert run(course)[1] == ["ada", "bob"]


def test_seeds_differ_between_gradings_and_are_recorded(course: Course) -> None:
    seeds = []
    for _ in range(2):
        outcome, _executed = run(course, seed=None, force=True)
        seeds.append({row.result.seed for row in outcome.rows})
    assert seeds[0].isdisjoint(seeds[1])


def test_two_assignments_in_one_run(course: Course) -> None:
    folder = course.root / "submitted" / "ada" / TWO[1]
    folder.mkdir()
    (folder / f"{TWO[1]}.ipynb").write_bytes(course.released(TWO[1]).read_bytes())
    outcome = grade(
        course, list(TWO), InProcessExecutor(by_length), Options(seed=1), page=small_page
    )
    assert sorted((row.slug, row.student) for row in outcome.rows) == [
        *((SLUG, name) for name in ("ada", "bob", "cy")),
        (TWO[1], "ada"),
    ]
    assert {row[0:2] for row in rows(course)} == {(row.student, row.slug) for row in outcome.rows}


def test_invalid_student_names_are_reported_and_others_are_graded(course: Course) -> None:
    hand_in(course, "with space", answers(course))
    hand_in(course, "Zoë-∂", answers(course))
    hand_in(course, "evil\x1b[31m\nname", answers(course))
    hand_in(course, "x" * 140, answers(course))
    outcome, executed = run(course)
    assert executed == ["Zoë-∂", "ada", "bob", "with space"]
    assert len(students_with(outcome, "no result")) == 2
    assert not is_complete(outcome.rows)
    shown = table(outcome.rows)
    assert "\x1b" not in shown
    assert "rename the folder" in shown
    assert {row[0] for row in rows(course)} == {"ada", "bob", "cy", "with space", "Zoë-∂"}


def test_a_second_run_at_the_same_time_is_refused(course: Course) -> None:
    def another(job: Job) -> Result:
        with pytest.raises(CourseError, match="Another `course grade` is running"):
            run(course)
        return by_length(job)

    assert len(run(course, InProcessExecutor(another))[0].rows) == 3


# --- processes ------------------------------------------------------------------------------------


def pool_run(
    jobs: Sequence[Job], execute: Any, workers: int = 2, slack: float = 60
) -> list[Result]:
    return list(LocalPool(workers, execute, slack).run(jobs))


def job(student: str, timeout: float = 30.0, version: str = "") -> Job:
    cells = (Cell("run", "x = 1"), Cell(CHECK, "checks.x(x)", "check_x", 2.0))
    return Job(student, SLUG, cells, 1, timeout=timeout, version=version)


NAMES = ["ada", "bob", "cy", "di", "ed"]


def test_pool_gives_the_same_results_as_one_process() -> None:
    results = pool_run([job(name) for name in NAMES], by_length)
    alone = list(InProcessExecutor(by_length).run([job(name) for name in NAMES]))
    assert sorted(results, key=lambda r: r.student) == alone


def test_pool_reads_at_most_two_jobs_ahead_of_each_worker() -> None:
    asked, done = 0, 0

    def jobs() -> Any:
        nonlocal asked
        for number in range(30):
            asked += 1
            yield job(f"s{number}")

    pool = LocalPool(2, by_length)
    for _result in pool.run(jobs()):
        done += 1
        # Two jobs in work, and one finished job for each worker.
        assert asked - done <= 4
    assert done == 30
    assert pool.workers == []


@pytest.mark.parametrize("name", ["killed_once", "killed_always", "never_ends"])
def test_killed_and_hanging_workers_cost_only_their_own_job(name: str, tmp_path: Path) -> None:
    # Only the job that never ends has a short limit: others may wait on a busy machine.
    limits = dict.fromkeys(NAMES, 60.0) | ({"ada": 0.1} if name == "never_ends" else {})
    jobs = [job(student, timeout=limits[student], version=str(tmp_path)) for student in NAMES]
    results = {r.student: r for r in pool_run(jobs, getattr(class_cases, name), slack=1)}
    assert sorted(results) == NAMES
    lost = [student for student, result in results.items() if never_executed(result)]
    assert lost == ([] if name == "killed_once" else ["ada"])
    if lost:
        (task,) = results["ada"].tasks
        assert (task.points, task.max_points) == (0, 2)
        why = "in time" if name == "never_ends" else "twice"
        assert why in task.finding.problem
        assert results["ada"].problems == (task.finding.problem,)


@pytest.mark.parametrize(
    ("check", "why"),
    [
        pytest.param("while True: pass", "processor time", marks=pytest.mark.slow),
        pytest.param("sum(range(10**12))", "processor time", marks=pytest.mark.slow),
        ("len(bytearray(3 * 2**30))", "memory"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    ],
)
def test_checks_that_exceed_their_limits_are_the_final_result(check: str, why: str) -> None:
    cells = (Cell(CHECK, check, "check_it", 2), Cell(CHECK, "2", "check_more", 2))
    one = Job("ada", SLUG, cells, seed=1, timeout=2.0)
    pool = LocalPool(1)
    result, after = pool.run([one, replace(one, student="bob", cells=cells[1:], timeout=120.0)])
    assert not never_executed(result)
    assert why in result.problems[0]
    assert result.tasks[0].points == 0
    assert why in result.tasks[0].finding.problem
    # The next submission is not affected.
    assert (after.points, after.problems) == (2, ())


def test_a_pool_keeps_its_worker_between_runs_if_asked_to() -> None:
    pool = LocalPool(1, by_length, keep=True)
    for _time in range(2):
        assert [r.student for r in pool.run([job("ada")])] == ["ada"]
        workers = [worker.process.pid for worker in pool.workers]
        assert len(workers) == 1
    assert workers == [worker.process.pid for worker in pool.workers]
    pool.close()
    assert pool.workers == []


def test_a_failed_worker_changes_no_grade_and_its_job_runs_again(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = LocalPool(2, class_cases.killed_always)
    outcome = grade(course, [SLUG], pool, Options(seed=1), page=small_page)
    assert students_with(outcome, "no result") == ["ada"]
    assert set(auto_scores(course, "ada").values()) == {0, None}
    assert run(course)[1] == ["ada"]
    before = state(course)
    pool = LocalPool(2, class_cases.killed_always)
    outcome = grade(course, [SLUG], pool, Options(seed=1, force=True), page=small_page)
    assert students_with(outcome, "no result") == ["ada"]
    assert state(course)["grades"] == before["grades"]


# --- the command ----------------------------------------------------------------------------------


def start(course: Course, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(CASES), *words],
        cwd=course.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join([str(CASES.parent), str(ROOT / "tests"), str(ROOT)])},
        start_new_session=True,
        # A background job ignores SIGINT, and its children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(number) for number in text.split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def hand_in_slow_submissions(course: Course) -> None:
    for number in range(40):
        # Slow enough that the run is stopped before the last one.
        wait = f"import time\ntime.sleep(0.2)\nx = {10**number}"
        hand_in(course, f"s{number:02}", {"mul_layer": wait})


def wait_for_results(course: Course, process: subprocess.Popen[str], some: int) -> None:
    until = time.monotonic() + 600
    while len(list((course.build / "grading" / SLUG).glob("*.json"))) < some:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill -9"])
def test_a_stopped_run_continues_where_it_stopped(
    course: Course, tmp_path: Path, number: signal.Signals
) -> None:
    hand_in_slow_submissions(course)
    uninterrupted = copied(course, tmp_path / "undisturbed")
    grade(uninterrupted, [SLUG], InProcessExecutor(by_length), Options(seed=1))
    process = start(course, "grade", SLUG, "--seed", "1")
    wait_for_results(course, process, 5)
    workers = children(process.pid)
    assert workers
    process.send_signal(number)
    out, err = process.communicate(timeout=1200)
    assert process.returncode == (130 if number == signal.SIGINT else -9)
    if number == signal.SIGINT:
        assert "Run the same command again" in err
        assert "Traceback" not in err
        assert "submissions:" in out
    until = time.monotonic() + 600
    while any(map(is_alive, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(is_alive, workers))
    executor = InProcessExecutor(by_length)
    grade(course, [SLUG], executor, Options(seed=1))
    assert 0 < len(executor.executed) < 42
    assert state(course) == state(uninterrupted)


def test_json_option_prints_only_json(course: Course) -> None:
    process = start(course, "grade", SLUG, "--json")
    out, err = process.communicate(timeout=1200)
    assert (process.returncode, err) == (0, "")
    found = {row["student"]: row for row in json.loads(out)["submissions"]}
    assert found["cy"]["status"] == "needs a person"
    assert found["ada"]["max_score"] == 33
    assert found["ada"]["score"] == pytest.approx(
        sum(points or 0 for points in auto_scores(course, "ada").values())
    )


def test_table_shows_reasons_and_submissions_that_need_a_person(course: Course) -> None:
    process = start(course, "grade")
    out, _ = process.communicate(timeout=1200)
    assert process.returncode == 0
    lines = {line.split()[0]: line for line in out.splitlines() if line.startswith("  ")}
    assert "3 points to grade by hand" in lines["ada"]
    assert "is not right yet" in lines["ada"]
    assert "0 of 33" in lines["cy"]
    assert "Needs a person." in lines["cy"]
    assert "3 submissions: 3 graded now, 2 to check by hand" in out


def error_message(course: Course, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.chdir(course.root)
    monkeypatch.setattr("course_lib.grading.cli._executor", lambda _: InProcessExecutor(by_length))
    result = CliRunner().invoke(main, ["grade", *words])
    assert result.exit_code in (1, 2), result.output
    assert "Traceback" not in result.output
    return result.output


def test_wrong_arguments_give_a_short_error_message(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Did you mean 01_shopping_cart?" in error_message(course, monkeypatch, "01_shoping_cart")
    said = error_message(course, monkeypatch, SLUG, "--student", "abda")
    assert "Did you mean ada?" in said
    assert "no submissions" in error_message(course, monkeypatch, TWO[1])
    assert "--from needs one ASSIGNMENT" in error_message(course, monkeypatch, "--from", "x.zip")
    assert "--names and --dry-run belong to --from" in error_message(
        course, monkeypatch, "--names", "x.csv"
    )
    said = error_message(course, monkeypatch, SLUG, "--from", "nowhere.zip")
    assert "nowhere.zip does not exist" in said
    (course.sources / SLUG / f"{SLUG}.ipynb").unlink()
    assert f"run `course release {SLUG}`" in error_message(course, monkeypatch, SLUG)


def test_help_imports_no_heavy_package() -> None:
    code = (
        "import sys\n"
        "from course_lib.grading.cli import main\n"
        "main(['grade', '--help'], standalone_mode=False)\n"
        "heavy = {'numpy', 'nbgrader', 'nbformat', 'sqlalchemy'} & set(sys.modules)\n"
        "sys.exit(f'imports {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    for word in ("--no-sandbox", "--from", "--seed", "--json", "exit code", "Moodle", "130"):
        assert word in done.stdout


# --- a sandbox that does not start ----------------------------------------------------------------


def test_without_a_sandbox_no_submission_gets_a_row(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> str:
        raise CourseError("User namespaces may be switched off.")

    monkeypatch.setattr("course_lib.grading.executors.check_ready", refuse)
    with pytest.raises(CourseError, match="switched off"):
        grade(course, [SLUG], LocalPool(2, class_cases.unprotected), page=small_page)
    assert {"ada", "bob"}.isdisjoint(row[0] for row in rows(course))
    assert run(course)[1] == ["ada", "bob"]


def test_a_submission_whose_sandbox_failed_needs_a_person(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("course_lib.grading.executors.check_ready", lambda: "bubblewrap 1.0")
    outcome = grade(course, [SLUG], LocalPool(2, class_cases.unprotected), page=small_page)
    (ada,) = [row for row in outcome.rows if row.student == "ada"]
    assert ada.problems == ("the sandbox did not start; something is missing",)
    assert ada.status == "needs a person"
    assert set(auto_scores(course, "ada").values()) == {0, None}
