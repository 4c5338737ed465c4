"""nbgrader's settings for a course: where it lies, and whose steps grade and render."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from graders.course.course import load

_HERE = "graders.nbgrader_bridge"


def configure(config: Any, config_file: str | os.PathLike[str]) -> None:
    """Set what a course made by `aisa init` needs; what the course sets after it, holds.

    nbgrader's steps are replaced, not extended: `--no-execute` switches off its Execute, and must not switch off the
    sandbox. Everything is named by import path, so that reading the configuration imports nothing.

    Parameters
    ----------
    config : traitlets.config.Config
        What `get_config()` gives in `nbgrader_config.py`.
    config_file : str or path
        That file: it lies in the course.
    """
    course = load(Path(config_file).parent)
    # nbgrader starts `alembic` by name for a new gradebook: it lies beside our interpreter, wherever that is
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.course_id = course.course_id
    config.CourseDirectory.db_url = course.database
    config.Autograde.exporter_class = f"{_HERE}.autograding.SubmissionExporter"
    config.Autograde.sanitize_preprocessors = [f"{_HERE}.autograding.Rebuild"]
    config.Autograde.autograde_preprocessors = [f"{_HERE}.autograding.Grade"]
    config.Autograde.pre_convert_hook = f"{_HERE}.hooks.before_autograding"
    config.Autograde.post_convert_hook = f"{_HERE}.hooks.after_autograding"
    config.Autograde.create_student = not course.students
    config.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.GetGrades",
        f"{_HERE}.feedback.ForStudents",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    if course.late in ("none", "zero"):  # else it is a plugin, and our steps ask it
        config.LateSubmissionPlugin.penalty_method = course.late
    config.HTMLExporter.sanitize_html = True
    config.HTMLExporter.filters = {
        "markdown2html": f"{_HERE}.rendering.markdown",
        "clean_html": "graders.pages.clean",
    }
