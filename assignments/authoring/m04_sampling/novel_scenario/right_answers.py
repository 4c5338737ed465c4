"""Right answers of module 4's novel scenario by other ways, written from the released notebook alone."""

from __future__ import annotations

import json
import math

from graders.checks import answer


@answer("m04_sampling_plan_file", by="searching for the number of windows, phase by phase in plain lists")
def plan_by_search(scenario):
    phases, period = scenario["phases"], scenario["period_windows"]
    total = sum(phase["windows"] for phase in phases)
    mean = math.fsum(phase["windows"] * phase["mean_cpi"] for phase in phases) / total
    most = (scenario["error"] * mean / scenario["z"]) ** 2  # of the variance
    scatter = {phase["phase"]: phase["cv"] * phase["mean_cpi"] for phase in phases}
    # the scatter of all windows of the day: mean of squares, less the square of the mean
    squares = math.fsum(p["windows"] * (scatter[p["phase"]] ** 2 + p["mean_cpi"] ** 2) for p in phases) / total
    spread = squares - mean**2

    low, high = 1, total
    while high > low:  # the fewest that keep the promise
        middle = (low + high) // 2
        low, high = (low, middle) if spread * (1 / middle - 1 / total) <= most * (1 + 1e-12) else (middle + 1, high)
    stride = max(k for k in range(1, total // low + 1) if math.gcd(k, period) == 1)
    minutes = low * math.fsum(phase["windows"] * phase["minutes"] for phase in phases) / total
    at_random = {"windows": low, "stride": stride, "hours": math.ceil(minutes / 60 - 1e-9)}

    roots = math.fsum(p["windows"] * scatter[p["phase"]] * math.sqrt(p["minutes"]) for p in phases)
    below = most * total**2 + math.fsum(p["windows"] * scatter[p["phase"]] ** 2 for p in phases)
    dealt = {
        p["phase"]: max(2, math.ceil(p["windows"] * scatter[p["phase"]] / math.sqrt(p["minutes"]) * roots / below))
        for p in phases
    }
    hours = scenario["profile_hours"] + math.fsum(dealt[p["phase"]] * p["minutes"] for p in phases) / 60
    by_phase = {"windows": dealt, "hours": math.ceil(hours - 1e-9)}
    if by_phase["hours"] < at_random["hours"]:
        chosen = "stratified"
        variance = math.fsum(
            (p["windows"] / total * scatter[p["phase"]]) ** 2 * (1 / dealt[p["phase"]] - 1 / p["windows"])
            for p in phases
        )
    else:
        chosen, variance = "random", spread * (1 / low - 1 / total)
    return json.dumps(
        {
            "error": scenario["error"],
            "confidence": scenario["confidence"],
            "random": at_random,
            "stratified": by_phase,
            "chosen": chosen,
            "half_width": scenario["z"] * math.sqrt(variance) / mean,
        },
        indent=2,
    )
