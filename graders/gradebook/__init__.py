"""Scores where nbgrader keeps them, and the evidence for each."""

from graders.gradebook.autograded import write_autograded
from graders.gradebook.gradebook import Gradebook
from graders.gradebook.known import Graded
from graders.gradebook.marks import KeptMark
from graders.gradebook.proof import Unmarked, Unproven
from graders.gradebook.released import SourceCell, SourceNotebook
from graders.gradebook.scores import auto_scores
from graders.gradebook.tries import Try

__all__ = [
    "Gradebook",
    "Graded",
    "KeptMark",
    "SourceCell",
    "SourceNotebook",
    "Try",
    "Unmarked",
    "Unproven",
    "auto_scores",
    "write_autograded",
]
