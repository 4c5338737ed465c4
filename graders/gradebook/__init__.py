"""nbgrader's gradebook, and our evidence beside it."""
