"""The subcommands of ``course``. Each imports what it needs only when it runs."""

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
        refused = _import_submissions(course, slugs[0], export, options["names"], options["force"])
    elif options["names"] is not None:
        raise click.UsageError("--names belongs to --from.")
    _grade(course, slugs, bool(assignment), refused, options)


def _import_submissions(
    course: Course, slug: str, export: Path, names: Path | None, overwrite: bool
) -> list[str]:
    from course_lib.grading.lms.imports import import_submissions

    taken = import_submissions(course, slug, export, names=names, overwrite=overwrite)
    click.echo(str(taken), err=True)
    for line in taken.refused:
        click.echo(f"REFUSED: {line}", err=True)
    return taken.refused


def _grade(
    course: Course, slugs: list[str], named: bool, refused: list[str], options: dict[str, Any]
) -> None:
    executor = _executor(options)
    try:
        from course_lib.grading.outcome import NO_RESULT, Options, as_json, is_complete, table
        from course_lib.grading.run import check_students, grade, submitted_assignments

        if not named:
            slugs = submitted_assignments(course, slugs) or slugs
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
    click.echo(as_json(rows, refused) if options["as_json"] else table(rows))
    _show_class(course, slugs, quiet=options["as_json"])
    if outcome.interrupted:
        raise _Stopped(
            f"Stopped. {len(rows)} of {len(rows) + outcome.left} submissions are graded and "
            "stored; the same command goes on with the rest."
        )
    if not is_complete(rows) or refused:
        missing = sum(row.status == NO_RESULT for row in rows)
        said = [f"{missing} without a result: run the same command again."] if missing else []
        said += [f"{len(refused)} not taken in from the export."] if refused else []
        click.echo(" ".join(said), err=True)
        sys.exit(1)


def _show_class(course: Course, slugs: list[str], *, quiet: bool) -> None:
    """Write the page about the class; marks do not hang on it."""
    from course_lib.grading.feedback.class_page import write_overview

    try:
        for slug in slugs:
            page = write_overview(course, slug)
            if not quiet:
                click.echo(f"The class: {page.as_uri()}")
    except (CourseError, OSError) as error:
        click.echo(f"The page about the class could not be written: {error}", err=True)


def _executor(options: dict[str, Any]) -> Any:
    if options["scheduler"]:
        from course_lib.grading.executors import Cluster

        return Cluster(options["scheduler"], sandbox=not options["no_sandbox"])
    from course_lib.grading.executors import LocalPool

    pool = LocalPool(options["jobs"])
    if not options["no_sandbox"]:
        from course_lib.grading.sandbox.process import isolation

        # Whether it works is seen when the first submission is put into it.
        isolation()
    # They get ready while nbgrader is imported here, which takes as long.
    pool.start()
    return pool


class _Stopped(click.ClickException):
    exit_code = 130

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True, file=file)


@click.command("overview")
@click.argument("assignment", nargs=-1)
def overview_command(assignment: tuple[str, ...]) -> None:
    """Write a page about the whole class, and print its address.

    It shows the points by task, which misconceptions occurred how often, what needs a person,
    and links to each student's page of feedback. Without ASSIGNMENT, all that were handed in.
    """
    from course_lib.grading.feedback.class_page import write_overview

    course = find_course()
    for slug in _submitted_assignments(course, assignment):
        click.echo(write_overview(course, slug).as_uri())


