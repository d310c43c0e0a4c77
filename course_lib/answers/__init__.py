"""Right answers to tasks that no layer or function of the library answers already.

A module belongs to one assignment. Checks compare with them, and misconceptions change them.
"""
