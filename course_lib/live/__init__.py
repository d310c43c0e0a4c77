"""Explorers for notebooks and pages: sliders that train networks, and a field to draw digits."""

from course_lib.live.boundary import explore_boundary
from course_lib.live.digit import explore_digit
from course_lib.live.training import explore_training

__all__ = ["explore_boundary", "explore_digit", "explore_training"]
