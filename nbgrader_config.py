"""Settings of nbgrader: run its commands in this folder."""

import os
import sys
from pathlib import Path

# nbgrader calls `alembic` by name when it makes a gradebook: it must be found even where the
# virtual environment is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

c = get_config()  # type: ignore[name-defined]  # noqa: F821  (nbgrader puts it here)

c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "backpropagation"
# `course release` makes these notebooks from solutions/*.md, and then the released ones.
c.CourseDirectory.source_directory = "_build/source"
c.CourseDirectory.release_directory = "exercises"
# For `nbgrader release_assignment`, `list` and `collect`. Where students share a machine with you,
# name a folder there that all can write to.
c.Exchange.root = str(Path(__file__).resolve().parent / "exchange")

# `nbgrader autograde` and the formgrader's button run students' code in the sandbox that
# `course grade` uses, and the checks outside of it. nbgrader's own Execute, which runs both in one
# unprotected process, would be "nbgrader.preprocessors.Execute". SafeExecute rebuilds the notebook
# from yours; before nbgrader's own Execute, leave sanitize_preprocessors as nbgrader has them.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.OverwriteKernelspec",
]
c.Autograde.autograde_preprocessors = [
    "course_lib.grading.safe_execute.SafeExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# Seconds for one cell. A cell that takes longer is stopped; the next goes on.
c.SafeExecute.timeout = 30
# For nbgrader's own Execute, if you go back to it: a cell that runs too long is interrupted and its
# kernel goes on; and no cell can be tagged so that it is never run.
c.Execute.timeout = 30
c.Execute.interrupt_on_timeout = True
c.Execute.skip_cells_with_tag = ""
# The kernel's remark that it listens on this machine without encryption helps nobody here.
c.Execute.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
# Feedback and the pages of the formgrader show what students' code wrote: no scripts from there.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {
    "clean_html": "course_lib.grading.sanitize.clean_html",
    "markdown2html": "course_lib.grading.sanitize.markdown2html",
}
c.LimitOutput.max_lines = 200
c.LimitOutput.max_traceback = 50
