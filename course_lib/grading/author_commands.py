"""The commands for those who write assignments. Each imports what it needs only when it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from course_lib.grading.course import Course, find_course

if TYPE_CHECKING:
    from course_lib.grading.audit import Audit


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
    from course_lib.grading import audit_text
    from course_lib.grading.audit import audit

    course = find_course()
    slugs = course.choose(assignment)
    if write_page:
        found = _audit_for_page(course, slugs if assignment else None, jobs)
    else:
        found = audit(course, slugs, jobs)
    click.echo(audit_text.as_json(found) if as_json else audit_text.table(found))
    if equivalent and not as_json:
        click.echo(audit_text.reasons(found))
    if found.problems:
        raise click.ClickException("\n".join(["not everything is as it must be:", *found.problems]))


def _audit_for_page(course: Course, slugs: list[str] | None, jobs: int | None) -> Audit:
    """Measure some assignments, or those that have changed, and write the page."""
    from course_lib.grading.audit import audit
    from course_lib.grading.strength import inputs, out_of_date, write_record
    from course_lib.grading.strength_page import page, page_path

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
    from course_lib.grading.new_exercise import new_exercise, still_to_do

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
    from course_lib.grading import checklist

    course = find_course()
    found = checklist.checklist(course, course.choose(assignment))
    click.echo(checklist.as_json(found) if as_json else checklist.table(found))
    if any(verdict.problems for verdict in found):
        click.get_current_context().exit(1)


author_commands = (audit_command, checklist_command, new_exercise_command)
