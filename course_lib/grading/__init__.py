"""The instructor's tools: release assignments, grade a class, show where the results are.

Start reading at :mod:`course_lib.grading.cli`, which is the command ``course``. nbgrader does the
stripping, the grading and the book-keeping; what stands here feeds it and guards what comes out.
"""
