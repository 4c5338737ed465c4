"""What module 7's practical shows beside its exercises: LoadGen in the sandbox, data, numbers that its text names."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy import special

from graders.authoring.build.percent import read
from graders.paths import material_root
from graders.records import Cell, Limits
from graders.sandbox import Sandbox, default_interpreter
from reference_solutions.m07_mlperf.batching_system import BatchingSystem, best_documents
from reference_solutions.m07_mlperf.early_stopping import early_stopping
from reference_solutions.m07_mlperf.log_audit import log_audit
from reference_solutions.m07_mlperf.scenarios import scenario_log
from reference_solutions.m07_mlperf.tier_rates import tier_rates
from reference_solutions.m07_mlperf.training_score import olympic_minutes

ROOT = material_root()
FOLDER = ROOT / "assignments/authoring/m07_mlperf"
CELLS = [cell.text for cell in read(FOLDER / "practical/notebook.py")]
SOURCE = json.loads((ROOT / "assignments/source/m07_mlperf/practical.ipynb").read_text())["cells"]
ANSWERS = {
    "scenario_log": scenario_log, "early_stopping": early_stopping, "BatchingSystem": BatchingSystem,
    "log_audit": log_audit, "tier_rates": tier_rates, "olympic_minutes": olympic_minutes,
}  # fmt: skip
RECORDED = {
    run["input"]["name"]: run
    for run in json.loads((Path(__file__).parents[1] / "oracles/m07_mlperf/loadgen_runs.json").read_text())["cases"]
}


def run(*markers, **names):
    """What cells of the notebook define, run one after the other, with the answers of the references."""
    mpl.use("Agg")
    namespace = {
        "np": np,
        "pd": pd,
        "special": special,
        "loadgen": None,
        "json": json,
        "Path": Path,
        **ANSWERS,
        **names,
    }
    namespace["print"] = lambda *_: None
    exec(next(cell for cell in CELLS if "import matplotlib" in cell), namespace)
    with contextlib.chdir(FOLDER):
        for marker in markers:
            exec(next(cell for cell in CELLS if marker in cell), namespace)
    return namespace


# --- LoadGen ----------------------------------------------------------------------------------------------------------


def sandboxed(source_of_plans=lambda text: text, limits=Limits()):  # noqa: B008  frozen
    """The notebook's cells up to the audit of the logs, in a sandbox; then what LoadGen said."""
    texts = ["".join(cell["source"]) for cell in SOURCE if cell["cell_type"] == "code"]
    texts = texts[: next(place for place, text in enumerate(texts) if "recorded = " in text) + 1]
    texts = [source_of_plans(text) for text in texts]
    texts.append(
        "print(loadgen is not None)\nprint(json.dumps([table['claimed'].to_dict(), table['breaches'].to_dict()]))"
    )
    data = {"data/loadgen_runs.log": (FOLDER / "data/loadgen_runs.log").read_bytes()}
    cells = [Cell(place, text, ("end",) if place == len(texts) - 1 else ()) for place, text in enumerate(texts)]
    with (
        Sandbox(default_interpreter(), imports=("numpy", "pandas"), limits=limits) as sandbox,
        sandbox.run(cells, data) as made,
    ):
        shown = ["".join(str(one.get("text", "")) for one in cell.outputs) for cell in made.cells]
        wrong = [one for cell in made.cells for one in cell.outputs if one["output_type"] == "error"]
    return texts, shown, wrong


def with_loadgen():
    """Whether the sandbox's environment has a wheel of it."""
    return bool(list(default_interpreter().parents[1].glob("lib/python*/site-packages/mlperf_loadgen*")))


needs_loadgen = pytest.mark.skipif(not with_loadgen(), reason="there is no wheel of LoadGen for this machine")


@needs_loadgen
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads
def test_loadgen_drives_the_students_system_in_the_sandbox():
    texts, shown, wrong = sandboxed()
    assert wrong == []
    installed, said = shown[-1].splitlines()
    assert installed == "True"
    claimed, breaches = json.loads(said)
    yours = [name for name in claimed if name.startswith("yours")]
    assert len(yours) == 4
    for name in yours:
        assert "duration" in breaches[name]  # 20 ms are no run
        assert not {"mode", "samples_per_query"} & set(breaches[name].split(", "))
    assert shown[next(place for place, text in enumerate(texts) if text.startswith("PLANS"))].count("answered") == 4


