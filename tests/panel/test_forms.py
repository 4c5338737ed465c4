"""The offline way: a form that says all a reviewer needs, and is taken back whole or not at all."""

from __future__ import annotations

import re

import pytest
import yaml

from graders.errors import CourseError, UsageError
from graders.panel import records
from graders.panel.form import write_calibration, write_form
from graders.panel.form_reading import read_calibration, read_form, seal_form
from graders.panel.records import Stage
from tests.panel import panels
from tests.panel.panels import CANDIDATE, CHAIR, CRITERIA, RATERS


def filled(path, level=3, **changes):
    """Fill a form in as a person would: with an editor, line by line."""
    text = path.read_text()
    text = re.sub(r"^    level:$", f"    level: {level}", text, flags=re.MULTILINE)
    text = text.replace('conflict: ""', "conflict: none")
    for old, new in changes.items():
        text = text.replace(old, new)
    path.write_text(text)
    return path


@pytest.fixture
def form(desk, tmp_path):
    case = panels.qualified(desk)
    return write_form(desk, case, "rater-1", tmp_path / "forms")


def test_a_form_says_the_rubric_in_the_raters_own_order(desk, form):
    text = form.read_text()
    case = desk.case(CANDIDATE)
    assert list(yaml.safe_load(text)["scores"]) == list(desk.order(case, "rater-1"))
    assert desk.order(case, "rater-1") != desk.order(case, "rater-2")
    said = " ".join(text.replace("#", " ").split())
    for one in desk.rubric("capstone").criteria:
        assert all(" ".join(level.says.split()) in said for level in one.levels)
    assert CANDIDATE not in text


def test_a_filled_form_is_sealed(desk, form):
    assert seal_form(desk, filled(form)).case.current.seals.keys() == {"rater-1"}
    (entry,) = desk.ledger.entries(kinds=[records.SEALED])
    opening = desk.store.opening(entry.body["commitment"])
    assert opening.said["levels"] == dict.fromkeys(CRITERIA, 3)
    assert not {"levels", "said", "nonce"} & set(entry.body), "the log gives nothing away"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("    level: 3", "    level: 5", r"\.yaml:\d+: scores: C\d+: 5 is no level: 0 to 4 \(and 9 more\)"),
        ("    level: 3", "    level:", r"\.yaml:\d+: scores: C\d+: a level is missing"),
        ("    level: 3", "    level: 2.5", r"scores\.C\d+\.level: "),
        ("    level: 3", "    level: '3'", r"scores\.C\d+\.level: "),
        ("    level: 3", "    level: 0", r"needs a comment"),
        ("  C4:", "  C44:", r"C44: is no criterion of this rubric"),
        ("  C4:", "  C5:", r"scores\.C5: the key is there twice"),
        ("remark:", "remarks:", r"\.yaml:\d+: remarks: unknown key"),
        ("conflict: none", "conflict: ''", r"conflict: write `none`, or what the conflict is"),
        ('round: "document"', 'round: "defence"', r"is a form for the defence, and the document is scored"),
        ('case: "candidate', 'case: "somebody', r"there is no case"),
        ("rubric: ", "rubric: 0", r"the rubric has changed"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(desk, form, old, new, told):
    filled(form)
    text = form.read_text()
    assert old in text
    form.write_text(text.replace(old, new))
    before = desk.ledger.head()
    with pytest.raises(CourseError, match=told):
        seal_form(desk, form)
    assert desk.ledger.head() == before


def test_a_form_is_not_for_somebody_else(desk, form):
    filled(form, **{'rater: "rater-1"': 'rater: "rater-5"'})
    with pytest.raises(UsageError, match="rater-5 is no rater of this panel"):
        seal_form(desk, form)


def test_a_conflict_is_kept_instead_of_scores(desk, tmp_path):
    panels.calibrate_all(desk)
    desk.open_case(CANDIDATE, panels.packet(desk.course), [])
    case = desk.assign(CANDIDATE, RATERS, CHAIR)
    form = write_form(desk, case, "rater-1", tmp_path)
    form.write_text(form.read_text().replace('conflict: ""', 'conflict: "we share an office"'))
    case = seal_form(desk, form).case
    assert case.seats[0].conflict == "we share an office"
    assert case.stage is Stage.ASSIGNED
    assert case.current.seals == {}


def test_a_form_declares_and_scores_at_once_when_all_others_have(desk, tmp_path):
    panels.calibrate_all(desk)
    desk.open_case(CANDIDATE, panels.packet(desk.course), [])
    case = desk.assign(CANDIDATE, RATERS, CHAIR)
    for rater in (*RATERS[1:], CHAIR):
        desk.declare(CANDIDATE, rater, "")
    form = filled(write_form(desk, case, "rater-1", tmp_path))
    assert set(seal_form(desk, form).case.current.seals) == {"rater-1"}


def test_a_form_that_is_there_is_not_written_over(desk, form):
    with pytest.raises(UsageError, match="may be filled in"):
        write_form(desk, desk.case(CANDIDATE), "rater-1", form.parent)
    with pytest.raises(UsageError, match="is no rater"):
        write_form(desk, desk.case(CANDIDATE), CHAIR, form.parent)


def test_no_form_for_who_has_scored(desk, form, tmp_path):
    seal_form(desk, filled(form))
    with pytest.raises(UsageError, match="nothing to score"):
        write_form(desk, desk.case(CANDIDATE), "rater-1", tmp_path / "again")


def test_calibration_goes_by_form_too(desk, tmp_path):
    path = write_calibration(desk, "rater-1", desk.settings.anchors, tmp_path)
    text = path.read_text()
    for id_, level in panels.ANCHOR_LEVELS.items():
        head, mark, rest = text.partition(f'"{id_}"')
        own, following, others = rest.partition("  - id:")
        text = head + mark + re.sub(r"(C\d+):", rf"\1: {level}", own) + following + others
    path.write_text(text)
    rater, given = read_calibration(desk, path)
    assert desk.calibrate(rater, given).exact == 1
    path.write_text(text.replace("C1: 3", "C1:"))
    with pytest.raises(CourseError, match=r"anchors\[0\].levels.C1"):
        read_calibration(desk, path)


def test_text_in_a_form_is_text(desk, form):
    """YAML's own tricks stay what they are: words in a comment."""
    path = filled(form, **{'comment: ""': 'comment: "&a !!python/object:os.system {x}: <script>"'})
    scores = read_form(desk, path).scores
    assert set(scores.comments.values()) == {"&a !!python/object:os.system {x}: <script>"}
