"""The simulator of module 10's worked example: its table, its fault, and the numbers that text and rubric name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m10_validation.agreement_figure import agreement_figure
from reference_solutions.m10_validation.error_metrics import model_errors
from reference_solutions.m10_validation.rank_fidelity import rank_fidelity

ROOT = material_root()
NOTEBOOK = ROOT / "assignments/authoring/m10_validation/worked_example/notebook.py"
MARKING = (ROOT / "rubrics/m10_validation.yaml").read_text().replace("\n      ", " ")


def cell(marker, start="", end=None, **names):
    text = next(cell for cell in read(NOTEBOOK) if marker in cell.text).text
    namespace = {"np": np, "pd": pd, **names}
    exec(text[text.index(start) : text.index(end) if end else None], namespace)
    return namespace


@pytest.fixture(scope="module")
def finished():
    return cell("kernels = pd.DataFrame(", "kernels = ")["kernels"].dropna()


@pytest.fixture(scope="module")
def times(finished):
    return finished["simulated [us]"].to_numpy(), finished["measured [us]"].to_numpy()


@pytest.fixture(scope="module")
def start_us(times):
    simulated, measured = times
    return cell("weights = 1 /", "weights", "print(", simulated=simulated, measured=measured)["start_us"]


def limits(simulated, measured):
    plain = agreement_figure([str(i) for i in range(12)], simulated, measured)
    return [round(one["y"][0], 2) for one in plain["series"] if one["kind"] == "line"]


def test_the_sales_pitch(times):
    assert round(model_errors(*times)["r2"], 3) == 0.995
    assert rank_fidelity(*times)["kendall"] == pytest.approx(1)


def test_what_text_and_rubric_say_before_the_mend(times):
    errors = model_errors(*times)
    assert round(100 * errors["mape"]) == 16
    assert round(100 * errors["mpe"]) == -11
    assert limits(*times) == [0.87, 0.59, 1.29, 0.48, 1.6]
    assert not agreement_figure([str(i) for i in range(12)], *times)["marks"]
    for said in ("bias (-11 %), the MAPE (16 %)", "0.59 to 1.29", "0.48 to 1.6"):
        assert said in MARKING


def test_each_kernel_is_left_out_and_the_mend_holds(times, start_us):
    simulated, measured = times
    for place in range(12):
        rest = np.arange(12) != place
        found = np.linalg.lstsq(1 / measured[rest, None], (measured - simulated)[rest] / measured[rest], rcond=None)[0]
        assert start_us[place] == pytest.approx(float(found[0]))
    assert np.all((start_us > 5) & (start_us < 6.1))
    errors = model_errors(simulated + start_us, measured)
    assert round(100 * errors["mape"]) == 7
    assert round(100 * errors["mpe"]) == 1
    assert limits(simulated + start_us, measured)[1:3] == [0.86, 1.18]
    for said in ("MAPE falls to 7 %", "0.86 to 1.18", "MAPE 16 to 7 %"):
        assert said in MARKING


def test_speed_ups_with_starts(finished, times, start_us):
    simulated, start = times[0], float(np.mean(start_us))
    found = dict(zip(finished["kernel"], np.round((simulated + start) / (simulated / 2 + start), 1), strict=True))
    assert (found["softmax"], found["cache append"]) == (1.8, 1.4)
    short = [found[name] for name in finished["kernel"][-6:]]
    assert (min(short), max(short)) == (1.4, 1.8)
    assert "1.8 of softmax and 1.4 of the cache append" in MARKING
