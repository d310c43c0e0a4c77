"""The subcommands of ``course``. Each imports its dependencies only when it runs."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from course_lib.grading.course import Course, CourseError, find_course


@click.command("grade")
@click.argument("assignment", nargs=-1)
@click.option("--student", "students", multiple=True, help="Only this student; may be repeated.")
@click.option("--force", is_flag=True, help="Grade unchanged submissions again, too.")
@click.option(
    "--jobs", type=click.IntRange(1), help="Number of processes; by default one per processor."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1),
    default=30.0,
    show_default=True,
    help="Seconds for one cell.",
)
@click.option(
    "--seed", type=click.IntRange(0), help="Use the random numbers of an earlier grading."
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON, nothing else.")
@click.option(
    "--from",
    "export",
    type=click.Path(path_type=Path),
    metavar="FOLDER_OR_ZIP",
    help="First import an export of Moodle, Canvas, another system or a mail folder; see below.",
)
@click.option(
    "--names",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="With --from: a table of names and ids, or a class list.",
)
@click.option(
    "--dry-run", is_flag=True, help="With --from: show the student of each file, and write nothing."
)
@click.option("--scheduler", metavar="ADDRESS", help="Use a Dask cluster: tcp://host:8786.")
@click.option(
    "--no-sandbox",
    is_flag=True,
    help="Run students' code without isolation, as this user. Only for code that you trust.",
)
def grade_command(assignment: tuple[str, ...], export: Path | None, **options: Any) -> None:
    """Grade the submissions, each in its own sandbox.

    Reads submitted/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb. Points go to nbgrader's gradebook.db,
    notebooks to autograded/, students' pages to feedback/; formgrader and nbgrader export read
    them there. Points and comments given by hand are kept.

    Unchanged submissions are not graded again. You may stop a run at any time: the same command
    resumes it.

    Every submission gets a row. An unreadable one gets no points, and its row says what to check
    by hand. The exit code is 0 if every submission has its result in the gradebook; 1 if one has
    none, or if a file of an export was refused; 130 if stopped.

    \b
    --from imports one export for one ASSIGNMENT: a folder or a .zip of
      Moodle (with or without folders, with groups), Canvas, Blackboard,
      Brightspace, Gradescope, ILIAS, Sakai, or with
      ada.ipynb   or   ada/any.ipynb                       (one file or folder each)
    Folders around the whole class are skipped. If names are ambiguous, the
    student of each file is shown first; --dry-run always shows it, and writes
    nothing.
    The student's id is the login in the export, or the name. Hyphens replace all
    characters except letters, digits and . _ @ + (Ada-Lovelace, lovelaceada).
    With --names, a student gets the id in the table's line with that name. The
    column "name" may also hold the number of Moodle or Canvas, or the file name.
    All files of a student are imported. Each student gets a row, also without a
    notebook. Of several attempts, the latest with a notebook counts; the others
    go to submitted/.replaced/.
    No submission is overwritten: an identical one is skipped, a different one is
    refused. With --force it replaces the old one, which moves to
    submitted/.replaced/. The time of submission goes to timestamp.txt. It comes
    from the names or lists of the export, or from the dates of its files, unless
    all of them lie within ten minutes. Check it before you set late penalties.
    """  # noqa: D301
    course = find_course()
    slugs = course.choose(assignment)
    refused: list[str] = []
    if export is not None:
        if len(assignment) != 1:
            raise click.UsageError("--from needs one ASSIGNMENT: name the one of this export.")
        refused = _import_submissions(course, slugs[0], export, options)
        if options["dry_run"]:
            sys.exit(bool(refused))
    elif options["names"] is not None or options["dry_run"]:
        raise click.UsageError("--names and --dry-run belong to --from.")
    _grade(course, slugs, bool(assignment), refused, options)


def _import_submissions(
    course: Course, slug: str, export: Path, options: dict[str, Any]
) -> list[str]:
    from course_lib.grading.lms.imports import import_submissions

    taken = import_submissions(
        course,
        slug,
        export,
        names=options["names"],
        overwrite=options["force"],
        dry_run=options["dry_run"],
        say=lambda line: click.echo(line, err=True),
    )
    click.echo("Dry run: nothing is written." if options["dry_run"] else str(taken), err=True)
    for line in taken.remarks:
        click.echo(line, err=True)
    for line in taken.refused:
        click.echo(f"REFUSED: {line}", err=True)
    return taken.refused


def _grade(
    course: Course, slugs: list[str], named: bool, refused: list[str], options: dict[str, Any]
) -> None:
    executor = _executor(options)
    try:
        from course_lib.grading.outcome import NO_RESULT, Options, as_json, is_complete, table
        from course_lib.grading.release import solved_in_place
        from course_lib.grading.run import check_students, grade, submitted_assignments

        if not named:
            slugs = submitted_assignments(course, slugs) or slugs
        check_students(course, slugs, options["students"])
        for slug in slugs:
            if solved_in_place(course, slug):
                click.echo(
                    f"exercises/{slug}/{slug}.ipynb is not as it was released; grading uses the "
                    f"released one. `course release {slug}` restores it.",
                    err=True,
                )
        outcome = grade(
            course,
            slugs,
            executor,
            Options(
                students=options["students"],
                force=options["force"],
                sandbox=not options["no_sandbox"],
                timeout=options["timeout"],
                seed=options["seed"],
            ),
            say=lambda text: click.echo(text, err=True),
        )
    finally:
        executor.close()
    rows = outcome.rows
    click.echo(as_json(rows, refused) if options["as_json"] else table(rows))
    _show_class(course, slugs, quiet=options["as_json"])
    if outcome.interrupted:
        raise _Stopped(
            f"Stopped. {len(rows)} of {len(rows) + outcome.left} submissions are graded and "
            "stored. Run the same command again to grade the rest."
        )
    if not is_complete(rows) or refused:
        missing = sum(row.status == NO_RESULT for row in rows)
        said = [f"{missing} without a result: run the same command again."] if missing else []
        said += [f"{len(refused)} files of the export were refused."] if refused else []
        click.echo(" ".join(said), err=True)
        sys.exit(1)


def _show_class(course: Course, slugs: list[str], *, quiet: bool) -> None:
    """Write the class overview; a failure does not affect the grades."""
    from course_lib.grading.feedback.class_page import write_overview

    try:
        for slug in slugs:
            page = write_overview(course, slug)
            if not quiet:
                click.echo(f"Class overview: {page.as_uri()}")
    except (CourseError, OSError) as error:
        click.echo(f"The class overview could not be written: {error}", err=True)


def _executor(options: dict[str, Any]) -> Any:
    if options["scheduler"]:
        from course_lib.grading.executors import Cluster

        return Cluster(options["scheduler"], sandbox=not options["no_sandbox"])
    from course_lib.grading.executors import LocalPool

    pool = LocalPool(options["jobs"])
    if not options["no_sandbox"]:
        from course_lib.grading.sandbox.process import isolation

        # Fails early if bubblewrap is missing; the first submission shows whether it works.
        isolation()
    # The workers import their modules while this process imports nbgrader.
    pool.start()
    return pool


class _Stopped(click.ClickException):
    exit_code = 130

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True, file=file)


@click.command("overview")
@click.argument("assignment", nargs=-1)
def overview_command(assignment: tuple[str, ...]) -> None:
    """Write the class overview, and print its address.

    It shows the points by task, the frequency of each misconception and the submissions to check
    by hand, with links to the feedback pages. Without ASSIGNMENT, every assignment with
    submissions.
    """
    from course_lib.grading.feedback.class_page import write_overview

    course = find_course()
    for slug in _submitted_assignments(course, assignment):
        click.echo(write_overview(course, slug).as_uri())


@click.command("feedback")
@click.argument("assignment", nargs=-1)
@click.option("--student", "students", multiple=True, help="Only this student; may be repeated.")
def feedback_command(assignment: tuple[str, ...], students: tuple[str, ...]) -> None:
    """Write the feedback pages again, with the points and comments given by hand.

    Run it after grading by hand in formgrader. The pages are
    feedback/STUDENT/ASSIGNMENT/ASSIGNMENT.html. Without ASSIGNMENT, every assignment with
    submissions.
    """
    from course_lib.grading.feedback.student_page import write_feedback

    course = find_course()
    for slug in _submitted_assignments(course, assignment):
        written = write_feedback(course, slug, students)
        click.echo(f"{slug}: {written.pages} page{'s' * (written.pages != 1)} in feedback/.")
        _list_on_stderr("No page for", written.left_out)


@click.command("export")
@click.argument("assignment")
@click.option(
    "--format",
    "form",
    type=click.Choice(["moodle", "canvas", "csv"]),
    required=True,
    help="A file for the grade import of Moodle or Canvas, or a plain table.",
)
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; by default _build/export/ASSIGNMENT-FORMAT.csv.",
)
@click.option(
    "--names",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A table of names and ids, such as an export from Moodle or Canvas.",
)
@click.option(
    "--column", default="", help="The header of the assignment's column; by default its slug."
)
@click.option("--unfinished", is_flag=True, help="Include points that are not final yet.")
def export_command(
    assignment: str, form: str, to: Path | None, names: Path | None, column: str, unfinished: bool
) -> None:
    """Write an assignment's points as a table for Moodle, Canvas or a spreadsheet.

    Writes the final points: automatic and manual ones, less the late penalty. Students without
    final points are listed, and left out (in csv: left empty).

    --names takes any table whose header names some of these columns: Email address, ID number,
    Username, ID, SIS User ID, SIS Login ID, Name, First name, Last name. A student's folder name
    must equal an id, the part of an address before the @, or the name. For Canvas, give the file
    that its gradebook exports, and with --column the header of the assignment's column.
    """
    from course_lib.grading.lms.grade_tables import export
    from course_lib.grading.lms.people import read_class_list

    course = find_course()
    (slug,) = course.choose([assignment])
    target = to or course.build / "export" / f"{slug}-{form}.csv"
    people = read_class_list(names) if names else None
    made = export(course, slug, form, target, people=people, column=column, unfinished=unfinished)
    _list_on_stderr("Left empty" if form == "csv" else "Left out", made.left_out)
    _list_on_stderr("Check", made.remarks)
    click.echo(target)


def _submitted_assignments(course: Course, assignment: tuple[str, ...]) -> list[str]:
    from course_lib.grading.submitted import submission_folders

    slugs = course.choose(assignment)
    found = slugs if assignment else [slug for slug in slugs if submission_folders(course, slug)]
    if not found:
        raise CourseError("There are no submissions: no folder submitted/<student>/<slug>/.")
    return found


def _list_on_stderr(title: str, lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(f"{title}: {line}", err=True)


class_commands = (export_command, feedback_command, overview_command)

if TYPE_CHECKING:
    from course_lib.grading.authoring.audit import Audit


@click.command("audit")
@click.argument("assignment", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print all measurements as JSON.")
@click.option(
    "--jobs", type=click.IntRange(1), help="Number of processes; by default one per processor."
)
@click.option("--equivalent", is_flag=True, help="List the equivalent mutants, with reasons.")
@click.option(
    "--write-page",
    is_flag=True,
    help="Write the figures into the book. Without ASSIGNMENT, measure only the assignments "
    "that changed since the last time.",
)
def audit_command(
    assignment: tuple[str, ...], as_json: bool, jobs: int | None, equivalent: bool, write_page: bool
) -> None:
    """Measure how strong the checks are.

    Runs each task's checks on the model solution, the blank exercise, every misconception,
    right answers written differently, attacks, and mutants: the model solution with one small
    change. A mutant with full points is a gap in the checks, unless
    tests/mutants/equivalent.toml explains why it is right.

    Fails if a requirement is not met. Without ASSIGNMENT, measures all assignments.
    """
    from course_lib.grading.authoring.audit import audit, audit_json, audit_table, reasons

    course = find_course()
    slugs = course.choose(assignment)
    if write_page:
        found = _audit_for_page(course, slugs if assignment else None, jobs)
    else:
        found = audit(course, slugs, jobs)
    click.echo(audit_json(found) if as_json else audit_table(found))
    if equivalent and not as_json:
        click.echo(reasons(found))
    if found.problems:
        raise click.ClickException("\n".join(["these requirements are not met:", *found.problems]))


def _audit_for_page(course: Course, slugs: list[str] | None, jobs: int | None) -> Audit:
    """Measure some assignments, or those that have changed, and write the page."""
    from course_lib.grading.authoring.audit import (
        audit,
        inputs,
        out_of_date,
        page,
        page_path,
        write_record,
    )

    slugs = out_of_date(course) if slugs is None else slugs
    # Hash the inputs first: files may change during the measurement.
    measured_from = {slug: inputs(course, slug) for slug in slugs}
    found = audit(course, slugs, jobs)
    path = page_path(course)
    path.write_text(page(write_record(course, found, measured_from)), encoding="utf-8")
    click.echo(f"wrote {path.relative_to(course.root)}", err=True)
    return found


@click.command("new-exercise")
@click.argument("slug")
@click.option("--title", default="", help="The heading; by default made from SLUG.")
def new_exercise_command(slug: str, title: str) -> None:
    """Make the files of a new assignment.

    SLUG is the chapter's: two digits and words, as in 11_convolution. The new files work at once:
    a notebook in solutions/ with a task of each kind (code, numbers by hand, explanation), its
    checks, misconceptions with hints, right answers written differently, and attacks. Replace
    these tasks with yours. `course checklist SLUG` lists what is missing.

    If the slug is in use, the command fails and changes nothing.
    """
    from course_lib.grading.authoring.new_exercise import new_exercise, still_to_do

    course = find_course()
    for path in new_exercise(course, slug, title):
        click.echo(f"made {path.relative_to(course.root)}")
    click.echo("\nThe tools find these files by name: you need not register them. Next:")
    for line in [
        *still_to_do(course, slug),
        f"replace the tasks in solutions/{slug}.md with your own;",
        f"run `course release {slug}`, and read the students' version in exercises/{slug}/;",
        f"run `course checklist {slug}` and `course audit {slug}`.",
    ]:
        click.echo(f"  - {line}")


@click.command("checklist")
@click.argument("assignment", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts as JSON.")
def checklist_command(assignment: tuple[str, ...], as_json: bool) -> None:
    """Check that assignments are complete.

    Checks the learning goals, time, points, instructions for handing in, a visible check for each
    task, rubrics, hints, right answers and attacks, links to the chapter and back, and that the
    release is up to date and shows no solution. `course audit` measures how strong the checks
    are.

    Fails if a rule is broken, and says where. Without ASSIGNMENT, checks all assignments.
    """
    from course_lib.grading.authoring import checklist

    course = find_course()
    found = checklist.checklist(course, course.choose(assignment))
    click.echo(checklist.as_json(found) if as_json else checklist.table(found))
    if any(verdict.problems for verdict in found):
        click.get_current_context().exit(1)


@click.command("answers")
@click.argument("assignment", nargs=-1)
def answers_command(assignment: tuple[str, ...]) -> None:
    """Write one page with all tasks, model answers, rubrics and wrong answers.

    For instructors, to read or to print. The page is _build/teaching/answers.html, which is part
    of neither the book nor the students' notebooks. Without ASSIGNMENT, it holds all of them.
    """
    from course_lib.grading.authoring.answers import write_answers

    course = find_course()
    click.echo(write_answers(course, course.choose(assignment)).as_uri())


author_commands = (answers_command, audit_command, checklist_command, new_exercise_command)


class _Course(click.Group):
    """A command group that reports a `CourseError` in one sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CourseError as error:
            raise click.ClickException(str(error)) from None
        except ModuleNotFoundError as error:
            raise click.ClickException(
                f"{error}. Run `make course` once and then use .venv/bin/course, or install "
                "the packages for grading: pip install 'backprop-course[grading]'."
            ) from None


