"""Run untrusted code: an isolated process, what it can import, and the grader's end of it."""
