"""Explorers and figures that move: for notebooks and for pages without Python."""

from course_lib.live.boundary import explore_boundary
from course_lib.live.descent import show_descent
from course_lib.live.digit import explore_digit
from course_lib.live.network import show_network
from course_lib.live.training import explore_training

__all__ = [
    "explore_boundary",
    "explore_digit",
    "explore_training",
    "show_descent",
    "show_network",
]
