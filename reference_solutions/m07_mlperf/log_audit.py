r"""An audit of LoadGen's log: what the run claims, and what the rules say to it.

Question
    A log says VALID. Was the run what the rules ask for, and is it enough by its own counts?
Model
    The detail log has a line for each fact: `:::MLLOG` and a JSON object with `key` and `value`. A run is in order if
    no line is an error, it was in performance mode, its least duration was set to 600 s, its MultiStream queries have
    eight samples, and there are enough queries: Server by the late ones (`least_queries`), streams at least so many
    that one is allowed to be late, Offline at least 24,576 samples.
Assumes
    The benchmark's own mlperf.conf does not say otherwise (a data set with fewer samples may be shorter offline).
Breaks when
    The log itself is forged, or the accuracy run is missing: both are for other parts of an audit.
Source
    MLCommons, MLPerf Inference Rules, at commit ac93e89 of mlcommons/inference_policies (July 2026), scenarios and
    early stopping; LoadGen 6.0.17's mlperf_log_detail.txt.
Oracle
    Eight runs of LoadGen 6.0.17 on made-up systems, VALID and INVALID, with the queries that it asked for; logs that
    the test has LoadGen write itself, where it is installed.
"""

from __future__ import annotations

import json
from typing import Any

from scipy import special

__all__ = ["log_audit"]


def log_audit(detail: str) -> dict[str, Any]:
    """What a detail log says, and what is not in order.

    Parameters
    ----------
    detail : str
        Text of mlperf_log_detail.txt; lines that do not begin with `:::MLLOG` say nothing.

    Returns
    -------
    dict
        `scenario`; `claimed`, whether LoadGen called the run valid; `missing`, queries that are missing to be
        enough, offline samples; `breaches`, a sorted list of what is not in order: duration, errors, mode, queries,
        samples_per_query.

    Raises
    ------
    ValueError
        If the log names no scenario.

    Examples
    --------
    >>> facts = {"effective_scenario": "Server", "effective_test_mode": "PerformanceOnly", "num_errors": 0}
    >>> facts |= {"effective_min_duration_ms": 600000, "effective_target_latency_percentile": 0.99}
    >>> facts |= {"result_query_count": 500, "result_overlatency_query_count": 1, "result_validity": "INVALID"}
    >>> lines = [":::MLLOG " + json.dumps({"key": key, "value": value}) for key, value in facts.items()]
    >>> log_audit(chr(10).join(lines))
    {'scenario': 'Server', 'claimed': False, 'missing': 162, 'breaches': ['queries']}
    """
    lines = [json.loads(line[9:]) for line in detail.splitlines() if line.startswith(":::MLLOG ")]
    facts = {line["key"]: line["value"] for line in lines}
    if "effective_scenario" not in facts:
        raise ValueError("the log names no scenario")
    scenario = facts["effective_scenario"]
    count, missing = facts["result_query_count"], 0
    if scenario == "Offline":
        missing = max(0, 24576 - facts["generated_samples_per_query"] * count)
    else:
        late = facts["result_overlatency_query_count"] if scenario == "Server" else 1
        tail = 1 - facts["effective_target_latency_percentile"]
        while not special.bdtr(late, count + missing, tail) <= 0.01:  # nan if there are fewer queries than late ones
            missing += 1
    found = {
        "duration": facts["effective_min_duration_ms"] < 600_000,
        "errors": facts.get("num_errors", 0) > 0,
        "mode": facts["effective_test_mode"] != "PerformanceOnly",
        "queries": missing > 0,
        "samples_per_query": scenario == "MultiStream" and facts["effective_samples_per_query"] != 8,
    }
    return {
        "scenario": scenario,
        "claimed": facts["result_validity"] == "VALID",
        "missing": missing,
        "breaches": sorted(name for name, breach in found.items() if breach),
    }
