"""The instructor's tools: release assignments, grade a class, show where the results are.

Start reading at :mod:`course_lib.grading.cli`, which is the command ``course``. nbgrader does the
stripping, the grading and the book-keeping; what stands here feeds it and guards what comes out.
"""

import sys

# jsonschema looks for these packages to check addresses, dates and durations in schemas, of which a
# notebook's has none. One of them builds grammars for three seconds when it is imported.
_FORMATS = ("isoduration", "rfc3986_validator", "rfc3987_syntax")
sys.modules.update({name: None for name in _FORMATS if name not in sys.modules})  # type: ignore[misc]
