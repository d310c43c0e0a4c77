"""Use the sandbox in nbgrader's own ``autograde`` and formgrader's autograde button."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float

from course_lib.grading.assignment import read_blueprint
from course_lib.grading.course import Course, CourseError
from course_lib.grading.executors import LocalPool
from course_lib.grading.gradebook.write import as_text, points_output, problem_cell
from course_lib.grading.jobs import CHECK, make_job
from course_lib.grading.notebooks import NotebookNode, nbformat, read_cells
from course_lib.grading.sandbox.process import check_ready
from course_lib.grading.submitted import Submission

# Checks run in another process: what they exceed must not end this one.
_POOL = LocalPool(1, keep=True)


class SafeExecute(NbGraderPreprocessor):  # type: ignore[misc]
    """Run students' code in the sandbox, and grade cells outside of it.

    The notebook is rebuilt, as in ``course grade``: of the student's, it has the answers and the
    student's own cells.
    """

    timeout = Float(30, help="Seconds for one cell.").tag(config=True)
    sandbox = Bool(True, help="Whether to isolate students' code.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the rebuilt notebook with the outputs of each cell."""
        check_ready(self.sandbox)
        about = resources["nbgrader"]
        student, slug = about["student"], about["assignment"]
        if about["notebook"] != slug:
            raise CourseError(
                f"{about['notebook']}.ipynb of {slug} is not graded: an assignment of the course "
                f"has one notebook, {slug}.ipynb."
            )
        course = Course(Path(CourseDirectory(parent=self).root))
        blueprint = read_blueprint(course, slug)
        filled = blueprint.filled(read_cells(as_text(nb).encode("utf-8", "replace"))[0])
        job = make_job(
            course,
            Submission(student, slug, Path(), None, "", filled.notebook),
            seed=secrets.randbits(63),
            timeout=self.timeout,
            sandbox=self.sandbox,
            blueprint=blueprint,
        )
        (result,) = _POOL.run([job])
        problems = dict.fromkeys((*filled.problems, *result.problems))
        for problem in problems:
            self.log.warning("%s, %s: %s", student, slug, problem)
        tasks = {task.cell: task for task in result.tasks}
        count = 0
        for cell, what, shown in zip(filled.notebook.cells, job.cells, result.outputs, strict=True):
            if cell.cell_type == "code":
                count += 1
                cell.execution_count = count
                cell.outputs = [nbformat.from_dict(output) for output in shown]
                if what.kind == CHECK:
                    task = tasks.get(what.grade_id)
                    cell.outputs = [points_output(task, what.points, count)]
        if problems:
            filled.notebook.cells.insert(0, problem_cell(problems))
        return filled.notebook, resources
