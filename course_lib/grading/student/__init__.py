"""What runs in the student process. There it is a package of its own, `student`."""
