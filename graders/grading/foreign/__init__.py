"""Assignments that no module of the track covers: graded by the tests in their own notebooks, as nbgrader grades them.

This is weaker than our own exercises: the tests run in the student's interpreter. `docs/foreign-courses.md` says what
that means, and what is done about it.
"""
