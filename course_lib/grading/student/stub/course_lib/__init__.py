"""The course's library as a submission can import it during grading.

The modules that the assignment imports are copied into this folder. The checks run in the grader.
"""
