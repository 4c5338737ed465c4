"""The notebook that belongs to no module: built from its text, never graded, and not missed where it is not."""

from __future__ import annotations

import json

import pytest

from graders.authoring.build import stale, write
from graders.authoring.material import READINESS
from graders.course import init
from graders.errors import CourseError
from tests.authoring.small_module import REFERENCE, small_module

PAGE = """Waiting.

Question
    Who waits how long?
Model
    By recurrence.
Assumes
    Nothing.
Breaks when
    Never.
Source
    None.
Oracle
    None.
"""


def material(root):
    """A module whose page has all headings, so that everything can be written."""
    return small_module(root, reference=REFERENCE.replace("Waiting.", PAGE, 1))


def test_it_is_built_from_its_text_and_found_stale(tmp_path):
    module = material(tmp_path)
    text = (tmp_path / READINESS).with_suffix(".py")
    text.parent.mkdir()
    text.write_text("# %% [markdown]\n# # Ready?\n\n# %%\nanswer = ...\n")
    assert tmp_path / READINESS in write([module])
    first, second = json.loads((tmp_path / READINESS).read_bytes())["cells"]
    assert "assignments/readiness/readiness.py by `aisa author build`" in first["source"][0]
    assert (second["id"], second["source"], second["metadata"]) == ("code-01", ["answer = ..."], {})
    assert stale([module]) == ()
    text.write_text("# %% [markdown]\n# # Ready now?\n")
    assert stale([module]) == (tmp_path / READINESS,)


def test_it_has_no_graded_exercise(tmp_path):
    module = material(tmp_path)
    text = (tmp_path / READINESS).with_suffix(".py")
    text.parent.mkdir()
    text.write_text('# %% [markdown]\n# # Ready?\n\n# %% tests={"id": "m97_free_list"}\nassert True\n')
    with pytest.raises(CourseError, match=r"readiness\.py:4: .*tests"):
        write([module])


def test_material_without_it_makes_a_course_that_does_not_speak_of_it(tmp_path):
    module = material(tmp_path / "material")
    write([module])
    course = init(tmp_path / "course", material=module.root)
    assert not (course.root / "readiness").exists()
    assert "readiness" not in (course.root / "README.md").read_text()
