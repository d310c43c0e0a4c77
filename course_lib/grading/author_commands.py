"""The commands for those who write assignments. Each imports what it needs only when it runs."""

from __future__ import annotations

import click

from course_lib.grading.course import find_course


@click.command("audit")
@click.argument("assignment", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print all that was measured, as JSON.")
@click.option("--jobs", type=click.IntRange(1), help="Processes to use; all processors by default.")
@click.option("--equivalent", is_flag=True, help="List the mutants that are right, with reasons.")
def audit_command(
    assignment: tuple[str, ...], as_json: bool, jobs: int | None, equivalent: bool
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
    found = audit(course, course.choose(assignment), jobs)
    click.echo(audit_text.as_json(found) if as_json else audit_text.table(found))
    if equivalent and not as_json:
        click.echo(audit_text.reasons(found))
    if found.problems:
        raise click.ClickException("\n".join(["not everything is as it must be:", *found.problems]))
