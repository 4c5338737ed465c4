"""The graded notebook on disk, where formgrader and nbgrader's feedback look for it."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from graders.course import files
from graders.course.course import Course
from graders.course.intake import Submission
from graders.records import Json

READ_ONLY = 0o444
"""As nbgrader leaves them: nobody changes them by mistake."""


def write_autograded(
    course: Course, submission: Submission, notebook: str, document: Json | None, mode: int = READ_ONLY
) -> None:
    """Write one graded notebook, and what lies beside it.

    Parameters
    ----------
    course : Course
        Where it goes.
    submission : Submission
        Whose it is.
    notebook : str
        Name without extension.
    document : Json or None
        The notebook; None where the submission has none, and an older one is taken away.
    mode : int
        Permissions of the notebook.

    Raises
    ------
    GraderError
        If the disk is full or read-only.
    """
    folder = course.autograded(submission.student, submission.assignment)
    path = folder / f"{notebook}.ipynb"
    if document is None:
        with files.explained(path), contextlib.suppress(FileNotFoundError):
            path.unlink()
        return
    _copy_data(course, course.source(submission.assignment), folder)
    for name, content in submission.receipts.items():
        files.write(course.root, folder / name, content, READ_ONLY)
    files.write(course.root, path, json.dumps(document, ensure_ascii=False).encode() + b"\n", mode)


def _copy_data(course: Course, source: Path, folder: Path) -> None:
    """The assignment's own files; what is there already is left."""
    for directory, _, names in os.walk(source):
        for name in names:
            original = Path(directory, name)
            copy = folder / original.relative_to(source)
            if original.suffix == ".ipynb" or ".ipynb_checkpoints" in original.parts:
                continue
            with files.explained(copy):
                if not copy.is_file() or copy.stat().st_size != original.stat().st_size:
                    files.write(course.root, copy, original.read_bytes(), READ_ONLY)
