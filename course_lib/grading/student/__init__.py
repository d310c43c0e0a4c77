"""The code of the student process, where it is the top-level package `student`."""
