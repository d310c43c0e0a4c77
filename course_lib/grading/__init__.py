"""The instructor's tools: release assignments, grade a class, show where the results are.

Start reading at :mod:`course_lib.grading.cli`, which is the command ``course``. nbgrader does the
stripping, the grading and the book-keeping; what stands here feeds it and guards what comes out.
"""

import sys

# jsonschema looks for this package to check addresses in schemas, and it builds grammars for three
# seconds when it is imported. No notebook's schema has addresses to check.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
