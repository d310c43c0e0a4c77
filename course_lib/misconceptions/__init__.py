"""Known wrong answers to the exercises, each with a hint.

``<slug>.toml`` holds those of one assignment; :mod:`course_lib.checks.misconceptions` reads it.
"""

from __future__ import annotations

import html
from functools import cache

from course_lib.checks import all_tasks
from course_lib.checks.misconceptions import FOLDER, Misconception, MisconceptionError, read

__all__ = ["Misconception", "all_misconceptions", "common_mistakes", "for_task"]


@cache
def all_misconceptions() -> tuple[Misconception, ...]:
    """Return every misconception, by task and in the order of the files.

    Raises
    ------
    MisconceptionError
        If an entry has an unknown task, or is invalid.
    """
    tasks = all_tasks()
    for path in sorted(FOLDER.glob("*.toml")):
        known = {task.name for task in tasks if task.slug == path.stem}
        for task, entries in read(path.stem).items():
            if task not in known:
                raise MisconceptionError(
                    f"{path.name}, [[{task}]] {entries[0]['name']}: unknown task; those of "
                    f"{path.stem} are {', '.join(sorted(known)) or 'none'}."
                )
    return tuple(m for task in tasks for m in task.misconceptions)


def for_task(slug: str, task: str) -> tuple[Misconception, ...]:
    """Return the misconceptions about one task of one assignment."""
    return tuple(m for m in all_misconceptions() if (m.slug, m.task) == (slug, task))


class common_mistakes:
    """Show the wrong answers to a task with their hints in a chapter of the book.

    Parameters
    ----------
    task : str
        The name of the task, such as "relu".
    *names : str
        The names of the misconceptions; all of the task by default.
    """

    def __init__(self, task: str, *names: str) -> None:
        tasks = all_tasks()
        self.mistakes = [m for one in tasks if one.name == task for m in one.misconceptions]
        if names:
            self.mistakes = [m for m in self.mistakes if m.name in names]
        missing = set(names) - {m.name for m in self.mistakes}
        if missing or not self.mistakes:
            wanted = ", ".join(sorted(missing)) or "at all"
            known = ", ".join(sorted({one.name for one in tasks if one.misconceptions}))
            raise ValueError(
                f"common_mistakes: no misconception {wanted} for the task {task!r}; "
                f"tasks with misconceptions are {known}."
            )

    def __repr__(self) -> str:
        return "\n\n".join(f"{m.body}\n\n{m.hint}" for m in self.mistakes)

    def _repr_html_(self) -> str:
        rows = (
            f"<dt><pre><code>{html.escape(m.body)}</code></pre></dt><dd>{html.escape(m.hint)}</dd>"
            for m in self.mistakes
        )
        return f"<dl class='mistakes'>{''.join(rows)}</dl>"