@needs_loadgen
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (('"SingleStream": (100, 1)', '"SingleStream": (100, 2)'), "kept for a second"),
        (("BatchingSystem(documents, batch_size), scenario", "None, scenario"), "AttributeError"),
    ],
)
def test_a_system_that_does_not_answer_hangs_nobody(changed, problem):
    texts, shown, wrong = sandboxed(lambda text: text.replace(*changed))
    assert wrong == []
    assert problem in shown[next(place for place, text in enumerate(texts) if text.startswith("PLANS"))]


@needs_loadgen
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("late", ["inside the system", "behind its back"])
def test_a_system_that_never_ends_is_stopped_and_what_follows_still_runs(late):
    """LoadGen must not be torn out of its run: its threads would crash the process later, and take answers along."""
    loop = "while True:\n        pass"
    issue = {
        "inside the system": f"def issue(*_):\n    {loop}\n",
        "behind its back": f"class Number(int):\n  def __hash__(self):\n    {loop}\n\n"
        "def issue(self, numbers, indices):\n    return [(Number(number), 0) for number in numbers]\n",
    }[late]
    course = "PLANS = {"
    *_, wrong = sandboxed(
        lambda text: text.replace(
            course, f"{issue}\nright = BatchingSystem.issue\nBatchingSystem.issue = issue\n{course}"
        ).replace("def found_share", "BatchingSystem.issue = right\n\n\ndef found_share"),
        Limits(cell_cpu_s=4.0),  # what comes before imports numpy and LoadGen, and must not be stopped
    )
    assert [one["ename"] for one in wrong] == ["KeyboardInterrupt"]


def test_without_loadgen_the_recorded_logs_are_read():
    notebook = run("def best_documents", "logs = {}", "def found_share", "recorded = ", PLANS={})
    assert len(notebook["table"]) == len(RECORDED)
    found = notebook["rows"]
    assert [found[f"{bits} bits"][1] for bits in (32, 12, 10, 8, 4)] == ["yes", "yes", "yes", "no", "no"]


def test_the_lock_files_name_loadgen_for_the_same_machines():
    entries = []
    for name in ("sandbox", "student"):
        text = (ROOT / f"locks/{name}.txt").read_text()
        entries.append(re.search(r"^mlcommons-loadgen==(\S+) ; (.*) \\$", text, flags=re.MULTILINE))
    assert entries[0].groups() == entries[1].groups()
    assert "platform_machine == 'x86_64' and sys_platform == 'linux'" in entries[0][2]
    assert "loadgen" not in (ROOT / "locks/tool.txt").read_text()  # the tool itself does without


def test_the_data_are_the_recorded_runs():
    parts = (FOLDER / "data/loadgen_runs.log").read_text().split("# ")[1:]
    assert len(parts) == len(RECORDED)
    runs = {run["detail"]["result_mean_latency_ns"]: run for run in RECORDED.values()}
    for part in parts:
        facts = {json.loads(line[9:])["key"]: json.loads(line[9:])["value"] for line in part.splitlines()[1:] if line}
        recorded = runs[facts["result_mean_latency_ns"]]["detail"]
        assert facts == {key: recorded[key] for key in facts}
        assert facts["result_validity"] == recorded["result_validity"]


def test_the_notebooks_workload_is_the_references():
    notebook = run("def best_documents")
    documents, samples = notebook["documents"], notebook["samples"]
    assert notebook["best_documents"](documents, samples).tolist() == best_documents(documents, samples).tolist()


# --- numbers that the text names --------------------------------------------------------------------------------------


def test_one_system_has_four_results():
    rows = run("service_s = np.where")["rows"]
    assert rows["SingleStream"].startswith("10 ms")
    assert 140 < float(rows["MultiStream"].split()[0]) <= 160
    assert round(float(rows["Offline"].split()[0])) == 87
    assert float(rows["Server at 60/s"].split()[0]) <= 130 < float(rows["Server at 70/s"].split()[0])


def test_a_tier_is_worth_what_the_text_says():
    rows = run("named = {")
    found = tier_rates(rows["rates"], rows["ttft_s"], rows["tpot_s"], rows["named"], 12.0)
    assert found["rate_per_s"].tolist() == [12.0, 11.5, 4.5, 3.0]


@pytest.mark.shared
def test_googles_runs_are_those_of_the_entry(shared_oracles):
    minutes = run("google_minutes = ")["google_minutes"]
    entries = json.loads((shared_oracles / "systems/mlperf/training_v50_results.json").read_text())["cases"]
    (entry,) = (one for one in entries if (one["submitter"], one["system"]) == ("Google", "h200_n8_nemo"))
    assert entry["run_minutes"] == minutes
    assert np.mean(minutes) - olympic_minutes(minutes) == pytest.approx(0.41, abs=0.01)