@click.group(cls=_Course, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Release assignments, grade classes, and give feedback.

    Run it anywhere inside the course's folder. nbgrader's own commands (nbgrader autograde,
    nbgrader export, ...) work in the course's root.
    """


@main.command("release")
@click.argument("assignment", nargs=-1)
@click.option("--check", is_flag=True, help="Change nothing; fail if exercises/ is out of date.")
def release_command(assignment: tuple[str, ...], check: bool) -> None:
    """Make the students' notebooks in exercises/ from solutions/.

    Without ASSIGNMENT, makes all notebooks. Removes model solutions, locks grade cells and adds the
    assignments to the gradebook. Files that are up to date are not written.
    """
    from course_lib.grading.release import out_of_step, release

    course = find_course()
    slugs = course.choose(assignment)
    if check:
        problems = out_of_step(course, slugs if assignment else ())
        if problems:
            raise click.ClickException(
                "\n".join([*problems, "Run `make exercises` and commit what it changes."])
            )
        click.echo(f"exercises/ is up to date with solutions/ ({', '.join(slugs)}).")
        return
    changed = release(course, slugs)
    for path in changed:
        click.echo(f"made {path.relative_to(course.root)}")
    if not changed:
        click.echo(f"Nothing changed in exercises/ ({', '.join(slugs)}).")


@main.command("start")
@click.argument("assignment")
def start_command(assignment: str) -> None:
    """Copy the notebook of ASSIGNMENT into work/, to solve it there.

    The notebooks in exercises/ are what students get, and are in git: do not solve them in place.
    An existing copy in work/ is kept.
    """
    from course_lib.grading.release import start

    course = find_course()
    (slug,) = course.choose([assignment])
    path, is_new = start(course, slug)
    click.echo(f"{'made' if is_new else 'kept'} {path.relative_to(course.root)}")


@main.command("demo")
@click.option("--remove", is_flag=True, help="Remove the demo class, and nothing else.")
@click.option("--force", is_flag=True, help="Grade everything again.")
def demo_command(remove: bool, force: bool) -> None:
    """Grade the submissions of a made-up class.

    Its students' ids begin with demo-; other students' files are neither changed nor run. Only
    changed submissions are graded again.

    Some of these students attack the grader; their code runs in the sandbox of `course grade`.
    On a machine without a sandbox they are left out, and the others' harmless code runs without
    one.
    """
    from course_lib.grading import demo

    course = find_course()
    if remove:
        gone = demo.remove(course)
        click.echo(f"Removed {len(gone)} demo students." if gone else "There is no demo class.")
        return
    graded = demo.run(course, force=force)
    done = f"Graded {graded} submissions" if graded else "The demo class is graded already"
    click.echo(f"{done}: `course where` shows marks and feedback.")


@main.command("where")
def where_command() -> None:
    """Show the demo class's points, and the paths of the book, the grades and the feedback."""
    from course_lib.grading import demo

    click.echo(demo.table(find_course()))
    click.echo()
    click.echo(demo.places(find_course()))


for command in (grade_command, *class_commands, *author_commands):
    main.add_command(command)
