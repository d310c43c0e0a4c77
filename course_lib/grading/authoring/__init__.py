"""Tools for authors of assignments: create one, check it, and measure its checks."""
