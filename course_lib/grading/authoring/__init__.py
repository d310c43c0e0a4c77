"""Tools for authors: create an assignment, check that it is complete, measure its checks."""
