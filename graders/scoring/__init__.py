"""From what the checks found to points, to words for the student, and to a decision about the module. Pure."""

from graders.scoring.decision import Decision, Standing, decide
from graders.scoring.points import points, score, total
from graders.scoring.words import amount, feedback

__all__ = ["Decision", "Standing", "amount", "decide", "feedback", "points", "score", "total"]
