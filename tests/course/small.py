"""A course of one small module with two notebooks, made by hand: collecting needs no more."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path

import yaml

from graders.course import load
from graders.course.collection import collect
from graders.course.deadline import Deadline

SLUG = "m96_small"
STUDENTS = ["student-01", "student-02"]
NOON = datetime(2026, 2, 3, 12)
_MODULE = {
    "title": "Small",
    "phase": 1,
    "minutes": 2,
    "points": 2,
    "outcomes": ["Collect."],
    "notebooks": ["practical", "worked_example"],
    "exercises": [
        {"id": f"m96_{name}", "title": name, "kind": "function", "notebook": notebook, "points": 1, "minutes": 1}
        for name, notebook in (("one", "practical"), ("two", "worked_example"))
    ],
}


def notebook(name, answer="pass"):
    """One of the module's notebooks, answered."""
    ids = {"practical": "m96_one", "worked_example": "m96_two"}
    said = {"grade": False, "grade_id": f"{ids[name]}-answer", "locked": False, "schema_version": 3, "solution": True}
    cell = {"cell_type": "code", "id": "a", "metadata": {"nbgrader": said}, "source": answer, "outputs": []}
    cells = [cell | {"execution_count": None}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


PRACTICAL, WORKED = notebook("practical"), notebook("worked_example")


def make(root: Path, **settings):
    """The course; settings go to `course.yaml`."""
    material, course = root / "material", root / "course"
    folder = material / "assignments" / "authoring" / SLUG
    for name, content in (("practical", PRACTICAL), ("worked_example", WORKED)):
        (folder / name).mkdir(parents=True)
        (folder / name / "notebook.py").touch()
        source = course / "source" / SLUG / f"{name}.ipynb"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(content)
    (folder / "module.yaml").write_text(yaml.safe_dump(_MODULE))
    (course / ".aisa").mkdir(mode=0o700)
    (course / ".aisa" / "secret").write_text("5e" * 32)
    (course / ".aisa" / "secret").chmod(0o600)
    (course / "inbox").mkdir()
    said = {"course_id": "small", "students": STUDENTS, "modules": [SLUG], "material": str(material)}
    (course / "course.yaml").write_text(yaml.safe_dump(said | settings))
    return load(course)


def zipped(files):
    """A zip file of names and contents; a name may be a ZipInfo."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content)
    return buffer.getvalue()


def put(course, name, content):
    """Lay a file, or a folder of files, into the inbox."""
    path = course.root / "inbox" / name
    if isinstance(content, dict):
        for inner, part in content.items():
            (path / inner).parent.mkdir(parents=True, exist_ok=True)
            (path / inner).write_bytes(part)
    else:
        path.write_bytes(content)
    return path


def run(course, *, due=None, extensions=None, received=NOON, earned=lambda attempt: 0.0):
    """Collect the inbox; receipts by item."""
    deadline = Deadline(due, extensions or {})
    receipts = collect(course, SLUG, course.root / "inbox", deadline, earned, received=received)
    return {receipt.item: receipt for receipt in receipts}


def submitted(course, student="student-01"):
    """What lies where nbgrader looks."""
    folder = course.submitted(student, SLUG)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def inbox(course):
    """What is left in the inbox, and what is done."""
    here = course.root / "inbox"
    left = {path.name for path in here.iterdir()} - {"done"}
    return left, {path.name for path in (here / "done").iterdir()} if (here / "done").is_dir() else set()


def everything(course):
    """Every file of the course, by path."""
    return {str(path.relative_to(course.root)): path.read_bytes() for path in course.root.rglob("*") if path.is_file()}
