"""Use the sandbox in nbgrader's own ``autograde`` and formgrader's autograde button."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_locked
from traitlets import Bool, Float

from course_lib.grading.assignment import read_blueprint
from course_lib.grading.course import Course, CourseError
from course_lib.grading.execute import execute
from course_lib.grading.gradebook.write import points_output
from course_lib.grading.jobs import CHECK, GIVEN, Job, classify, with_models
from course_lib.grading.notebooks import NotebookNode, nbformat
from course_lib.grading.sandbox.package import imported
from course_lib.grading.sandbox.process import check_ready


class SafeExecute(NbGraderPreprocessor):  # type: ignore[misc]
    """Run students' code in the sandbox, and grade cells outside of it."""

    timeout = Float(30, help="Seconds for one cell.").tag(config=True)
    sandbox = Bool(True, help="Whether to isolate students' code.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Fill in the outputs of each cell."""
        check_ready(self.sandbox)
        about = resources["nbgrader"]
        cells = with_models(
            (classify(cell, instructors=is_locked(cell)) for cell in nb.cells),
            self._models(about["assignment"]),
        )
        result = execute(
            Job(
                student=about["student"],
                slug=about["assignment"],
                cells=cells,
                seed=secrets.randbits(63),
                timeout=self.timeout,
                sandbox=self.sandbox,
                given=imported(cell.source for cell in cells if cell.kind == GIVEN),
            )
        )
        for problem in result.problems:
            self.log.warning("%s, %s: %s", result.student, result.slug, problem)
        tasks = {task.cell: task for task in result.tasks}
        count = 0
        for cell, what, shown in zip(nb.cells, cells, result.outputs, strict=True):
            if cell.cell_type == "code":
                count += 1
                cell.execution_count = count
                cell.outputs = [nbformat.from_dict(output) for output in shown]
                if what.kind == CHECK:
                    task = tasks.get(what.grade_id)
                    cell.outputs = [points_output(task, what.points, count)]
        return nb, resources

    def _models(self, slug: str) -> Mapping[str, str]:
        """Return the model solutions of an assignment, or log that follow-on errors cost points."""
        try:
            return read_blueprint(Course(Path(CourseDirectory(parent=self).root)), slug).models
        except CourseError as error:
            self.log.warning(
                "%s Tasks that call a wrong earlier answer lose their points, too.", error
            )
            return {}