@click.command("feedback")
@click.argument("assignment", nargs=-1)
@click.option("--student", "students", multiple=True, help="Only this student; may be repeated.")
def feedback_command(assignment: tuple[str, ...], students: tuple[str, ...]) -> None:
    """Write the students' pages again, with points and comments that people gave.

    `course grade` writes them too, but it can't know what is given afterwards in formgrader. The
    pages lie in feedback/STUDENT/ASSIGNMENT/ASSIGNMENT.html. Without ASSIGNMENT, all that were
    handed in.
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
    help="For Moodle's or Canvas's import of grades, or a table for people.",
)
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file; _build/export/ASSIGNMENT-FORMAT.csv unless given. It is replaced.",
)
@click.option(
    "--names",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A table that says who is who, such as Moodle's or Canvas's own export.",
)
@click.option("--column", default="", help="What the assignment is called there; else its slug.")
@click.option("--unfinished", is_flag=True, help="Also the points so far of those who wait.")
def export_command(
    assignment: str, form: str, to: Path | None, names: Path | None, column: str, unfinished: bool
) -> None:
    """Write an assignment's points as a table for Moodle, Canvas or a spreadsheet.

    The points are those that count: by program and by people, less the penalty for lateness.
    Students whose points are not known yet are listed, and left out (in csv: left empty).

    --names takes any table with a first line of names of columns, among them Email address, ID
    number, Username, ID, SIS User ID, SIS Login ID, Name, First name or Last name. A student is
    found by the folder's name: it is an id there, or the part of an address before the @, or the
    name. For Canvas, give the file that its gradebook exports, and with --column the head of the
    assignment's column there.
    """
    from course_lib.grading.lms.grade_tables import export, read_class_list

    course = find_course()
    (slug,) = course.choose([assignment])
    target = to or course.build / "export" / f"{slug}-{form}.csv"
    people = read_class_list(names) if names else None
    made = export(course, slug, form, target, people=people, column=column, unfinished=unfinished)
    _list_on_stderr("Left empty" if form == "csv" else "Left out", made.left_out)
    _list_on_stderr("Look at", made.remarks)
    click.echo(target)


def _submitted_assignments(course: Course, assignment: tuple[str, ...]) -> list[str]:
    from course_lib.grading.submitted import submission_folders

    slugs = course.choose(assignment)
    found = slugs if assignment else [slug for slug in slugs if submission_folders(course, slug)]
    if not found:
        raise CourseError("Nobody has handed in anything: there is no submitted/<student>/<slug>/.")
    return found


def _list_on_stderr(title: str, lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(f"{title}: {line}", err=True)


class_commands = (export_command, feedback_command, overview_command)

if TYPE_CHECKING:
    from course_lib.grading.authoring.audit import Audit


@click.command("audit")
@click.argument("assignment", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print all that was measured, as JSON.")
@click.option("--jobs", type=click.IntRange(1), help="Processes to use; all processors by default.")
@click.option("--equivalent", is_flag=True, help="List the mutants that are right, with reasons.")
@click.option(
    "--write-page",
    is_flag=True,
    help="Write the figures into the book. Without ASSIGNMENT, only what has changed since the "
    "last time is measured.",
)
def audit_command(
    assignment: tuple[str, ...], as_json: bool, jobs: int | None, equivalent: bool, write_page: bool
) -> None:
    """Measure how strong the checks are.

    Each task is tried with its model solution, the blank exercise, every misconception, right
    answers in other spellings, attacks, and the model solution with one small change each: the
    mutants. A mutant that earns everything is a gap in the check, unless
    tests/mutants/equivalent.toml says why it is right.

    Fails if anything is not as it must be. Without ASSIGNMENT, all of them.
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
        raise click.ClickException("\n".join(["not everything is as it must be:", *found.problems]))


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
    # What somebody changes while this runs is not what was measured.
    measured_from = {slug: inputs(course, slug) for slug in slugs}
    found = audit(course, slugs, jobs)
    path = page_path(course)
    path.write_text(page(write_record(course, found, measured_from)), encoding="utf-8")
    click.echo(f"wrote {path.relative_to(course.root)}", err=True)
    return found


