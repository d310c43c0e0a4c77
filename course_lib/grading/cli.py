"""The command ``course``. It imports what a subcommand needs only when it runs."""

from __future__ import annotations

import sys
from typing import Any

import click

from course_lib.grading.author_commands import author_commands
from course_lib.grading.class_commands import class_commands
from course_lib.grading.course import CourseError, find_course
from course_lib.grading.grade_command import grade_command


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
    from course_lib.grading import summary

    click.echo(summary.table(find_course()))
    click.echo()
    click.echo(summary.places(find_course()))


for command in (grade_command, *class_commands, *author_commands):
    main.add_command(command)

if __name__ == "__main__":
    sys.exit(main())
