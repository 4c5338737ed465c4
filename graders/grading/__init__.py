"""The one orchestrator of a submission."""

from graders.grading.cohort import grade_course
from graders.grading.grader import Grader
from graders.grading.receipt import Receipt
from graders.grading.regrade import ScoreChange
from graders.grading.status import AssignmentStatus, course_status

__all__ = ["AssignmentStatus", "Grader", "Receipt", "ScoreChange", "course_status", "grade_course"]
