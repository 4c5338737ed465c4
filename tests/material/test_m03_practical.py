"""What module 3's practical shows beside its exercises: its simulators, its data, and numbers that its text names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import simpy

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m03_modeling_simulation.bounded_fit import calibrated_costs
from reference_solutions.m03_modeling_simulation.dram_banks import DramBanks, trace_cycles
from reference_solutions.m03_modeling_simulation.event_kernel import EventKernel
from reference_solutions.m03_modeling_simulation.link_traces import link_table, store_and_forward_s
from reference_solutions.m03_modeling_simulation.request_scheduling import first_come, pick_request, served_requests
from reference_solutions.m03_modeling_simulation.simpoints import simpoint_estimate
from reference_solutions.m03_modeling_simulation.tool_selection import tool_table

FOLDER = material_root() / "assignments/authoring/m03_modeling_simulation"
TIMING = {"CL": 16, "tRCD": 16, "tRP": 16, "tRAS": 39, "tCCD": 4, "tRRD": 4, "tFAW": 26}
TIMING |= {"tREFI": 9364, "tRFC": 420, "burst": 4}


def course_cell(marker, **names):
    """What a cell of the notebook defines, run by itself."""
    namespace = {"np": np, "pd": pd, "simpy": simpy, **names}
    cells = [cell for cell in read(FOLDER / "practical/notebook.py") if marker in cell.text]
    exec(cells[0].text, namespace)
    return namespace


def data(name):
    return (FOLDER / "data" / name).read_text()


def test_the_kernels_trace_is_simpys_as_the_text_says():
    cell = course_cell("def trace_on_kernel(", EventKernel=EventKernel)
    ours, theirs = (cell[f"trace_on_{one}"](cell["sleeps"]) for one in ("kernel", "simpy"))
    assert ours == theirs
    assert [name for time, name in ours if time == 6.0] == ["timer", "dma", "cpu"]


def test_the_notebooks_memory_is_ours():
    cell = course_cell("def cache_misses(", DramBanks=DramBanks, DDR4_2400=TIMING)
    for name, hits, conflicts in (("stream", 3920, 0), ("strided", 0, 3968)):
        spent, counts = cell["latencies"](cell[name])
        ours = trace_cycles(cell[name], [(16, 4, 4), (64, 8, 14)], banks=8, lines_per_row=64, timing=TIMING)
        np.testing.assert_array_equal(spent, ours)
        assert (counts["hit"], counts["conflict"]) == (hits, conflicts)
        assert round(float(np.mean(spent))) == {"stream": 40, "strided": 73}[name]


@pytest.mark.parametrize("policy", [first_come, pick_request])
def test_the_notebooks_controller_is_ours(policy):
    cell = course_cell("def two_streams(", DramBanks=DramBanks, DDR4_2400=TIMING)
    for requests in (cell["two_streams"](120, 14), cell["a_stream_and_a_guest"](250, 4)):
        latency, hits = cell["served"](policy, requests)
        ours = served_requests(policy, requests, 4, TIMING)
        np.testing.assert_array_equal(latency, ours["latency"])
        assert hits == ours["counts"]["hit"]


def test_the_order_is_worth_a_factor_of_a_hundred():
    cell = course_cell("def two_streams(", DramBanks=DramBanks, DDR4_2400=TIMING)
    requests = cell["two_streams"](400, 14)
    plain, ours = (served_requests(one, requests, 4, TIMING)["latency"].mean() for one in (first_come, pick_request))
    assert 90 < plain / ours < 130
    guests = served_requests(pick_request, cell["a_stream_and_a_guest"](700, 4), 4, TIMING)["latency"]
    assert guests.max() < 1000


def test_points_and_links_are_as_the_text_says():
    stats, weights = data("points_stats.txt"), data("points_weights.txt")
    assert simpoint_estimate(stats, weights)["cpi"] == pytest.approx(0.804, abs=5e-4)
    end = "End Simulation Statistics"
    single = [simpoint_estimate(dump + end, "1 0")["cpi"] for dump in stats.split(end)[:3]]
    assert np.mean(single) / 0.804 == pytest.approx(1.2, abs=0.03)
    table = link_table(data("link_ns3.tr"), data("link_omnet.sca"))
    assert (1e3 * table["mean_delay_s"]).round(1).tolist() == [29.7, 26.1]
    assert (100 * table["loss"]).round().tolist() == [12, 5]
    assert store_and_forward_s(1250, [1e6], [4e-3]) == pytest.approx(0.014)
    rows = [line.split()[:2] for line in data("link_ns3.tr").splitlines()]
    sent, received = ([float(time) for what, time in rows if what == one] for one in "-r")
    np.testing.assert_allclose(np.subtract(received, sent), 0.014)


def test_the_calibration_comes_near_the_costs_that_the_readme_names():
    runs = pd.read_csv(FOLDER / "data/calibration_runs.csv")
    counts = runs[["instructions", "l2_hits", "dram_reads"]].to_numpy()
    bounds = np.zeros(3), np.array([1e-9, 2e-8, 2e-7])
    found = calibrated_costs(counts, runs["measured_s"], *bounds, runs["held_out"])
    np.testing.assert_allclose(found["cost_s"], [0.11e-9, 4.1e-9, 46e-9], rtol=0.05)
    assert found["test_error"] < 0.04
    less = calibrated_costs(counts[:, [0, 2]], runs["measured_s"], bounds[0][:2], bounds[1][[0, 2]], runs["held_out"])
    assert less["test_error"] == pytest.approx(0.1, abs=0.01)
    assert 1.4 < less["cost_s"][0] / found["cost_s"][0] < 1.6


def test_tools_are_chosen_as_the_text_says():
    tools = pd.read_csv(FOLDER / "data/tools.csv")
    long = tool_table(tools, {"processes": 1}, 1e9, 600)
    assert long["tool"][long["admitted"]].tolist() == ["ConcurrentSim"]
    show = tool_table(tools, {"visual": 5, "queues": 1, "documentation": 1}, 1e5, 60)
    assert not show["admitted"][int(np.argmax(show["score"]))]
    julia = tools.set_index("tool").loc["ConcurrentSim"]
    assert julia["start_s"] > 1e5 * julia["event_s"]
