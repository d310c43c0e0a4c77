"""Right answers to tasks, where no layer or function of the library is the answer.

Each assignment has one module. Checks compare with these answers, and misconceptions edit them.
"""
