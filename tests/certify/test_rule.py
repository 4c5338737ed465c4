"""The rule: all of it or none; whatever is missing is said, and nothing that is not proven counts."""

from __future__ import annotations

import dataclasses

import pytest

from graders.errors import CourseError
from graders.paths import material_root
from graders.rubrics import read_rule
from tests.certify.sample import STANDARD, evidence, with_module, with_round


def test_whoever_has_all_of_it_is_certified():
    decision = STANDARD.decide(evidence())
    assert decision.certified
    assert decision.reasons == ()


def test_the_rule_asks_for_all_eleven_modules_document_and_defence():
    assert [slug[:3] for slug in STANDARD.rule.modules] == [f"m{number:02}" for number in range(1, 12)]
    assert STANDARD.rule.rubrics == ("capstone", "defence")
    assert STANDARD.rule.raters == 3


@pytest.mark.parametrize("slug", STANDARD.rule.modules)
def test_every_module_is_needed(slug):
    for changes, said in (
        ({"outcome": "not yet", "reasons": ("practical: 3 of 9 points",)}, "not yet (practical: 3 of 9 points)"),
        ({"outcome": "not decidable yet", "reasons": ("it is not marked yet",)}, "not decidable yet"),
        ({"executions": (), "marks": ()}, "no evidence is named"),
    ):
        decision = STANDARD.decide(with_module(evidence(), slug, **changes))
        assert not decision.certified
        assert decision.reasons[0].startswith(f"{slug}: ")
        assert said in decision.reasons[0]


def test_a_partial_track_lists_all_that_is_missing():
    part = dataclasses.replace(evidence(), modules=evidence().modules[:4], rounds=())
    assert [one.partition(":")[0] for one in STANDARD.decide(part).reasons] == [
        *STANDARD.rule.modules[4:],
        "capstone",
        "defence",
    ]


@pytest.mark.parametrize("rubric", ["capstone", "defence"])
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"raters": 2}, "2 reviewers scored it, 3 are needed"),
        ({"final": False}, "not final"),
        ({"version": "0.9"}, "another rubric"),
        ({"rubric_digest": "0" * 64}, "another rubric"),
        ({"log_head": ""}, "no evidence is named"),
        ({"work": ""}, "no evidence is named"),
        ({"levels": {"C1": 4}}, "do not agree"),
    ],
)
def test_a_panels_decision_must_be_sound(rubric, changes, said):
    decision = STANDARD.decide(with_round(evidence(), rubric, **changes))
    assert not decision.certified
    assert said in decision.reasons[0]


def test_levels_decide_by_floor_and_total():
    levels = dict(evidence().rounds[0].levels) | {"C4": 1}
    decision = STANDARD.decide(with_round(evidence(), "capstone", levels=levels))
    assert decision.reasons == ("capstone: C4 Memory hierarchy: level 1, at least 2 is needed",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("raters: 3", "raters: 0", "greater than or equal to 1"), ("title:", "tittle:", "unknown key|Field required")],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path, old, new, said):
    text = (material_root() / "rubrics" / "certification.yaml").read_text()
    (tmp_path / "rule.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(CourseError, match=said) as refused:
        read_rule(tmp_path / "rule.yaml")
    assert "rule.yaml:" in str(refused.value)
