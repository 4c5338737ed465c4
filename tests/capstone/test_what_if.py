"""What-if answers follow the candidate's own graph: what changes, what turns over, what stays."""

from __future__ import annotations

import dataclasses

import pytest

from graders.capstone.levels.matter import matter
from graders.capstone.what_if import what_if
from graders.errors import UsageError


def after(answer):
    return {one.id: one for one in answer.claims}


def test_nothing_changes_where_nothing_follows(seen):
    answer = what_if(seen, {"cost.usd_per_kwh": "x1"})
    assert [one.id for one in answer.claims] == ["cost.usd_per_kwh"]
    assert answer.flips == ()


def test_a_price_moves_cost_and_nothing_else(seen):
    answer = what_if(seen, {"cost.usd_per_kwh": "x2"})
    assert set(after(answer)) == {"cost.usd_per_kwh", "cost.tco", "cost.usd_per_mtok"}
    energy = seen.values["cost.energy_per_year"] * seen.values["cost.usd_per_kwh"] * seen.values["cost.years"]
    assert after(answer)["cost.tco"].share == pytest.approx(energy / seen.values["cost.tco"], rel=0.01)


def test_less_memory_turns_over_whether_a_batch_fits(seen):
    answer = what_if(seen, {"hw.device_memory": "-60%"})
    assert "memory" in {one.id for one in answer.flips}
    flip = next(one for one in answer.flips if one.id == "memory")
    assert (flip.before, flip.after) == (True, False)


def test_a_spare_less_misses_the_availability_that_was_promised(seen):
    answer = what_if(seen, {"cap.spares": "1"})
    assert "availability" in {one.id for one in answer.flips}
    assert after(answer)["cap.replicas"].before == "7"
    assert after(answer)["cap.replicas"].after == "6"


def test_longer_answers_reach_the_queue(seen):
    """The trace itself is longer then, and not only its mean."""
    answer = what_if(seen, {"wl.output_tokens_mean": "x2"})
    changed = after(answer)
    assert changed["tail.e2e_mean"].share == pytest.approx(1.0, abs=0.3)
    assert changed["cap.in_flight"].share > 0.6
    assert "e2e" in {one.id for one in answer.flips}


def test_another_machine_brings_its_data_sheet(seen, brief):
    answer = what_if(seen, {"hw.machine": "A100 SXM 80 GB"})
    changed = after(answer)
    assert {"hw.device_peak", "hw.device_price", "therm.resistance", "perf.token_step"} <= set(changed)
    assert changed["hw.device_peak"].after.startswith(
        f"{brief.machines['A100 SXM 80 GB']['hw.device_peak'] / 1e14:.2f}"
    )
    with pytest.raises(UsageError, match="expected one of A100"):
        what_if(seen, {"hw.machine": "B100"})


def test_what_has_no_value_any_more_says_why(seen):
    answer = what_if(seen, {"req.slo_tpot_p99": "x0.01"})
    changed = after(answer)
    assert changed["cap.replicas"].after.startswith("no value: ")
    assert {one.after for one in answer.flips} <= {None, False}


def test_a_formula_of_ones_own_is_followed_as_it_stands(document, index, brief, graph):
    """Half of the context is what this candidate says, and it is this candidate's graph."""
    own = dataclasses.replace(document.claims["mem.context_tokens"], formula="wl.prompt_tokens_mean * 2")
    changed = dataclasses.replace(document, claims={**document.claims, own.id: own})
    answer = what_if(matter(changed, index, brief, graph), {"wl.prompt_tokens_mean": "1000"})
    assert after(answer)["mem.context_tokens"].after == "2000 token/req"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"mem.swap": "1"}, "no claim of this document"),
        ({"cap.spares": "a few"}, "cannot read 'a few'"),
        ({"cap.spares": "xx"}, "cannot read 'xx'"),
    ],
)
def test_what_cannot_be_meant_is_refused(seen, changes, says):
    with pytest.raises(UsageError, match=says):
        what_if(seen, changes)


def test_a_value_may_be_given_in_the_documents_unit(seen, document):
    own = dataclasses.replace(document.claims["mem.weight_bytes"], value=202.0, unit="GB")
    changed = dataclasses.replace(document, claims={**document.claims, own.id: own})
    answer = what_if(dataclasses.replace(seen, document=changed), {"mem.weight_bytes": "200"})
    assert after(answer)["mem.weight_bytes"].before == "202 GB"
    assert after(answer)["mem.weight_bytes"].after == "200 GB"
    assert after(answer)["mem.weight_bytes"].share == pytest.approx(-2 / 202)
