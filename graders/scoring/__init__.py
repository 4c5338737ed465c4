"""From what the checks found to points, and to words for the student. Pure."""

from graders.scoring.points import points, score, total
from graders.scoring.words import amount, feedback

__all__ = ["amount", "feedback", "points", "score", "total"]
