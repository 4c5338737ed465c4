"""Our steps in nbgrader's converters."""
