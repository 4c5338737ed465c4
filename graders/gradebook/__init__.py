"""Scores where nbgrader keeps them, and the evidence for each."""

from graders.gradebook.autograded import write_autograded
from graders.gradebook.gradebook import Gradebook, Graded
from graders.gradebook.proof import Unproven

__all__ = ["Gradebook", "Graded", "Unproven", "write_autograded"]
