"""What a careful reader of the released notebooks answers keeps every automatic point."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from graders.authoring.answers import fill
from graders.course import init, load
from graders.gradebook import Gradebook
from graders.grading import grade_course
from graders.nbgrader_bridge.releasing import make_release

pytestmark = pytest.mark.long
ANSWERS = Path(__file__).parent / "from_the_release"
STUDENT = "student-01"
SECRET = "a1" * 32 + "\n"  # what is drawn is the same each time


def answers(slug):
    """Exercise -> text of its answer cell."""
    parts = re.split(r"^# %% (m\d\d_\w+)\n", (ANSWERS / f"{slug}.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads
@pytest.mark.parametrize("slug", sorted(path.stem for path in ANSWERS.glob("*.txt")))
def test_they_keep_every_point(tmp_path, slug):
    made = init(tmp_path / "course", course_id="spring", students=[STUDENT])
    secret = made.root / ".aisa" / "secret"
    secret.write_text(SECRET)
    course = load(made.root)
    make_release(course, slug, update=True)
    written, module = answers(slug), course.module(slug)
    assert set(written) == {one.id for one in module.exercises if not one.is_written}
    folder = course.submitted(STUDENT, slug)
    folder.mkdir(parents=True)
    for name in module.notebooks:
        released = json.loads((course.root / "release" / slug / f"{name}.ipynb").read_bytes())
        here = {one.id for one in module.exercises if one.notebook == name}
        filled = fill(released, {id_: text for id_, text in written.items() if id_ in here})
        for cell in filled["cells"]:
            if cell.get("id") == "student-id":
                cell["source"] = f'STUDENT = "{STUDENT}"'
        (folder / f"{name}.ipynb").write_text(json.dumps(filled))
    grade_course(course, slug)
    with Gradebook.open(course) as gradebook:
        kept = gradebook.executions(slug)
    results = [one for each in kept.values() for one in each.execution.result.exercises]
    lost = {one.exercise: [check.name for check in one.checks if not check.kept] for one in results}
    assert {exercise: names for exercise, names in lost.items() if names} == {}
    assert sum(one.points for one in results) == sum(one.points for one in module.exercises if not one.is_written)
