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

# Seconds for one cell. A cell that takes longer is interrupted and earns nothing; the next goes on.
c.Execute.timeout = 30
c.Execute.interrupt_on_timeout = True
# The kernel's remark that it listens on this machine without encryption helps nobody here.
c.Execute.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
# What the traceback of an interrupted cell says to the student.
c.Execute.error_on_timeout = {
    "ename": "CellTimeoutError",
    "evalue": "This cell ran too long and was stopped. Is there a loop that never ends?",
    "traceback": [
        "CellTimeoutError: This cell ran too long and was stopped. Is there a loop that never ends?"
    ],
}
# With nbgrader's own value a student's cell can be tagged so that it is never run.
c.Execute.skip_cells_with_tag = ""
# Feedback and the pages of the formgrader show what students' code wrote: no scripts from there.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {
    "clean_html": "course_lib.grading.feedback_html.clean_html",
    "markdown2html": "course_lib.grading.feedback_html.markdown2html",
}
c.LimitOutput.max_lines = 200
c.LimitOutput.max_traceback = 50
