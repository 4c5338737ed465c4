"""The metric file that the module hands out: wrong as received, right when mended, by the function of level 1."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graders.paths import material_root
from reference_solutions.m02_tools_methods.mended_metric_file import mended_metric_file
from reference_solutions.m02_tools_methods.metric_evaluation import evaluate_metrics, require_measured_for
from reference_solutions.m02_tools_methods.metric_file import load_metric_file, read_metric_file
from reference_solutions.m02_tools_methods.topdown import topdown_level_1

DATA = material_root() / "assignments" / "authoring" / "m02_tools_methods" / "data"
CATEGORIES = ("retiring", "bad_speculation", "frontend_bound", "backend_bound")


@pytest.fixture
def received() -> str:
    return (DATA / "skylake_level_1.json").read_text(encoding="utf-8")


def test_as_received_it_is_not_sound(received):
    with pytest.raises(ValueError, match="1 problem: event any_clocks is used by no metric"):
        read_metric_file(received)


def test_mended_it_agrees_with_the_function_of_level_1(received):
    counters = pd.read_csv(DATA / "counters.csv", comment="#")
    file = read_metric_file(mended_metric_file(received))
    shares = topdown_level_1({name: counters[name].to_numpy() for name in counters})
    for name, column in evaluate_metrics(file, counters, CATEGORIES).items():
        np.testing.assert_allclose(column, shares[name], atol=1e-12)


def test_mended_it_is_for_the_events_that_were_counted(received):
    file, ours = read_metric_file(mended_metric_file(received)), load_metric_file("skylake_sp")
    require_measured_for(file, "GenuineIntel-6-55-4", "1.37")
    assert (file.event_file, file.event_file_version) == (ours.event_file, ours.event_file_version)
    named = set(ours.events.items())
    assert {event for _, event in file.events.items()} <= {event for _, event in named}
    assert set(file.documents) <= set(ours.documents)
