"""The command `course grade`. It imports what it needs only when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from course_lib.grading.course import Course, CourseError, find_course


@click.command("grade")
@click.argument("assignment", nargs=-1)
@click.option("--student", "students", multiple=True, help="Only this student; may be repeated.")
@click.option("--force", is_flag=True, help="Grade what is graded already, too.")
@click.option("--jobs", type=click.IntRange(1), help="Processes to use; all processors by default.")
@click.option(
    "--timeout",
    type=click.FloatRange(0.1),
    default=30.0,
    show_default=True,
    help="Seconds for one cell.",
)
@click.option("--seed", type=click.IntRange(0), help="Repeat a grading: use its hidden numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON, nothing else.")
@click.option(
    "--from",
    "export",
    type=click.Path(path_type=Path),
    metavar="FOLDER_OR_ZIP",
    help="First take in what Moodle, Canvas or a mail folder exports; see below.",
)
@click.option(
    "--names",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="With --from: a table with the columns name and id.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Use a Dask cluster: tcp://host:8786.")
@click.option(
    "--no-sandbox",
    is_flag=True,
    help="Run students' code unprotected, as this user. Only for code that you trust.",
)
def grade_command(assignment: tuple[str, ...], export: Path | None, **options: Any) -> None:
    """Grade what was handed in, each submission in a sandbox of its own.

    Reads submitted/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb; marks go into nbgrader's gradebook.db,
    notebooks into autograded/, pages for students into feedback/. Formgrader and nbgrader export
    go on from there. Points and comments that a person gave stay.

    What is graded and unchanged is not graded again. A run may be stopped at any time: the same
    command goes on where it was.

    Whatever was handed in gets a row. What can't be read is recorded with no points, and its
    row says why it needs a person. The exit code is 0 only if every submission has its result in
    the gradebook; 1 if one has none, or something in an export was refused; 130 if stopped.

    \b
    --from takes in one export for one ASSIGNMENT: a folder or a .zip with
      Ada Lovelace_123_assignsubmission_file_/any.ipynb    (Moodle, or flat)
      lovelaceada_123_456_any.ipynb                        (Canvas, also _LATE_)
      ada.ipynb   or   ada/any.ipynb                       (one file or folder each)
    The student's id is the name before the numbers, with hyphens for spaces and for
    what is no letter, digit or one of . _ @ +  (Ada-Lovelace, lovelaceada, ada).
    With --names, a name that the table has gets the id beside it; Moodle's and
    Canvas's number, or the file's name, may stand in the column name as well.
    Nothing handed in is overwritten: the same again is passed over, another one is
    refused. With --force it takes the old one's place, which moves to
    submitted/.replaced/. The time of each file is kept in timestamp.txt, unless all
    are of the same ten minutes: look at them before you set penalties.
    """  # noqa: D301
    course = find_course()
    slugs = course.choose(assignment)
    refused: list[str] = []
    if export is not None:
        if len(assignment) != 1:
            raise click.UsageError("--from needs one ASSIGNMENT: what is the export of?")
        refused = _take_in(course, slugs[0], export, options["names"], options["force"])
    elif options["names"] is not None:
        raise click.UsageError("--names belongs to --from.")
    _grade(course, slugs, bool(assignment), refused, options)


def _take_in(
    course: Course, slug: str, export: Path, names: Path | None, overwrite: bool
) -> list[str]:
    from course_lib.grading.engine.take_in import take_in_export

    taken = take_in_export(course, slug, export, names=names, overwrite=overwrite)
    click.echo(str(taken), err=True)
    for line in taken.refused:
        click.echo(f"REFUSED: {line}", err=True)
    return taken.refused


def _grade(
    course: Course, slugs: list[str], named: bool, refused: list[str], options: dict[str, Any]
) -> None:
    executor = _executor(options)
    try:
        from course_lib.grading.engine import report
        from course_lib.grading.engine.chosen import check_students, handed_in
        from course_lib.grading.engine.options import Options
        from course_lib.grading.engine.run import grade

        if not named:
            slugs = handed_in(course, slugs) or slugs
        check_students(course, slugs, options["students"])
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
    click.echo(report.as_json(rows, refused) if options["as_json"] else report.table(rows))
    _show_class(course, slugs, quiet=options["as_json"])
    if outcome.interrupted:
        raise _Stopped(
            f"Stopped. {len(rows)} of {len(rows) + outcome.left} submissions are graded and "
            "stored; the same command goes on with the rest."
        )
    if not report.is_complete(rows) or refused:
        missing = sum(row.status == report.NO_RESULT for row in rows)
        said = [f"{missing} without a result: run the same command again."] if missing else []
        said += [f"{len(refused)} not taken in from the export."] if refused else []
        click.echo(" ".join(said), err=True)
        sys.exit(1)


def _show_class(course: Course, slugs: list[str], *, quiet: bool) -> None:
    """Write the page about the class; marks do not hang on it."""
    from course_lib.grading.engine.overview import write_overview

    try:
        for slug in slugs:
            page = write_overview(course, slug)
            if not quiet:
                click.echo(f"The class: {page.as_uri()}")
    except (CourseError, OSError) as error:
        click.echo(f"The page about the class could not be written: {error}", err=True)


def _executor(options: dict[str, Any]) -> Any:
    if options["scheduler"]:
        from course_lib.grading.engine.cluster import Cluster

        return Cluster(options["scheduler"], sandbox=not options["no_sandbox"])
    from course_lib.grading.engine.pool import LocalPool

    pool = LocalPool(options["jobs"])
    if not options["no_sandbox"]:
        from course_lib.grading.engine.ready import isolation

        # Whether it works is seen when the first submission is put into it.
        isolation()
    # They get ready while nbgrader is imported here, which takes as long.
    pool.start()
    return pool


class _Stopped(click.ClickException):
    exit_code = 130

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True, file=file)
