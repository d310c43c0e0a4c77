"""Where results wait until the writer is there: nbgrader takes longest to load of all."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

from course_lib.grading.course import Course
from course_lib.grading.engine.blueprint import Blueprint
from course_lib.grading.nbgrader_tools import import_gradebook


class Desk(contextlib.AbstractContextManager["Desk"]):
    """Opens the gradebook when it is first needed; nbgrader is loaded meanwhile.

    Parameters
    ----------
    course : Course
    blueprints : mapping of str to Blueprint
        The assignments, each by its slug.
    page : callable, optional
        Makes the pages of feedback, in place of `feedback_page`.
    say : callable, optional
        Is told what there is to wait for.
    patience : float, optional
        Seconds to wait for a gradebook that another program has locked.
    """

    def __init__(
        self,
        course: Course,
        blueprints: Mapping[str, Blueprint],
        page: Any = None,
        say: Callable[[str], None] | None = None,
        patience: float | None = None,
    ) -> None:
        self.course, self.blueprints = course, blueprints
        self.page, self.say, self.patience = page, say, patience
        self._open = contextlib.ExitStack()
        self._recorder: Any = None
        self._failed: BaseException | None = None
        self._loading = threading.Thread(target=self._load, daemon=True)
        self._loading.start()

    @property
    def ready(self) -> bool:
        """Whether what is put here can be recorded at once."""
        return not self._loading.is_alive()

    @property
    def recorder(self) -> Any:
        """The writer; opened if it is not open yet.

        Raises
        ------
        CourseError
            If nbgrader is missing, or nothing can be written.
        """
        if self._recorder is None:
            self._loading.join()
            if self._failed:
                raise self._failed
            from course_lib.grading.engine.pages import feedback_page
            from course_lib.grading.engine.record import PATIENCE, Recorder

            wait = PATIENCE if self.patience is None else self.patience
            writer = Recorder(self.course, self.page or feedback_page, wait, self.say)
            recorder = self._open.enter_context(writer)
            for slug, blueprint in self.blueprints.items():
                recorder.begin(slug, blueprint)
            self._recorder = recorder
        return self._recorder

    def __exit__(self, *error: object) -> None:
        self._loading.join()
        self._open.close()

    def _load(self) -> None:
        try:
            import_gradebook()
            import course_lib.grading.engine.pages
            import course_lib.grading.engine.record  # noqa: F401
        except BaseException as error:
            self._failed = error
