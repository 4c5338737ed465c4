"""The versions of module 1's worked example are constructed: they must fit the device, the layout, and each other."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest

from graders.paths import material_root
from reference_solutions.hardware import A100_SXM_80GB, MULTIPROCESSORS
from reference_solutions.m01_microarchitecture.decode_flight import decode_flight
from reference_solutions.m01_microarchitecture.occupancy import block_occupancy
from reference_solutions.m01_microarchitecture.warp_memory import warp_sectors

MODULE = material_root() / "assignments/authoring/m01_microarchitecture"
LANES = np.arange(32)


@pytest.fixture(scope="module")
def rows():
    lines = (MODULE / "data/decode_versions.csv").read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_blocks_are_those_that_fit_on_an_a100(rows):
    for row in rows:
        launch = [int(row[name]) for name in ("threads", "registers", "shared_bytes")]
        assert block_occupancy(*launch, MULTIPROCESSORS["8.0"])["blocks"] == int(row["blocks"]), row
        assert int(row["warps"]) * 32 == int(row["threads"])


def test_sectors_are_those_of_the_layouts(rows):
    layouts = {"A": (256 * LANES, 4), "B": (4 * LANES, 4)} | dict.fromkeys("CDEF", (16 * LANES, 16))
    for row in rows:
        addresses, access_bytes = layouts[row["version"][0]]
        assert int(row["access_bytes"]) == access_bytes
        assert int(row["sectors"]) == warp_sectors(addresses, access_bytes)


def test_bytes_are_those_of_the_shape(rows):
    whole = 2 * 8 * 128 * 2 * 8192 * 16
    assert {row["version"][0]: int(row["needed_bytes"]) for row in rows} == dict.fromkeys("ABCDE", whole) | {
        "F": whole // 2
    }


def test_the_notebooks_device_is_that_of_the_hardware_page():
    text = (MODULE / "worked_example/notebook.py").read_text()
    assert float(re.search(r'"bandwidth_bytes_per_s": ([\d.e]+)', text)[1]) == A100_SXM_80GB.bandwidth_bytes_per_s


def test_the_model_answers_numbers_are_right(rows):
    """Times in microseconds that the rubric names, by Little's law and the peak."""
    versions = {name: [int(row[name]) for row in rows] for name in rows[0] if name != "version"}
    gpu = {"multiprocessors": 108, "latency_s": 600e-9, "bandwidth_bytes_per_s": A100_SXM_80GB.bandwidth_bytes_per_s}
    times = decode_flight(versions, gpu)["time_s"] * 1e6
    said = (MODULE.parents[2] / "rubrics/m01_microarchitecture.yaml").read_text()
    for version, time in zip("ABCDEF", times, strict=True):
        if version in "ACEF":
            assert f"{time:.0f} µs" in said, version
    both = {name: values[4:5] for name, values in versions.items()} | {"needed_bytes": [versions["needed_bytes"][5]]}
    assert f"{decode_flight(both, gpu)['time_s'][0] * 1e6:.0f} µs" in said
