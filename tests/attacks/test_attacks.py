"""Every attack ever thought of, graded by the real command: it gains nothing, harms nobody, and learns nothing."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.attacks.attack import SLUG, Attack, found
from tests.attacks.course import BREACH, HIDDEN
from tests.attacks.grading import Outcome, Released, grade, released_course
from tests.attacks.right import FULL, RIGHT

BYSTANDERS = {
    f"student-{number:02d}": Attack("an honest bystander", answers=RIGHT, earns=FULL, flag="") for number in range(1, 7)
}
ATTACKS = dict(found())
USERS = ["superuser", pytest.param("ordinary", marks=pytest.mark.long)] if os.geteuid() == 0 else ["ordinary"]


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, as nobody else may pytest's own."""
    with tempfile.TemporaryDirectory(prefix="aisa-attacked-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        place.chmod(0o755)
        yield place


@pytest.fixture(scope="module")
def released() -> Iterator[Released]:
    with open_folder() as place:
        yield released_course(place)


@pytest.fixture(scope="module", params=USERS)
def outcome(request: pytest.FixtureRequest, released: Released) -> Iterator[Outcome]:
    attacks = {name: attack for name, attack in ATTACKS.items() if os.geteuid() == 0 or not attack.root}
    with open_folder() as place:
        yield grade(released, place, BYSTANDERS | attacks, ordinary=request.param == "ordinary")


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gains_nothing(outcome: Outcome, name: str) -> None:
    attack = ATTACKS[name]
    if attack.root and os.geteuid() != 0:
        pytest.skip("only the superuser can set it up")
    points, expected = outcome.points_of(name), attack.points()
    if attack.harms_itself:
        assert all(points[exercise] <= expected[exercise] for exercise in expected), points
    else:
        assert points == expected
    receipt = outcome.receipts[name]
    allowed = {True: {"refused"}, False: {"graded"}, None: {"refused", "graded"}}[attack.refused]
    assert receipt["state"] in allowed, receipt["detail"]
    assert BREACH not in outcome.shown(name)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_human_is_told(outcome: Outcome, name: str) -> None:
    attack = ATTACKS[name]
    kinds = {flag.kind for flag in outcome.flags.get(name, ())}
    if attack.flag == "any":
        assert kinds
    elif attack.flag:
        assert attack.flag in kinds
    elif name.startswith("honest"):
        assert not kinds


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_learns_nothing(outcome: Outcome, name: str) -> None:
    text = outcome.document(name) + json.dumps(outcome.receipts[name]) + repr(outcome.flags.get(name))
    assert not outcome.canaries.seen_in(text)
    assert not [digits for digits in HIDDEN if digits in text.replace("_", "").replace(",", "")]


@pytest.mark.parametrize("name", BYSTANDERS)
def test_bystanders_keep_their_points(outcome: Outcome, name: str) -> None:
    assert outcome.points_of(name) == FULL
    assert outcome.receipts[name]["state"] == "graded"
    assert not outcome.flags[name]


def test_everybody_has_a_receipt(outcome: Outcome) -> None:
    handed_in = {path.parent.name for path in (outcome.course / "submitted").glob(f"*/{SLUG}")}
    assert set(outcome.receipts) == handed_in
    assert "Traceback" not in outcome.printed


def test_no_secret_is_in_anything_that_was_written(outcome: Outcome) -> None:
    for path in sorted((outcome.course / "autograded").rglob("*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not outcome.canaries.seen_in(text), path
            assert not [digits for digits in HIDDEN if digits in text], path
    assert not outcome.canaries.seen_in(outcome.printed)


def test_the_gradebook_holds_no_secret_but_its_own(outcome: Outcome) -> None:
    text = (outcome.course / "gradebook.db").read_bytes().decode("latin-1")
    assert outcome.canaries.seen_in(text) == ["gradebook"]
    assert not [digits for digits in HIDDEN if digits in text]


def test_nobody_called_outside(outcome: Outcome) -> None:
    assert outcome.calls == []


def test_no_process_is_left(outcome: Outcome) -> None:
    assert outcome.orphans == []


def test_no_file_is_left(outcome: Outcome) -> None:
    assert outcome.temporary == []
    new = {path for path in outcome.after if path not in outcome.before}
    written = re.compile(
        rf"autograded/[\w-]+/{SLUG}/(practical\.ipynb|timestamp\.txt|submission_secret\.txt|data/counters\.csv)"
    )
    assert [path for path in sorted(new) if not written.fullmatch(path)] == []
    gone = [path for path in outcome.before if path not in outcome.after]
    assert gone == []


def test_no_file_was_changed(outcome: Outcome) -> None:
    changed = [path for path, digest in outcome.before.items() if outcome.after.get(path) != digest]
    assert [path for path in changed if not path.startswith("gradebook.db")] == []


def test_nothing_is_left_in_the_kernel(outcome: Outcome) -> None:
    assert not [path for path in Path("/dev/shm").iterdir() if "leak" in path.name]
    for kind in ("shm", "msg", "sem"):
        lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
        assert not [line for line in lines if int(line.split()[0]) == 0x4C45414B]
    assert str(outcome.course.parent) not in Path("/proc/self/mountinfo").read_text()


def test_the_hidden_inputs_are_really_asked() -> None:
    """The canary digits stand in the checks; were they not there, their absence elsewhere would say nothing."""
    checks = (Path(__file__).parent / "victim/assignments/authoring" / SLUG / "practical/checks.py").read_text()
    assert all(digits in checks for digits in HIDDEN)
