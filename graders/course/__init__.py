"""Courses: made, read, and what students handed in."""

from graders.course.course import Course, load
from graders.course.founding import init
from graders.course.intake import Submission, read_submission, submitted_students
from graders.course.notebook_file import parse_notebook

__all__ = ["Course", "Submission", "init", "load", "parse_notebook", "read_submission", "submitted_students"]
