"""The search of module 8's worked example: its constructed leaf, and the numbers that text and rubric name."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m08_tail_latency.hedging import hedged_exceeds

ROOT = material_root()
NOTEBOOK = ROOT / "assignments/authoring/m08_tail_latency/worked_example/notebook.py"
MODEL_ANSWER = (ROOT / "rubrics/m08_tail_latency.yaml").read_text()
TIMES_S = np.linspace(0.004, 0.4, 397)


@pytest.fixture(scope="module")
def latency_s():
    text = next(cell for cell in read(NOTEBOOK) if "def leaf_latencies_s(" in cell.text).text
    namespace = {"np": np}
    exec(text[text.index("def leaf_latencies_s(") : text.index("pd.Series(")], namespace)
    return namespace["latency_s"]


def p99_ms(share):
    return 1e3 * TIMES_S[np.argmax(share <= 0.01)]


def test_the_leaf_is_as_the_text_says(latency_s):
    assert round(1e3 * float(np.quantile(latency_s, 0.99, method="inverted_cdf"))) == 14
    body = latency_s[latency_s < 0.02]
    assert 0.88 < np.mean((body > 0.005) & (body < 0.012)) < 0.97


def test_the_numbers_of_the_model_answer(latency_s):
    delay_s = float(np.quantile(latency_s, 0.95, method="inverted_cdf"))
    single, hedged = (hedged_exceeds(latency_s, delay, TIMES_S) for delay in (np.inf, delay_s))
    late = {"nothing": 1 - (1 - single) ** 100, "A": 1 - (1 - hedged) ** 100, "B": special.bdtr(94, 100, 1 - single)}
    assert [round(p99_ms(share)) for share in late.values()] == [227, 24, 13]
    assert np.mean(latency_s > delay_s) == pytest.approx(0.05, abs=1e-3)
    together = [0.98 * share + 0.02 * np.interp(TIMES_S - 0.06, TIMES_S, share, left=1.0) for share in late.values()]
    assert [round(p99_ms(share)) for share in together] == [252, 77, 71]
    faster = hedged_exceeds(0.8 * np.minimum(latency_s, 0.02) + np.maximum(latency_s - 0.02, 0), np.inf, TIMES_S)
    larger = hedged_exceeds(np.minimum(latency_s, 0.02) + latency_s, np.inf, TIMES_S)
    assert round(p99_ms(1 - (1 - faster) ** 100)) == 223
    assert round(p99_ms(1 - (1 - larger) ** 50)) == 244
    for said in ("227 to 24 ms", "falls to 13 ms", "C (223 ms)", "D (244", "77 ms and B to 71"):
        assert said in MODEL_ANSWER.replace("\n      ", " ")


def test_independent_leaves_would_contradict_the_published_table():
    """95 of 100 leaves: half of the requests within a leaf's p95 (5 ms), 99 % within its p99 (10 ms)."""
    assert special.bdtrc(94, 100, 0.95) > 0.5
    assert special.bdtrc(94, 100, 0.99) > 0.99
