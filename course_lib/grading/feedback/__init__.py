"""Feedback pages: one for each student, and one about the class for instructors."""
