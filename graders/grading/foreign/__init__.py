"""Assignments that no module of the track covers: graded by the tests in their own notebooks, as nbgrader grades them.

This is weaker than our own exercises: the tests run in the student's interpreter. `docs/foreign-courses.md` says what
that means, and what is done about it.
"""

from graders.grading.foreign.grader import TESTS_APART, ForeignGrader

__all__ = ["TESTS_APART", "ForeignGrader"]
