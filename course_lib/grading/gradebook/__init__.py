"""nbgrader's gradebook: read and written by nbgrader's own classes."""
