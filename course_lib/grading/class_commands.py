"""The commands for those who teach a class. Each imports what it needs only when it runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from course_lib.grading.course import Course, CourseError, find_course


@click.command("overview")
@click.argument("assignment", nargs=-1)
def overview_command(assignment: tuple[str, ...]) -> None:
    """Write a page about the whole class, and print its address.

    It shows the points by task, which misconceptions occurred how often, what needs a person,
    and links to each student's page of feedback. Without ASSIGNMENT, all that were handed in.
    """
    from course_lib.grading.engine.overview import write_overview

    course = find_course()
    for slug in _handed_in(course, assignment):
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
    from course_lib.grading.engine.feedback_files import write_feedback

    course = find_course()
    for slug in _handed_in(course, assignment):
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
    from course_lib.grading.engine.class_list import read_class_list
    from course_lib.grading.engine.exports import export

    course = find_course()
    (slug,) = course.choose([assignment])
    target = to or course.build / "export" / f"{slug}-{form}.csv"
    people = read_class_list(names) if names else None
    made = export(course, slug, form, target, people=people, column=column, unfinished=unfinished)
    _list_on_stderr("Left empty" if form == "csv" else "Left out", made.left_out)
    _list_on_stderr("Look at", made.remarks)
    click.echo(target)


def _handed_in(course: Course, assignment: tuple[str, ...]) -> list[str]:
    from course_lib.grading.engine.intake import folders

    slugs = course.choose(assignment)
    found = slugs if assignment else [slug for slug in slugs if folders(course, slug)]
    if not found:
        raise CourseError("Nobody has handed in anything: there is no submitted/<student>/<slug>/.")
    return found


def _list_on_stderr(title: str, lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(f"{title}: {line}", err=True)


class_commands = (export_command, feedback_command, overview_command)
