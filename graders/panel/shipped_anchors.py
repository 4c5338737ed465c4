"""The anchors that ship, laid out in a course: a page for each, and levels for `panel.yaml`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from graders.capstone import document as documents
from graders.capstone.anchors import anchors, write
from graders.capstone.check import check
from graders.capstone.packs import DEFAULT, use_case
from graders.capstone.rendering.document import rendered
from graders.capstone.rendering.html import page
from graders.course import Course, files
from graders.panel.settings import Anchor

FOLDER = "anchors"


def lay_out(course: Course, name: str = DEFAULT) -> tuple[Anchor, ...]:
    """Write each anchor as reviewers read a document: with what the check found, without its levels.

    Parameters
    ----------
    course : Course
        Where: under `anchors/`.
    name : str
        Use case whose anchors they are.

    Returns
    -------
    tuple of Anchor
        As `panel.yaml` names them.
    """
    case, placed = use_case(name), []
    brief = case.sample.brief()
    with tempfile.TemporaryDirectory(prefix="aisa-anchors-") as scratch:
        for one in anchors(case):
            read, unread = documents.read(write(one, case, Path(scratch)))
            made = page(rendered(read, brief, case, check(read, brief, case.pack, unread)))
            name = f"{FOLDER}/{one.id}.html"
            files.write(course.root, course.root / name, made.encode())
            placed.append(Anchor(one.id, name, one.levels))
    return tuple(placed)
