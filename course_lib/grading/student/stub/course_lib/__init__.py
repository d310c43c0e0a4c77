"""What a submission finds of the course's library while it is graded.

The checks run elsewhere. What the assignment itself imports lies beside this file.
"""