@click.command("new-exercise")
@click.argument("slug")
@click.option("--title", default="", help="The heading's words; those of SLUG unless given.")
def new_exercise_command(slug: str, title: str) -> None:
    """Make the frame of a new assignment.

    SLUG is that of its chapter: two digits and words, as in 11_convolution. What is made works at
    once: a notebook in solutions/ with a task of each kind (code, numbers to predict, words),
    their checks, misconceptions with hints, right answers in other spellings, and attacks. Put
    your tasks in the place of those. `course checklist SLUG` says what is missing.

    A slug that is in use is refused, and then nothing is changed.
    """
    from course_lib.grading.authoring.new_exercise import new_exercise, still_to_do

    course = find_course()
    for path in new_exercise(course, slug, title):
        click.echo(f"made {path.relative_to(course.root)}")
    click.echo("\nNothing has to be registered: the tools find these files by their names. Then")
    for line in [
        *still_to_do(course, slug),
        f"put your own tasks in the place of those in solutions/{slug}.md;",
        f"run `course release {slug}`, and look at what students get in exercises/{slug}/;",
        f"run `course checklist {slug}` and `course audit {slug}`.",
    ]:
        click.echo(f"  - {line}")


@click.command("checklist")
@click.argument("assignment", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts as JSON.")
def checklist_command(assignment: tuple[str, ...], as_json: bool) -> None:
    """Check that assignments have all that they must have.

    Learning goals, time, points, how to hand in, a visible check beside each task, rubrics,
    hints, right answers and attacks, links to the chapter and back, a release that is in step and
    shows no solution: what a program can see. How strong the checks are, `course audit` measures.

    Fails if a rule is broken, and says where. Without ASSIGNMENT, all of them.
    """
    from course_lib.grading.authoring import checklist

    course = find_course()
    found = checklist.checklist(course, course.choose(assignment))
    click.echo(checklist.as_json(found) if as_json else checklist.table(found))
    if any(verdict.problems for verdict in found):
        click.get_current_context().exit(1)


author_commands = (audit_command, checklist_command, new_exercise_command)


class _Course(click.Group):
    """A group whose commands say what a person can mend in a sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CourseError as error:
            raise click.ClickException(str(error)) from None
        except ModuleNotFoundError as error:
            raise click.ClickException(
                f"{error}. Run `make course` once and then use .venv/bin/course, or install "
                "what grading needs: pip install 'backprop-course[grading]'."
            ) from None


@click.group(cls=_Course, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Release assignments, grade classes, and give feedback.

    Run it anywhere inside the course's folder. Plain nbgrader commands (nbgrader autograde,
    nbgrader export, ...) work in the course's root beside it.
    """


@main.command("release")
@click.argument("assignment", nargs=-1)
@click.option("--check", is_flag=True, help="Change nothing; fail if exercises/ is out of step.")
def release_command(assignment: tuple[str, ...], check: bool) -> None:
    """Make the students' notebooks in exercises/ from solutions/.

    Without ASSIGNMENT, all of them. Model solutions are cut out, grade cells locked, and the
    assignments noted in the gradebook. Files that are right already are left as they are.
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
        click.echo(f"exercises/ is in step with solutions/ ({', '.join(slugs)}).")
        return
    changed = release(course, slugs)
    for path in changed:
        click.echo(f"made {path.relative_to(course.root)}")
    if not changed:
        click.echo(f"Nothing changed in exercises/ ({', '.join(slugs)}).")


@main.command("demo")
@click.option("--remove", is_flag=True, help="Take the demo class out again, and nothing else.")
@click.option("--force", is_flag=True, help="Grade everything again.")
def demo_command(remove: bool, force: bool) -> None:
    """Hand in, grade and give feedback to a made-up class.

    Its students' ids begin with demo-; nothing of another student is touched or run. Only
    what changed since the last time is graded again.

    Some of these students attack the grader: their code runs in the sandbox of `course grade`.
    Where there can be none, they are left out, and the others' code, which is harmless, runs
    without.
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
    """Show the demo class's marks, and where the book, the grades and the feedback are."""
    from course_lib.grading import demo

    click.echo(demo.table(find_course()))
    click.echo()
    click.echo(demo.places(find_course()))


for command in (grade_command, *class_commands, *author_commands):
    main.add_command(command)
