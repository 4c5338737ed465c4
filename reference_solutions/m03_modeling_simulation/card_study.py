r"""An accelerator card, sized by simulation: tiles, places in its buffer, and the level of fidelity for the study.

Question
    Jobs come in bursts over two DMA engines to a card with k compute tiles and a buffer. What is the cheapest card that
    loses hardly any, which simulator is enough to find out, and how is the experiment planned?
Model
    .. math:: r_n = \max(a_n, \min_e E_e) + t_n, \qquad s_m = \max(r_m, \min_j F_j), \qquad
        \text{lost} \iff \min_j F_j > r_m \;\wedge\; |\{i < m : s_i > r_m\}| \ge B

    Job :math:`n` takes the engine that is free first and is on the card at :math:`r_n`. In the order of :math:`r` it
    begins on a tile at once, or waits in one of :math:`B` places, or is lost if all of them are taken. All times are
    whole microseconds: two who simulate the same card count the same losses.
Assumes
    A given trace; first come, first served at both stations; a lost job does not come again.
Breaks when
    Lost jobs are sent again, tiles share a memory, or next month's bursts are longer than the trace's.
Source
    Two queues in a row, as `queue_waits_s` of module 8 simulates one; levels as in `fidelity_table`; warm-up and number
    of runs as in `mser_truncation` and `replication_interval`.
Oracle
    SimPy, with a resource for the engines and another for the tiles, job by job; the models named above.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import special

__all__ = ["card_plan", "experiment_file"]


def card_plan(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """The cheapest card that loses no more than allowed, and the level of fidelity for the study.

    Parameters
    ----------
    scenario : mapping
        `jobs` with `arrival_us`, `transfer_us` and `work_us`; `tiles` and `places` on offer; `tile_usd`, `place_usd`,
        `most_lost`; `levels`, each with `level`, `error_percent`, `setup_min`, `run_min`; `tolerance_percent`, `hosts`.

    Returns
    -------
    dict
        `level`; `lost`: a list for each number of tiles, of the jobs lost with each number of places; `tiles`,
        `places`; `usd`; `mean_wait_us` of the jobs that are not lost, on the card chosen.

    Examples
    --------
    One tile: the second of three jobs waits, the third finds the only place taken.

    >>> jobs = {"arrival_us": [0, 0, 1], "transfer_us": [10, 12, 15], "work_us": [50, 50, 50]}
    >>> level = {"level": "formula", "error_percent": 30, "setup_min": 9, "run_min": 1}
    >>> card = {"jobs": jobs, "tiles": [1], "places": [1, 2], "tile_usd": 50, "place_usd": 5, "most_lost": 1}
    >>> plan = card_plan(card | {"levels": [level], "tolerance_percent": 40, "hosts": 2})
    >>> plan["lost"], plan["places"], plan["usd"], plan["mean_wait_us"]
    ([[1, 0]], 1, 55, 24.0)
    """
    jobs = scenario["jobs"]
    engine_free, on_card = [0, 0], []
    for arrives, moves, works in zip(jobs["arrival_us"], jobs["transfer_us"], jobs["work_us"], strict=True):
        engine = engine_free.index(min(engine_free))
        engine_free[engine] = max(arrives, engine_free[engine]) + moves
        on_card.append((engine_free[engine], works))
    on_card.sort(key=lambda job: job[0])  # of equal times the order of arrival stays
    lost: list[list[int]] = []
    waits, allowed = {}, []
    for tiles in scenario["tiles"]:
        lost.append([])
        for places in scenario["places"]:
            tile_free, away = [0] * tiles, 0
            begins: list[int] = []
            waited: list[int] = []
            for now, works in on_card:
                tile = tile_free.index(min(tile_free))
                if tile_free[tile] > now and sum(begin > now for begin in begins[-places:]) >= places:
                    away += 1
                    continue
                begins.append(max(now, tile_free[tile]))
                waited.append(begins[-1] - now)
                tile_free[tile] = begins[-1] + works
            lost[-1].append(away)
            waits[tiles, places] = float(np.mean(waited))
            usd = tiles * scenario["tile_usd"] + places * scenario["place_usd"]
            if away <= scenario["most_lost"]:
                allowed.append((usd, away, tiles, places))
    usd, _, tiles, places = min(allowed)
    rounds = -(-len(waits) // scenario["hosts"])  # rounded up
    enough = [one for one in scenario["levels"] if one["error_percent"] <= scenario["tolerance_percent"]]
    quickest = min(enough, key=lambda one: one["setup_min"] + rounds * one["run_min"])
    return {
        "level": quickest["level"],
        "lost": lost,
        "tiles": tiles,
        "places": places,
        "usd": usd,
        "mean_wait_us": waits[tiles, places],
    }


def experiment_file(scenario: Mapping[str, Any]) -> str:
    """The plan of the statistical experiment, as JSON.

    Parameters
    ----------
    scenario : mapping
        `pilot` with `run_means_us`, `batch_means_us`, `jobs_per_batch`, `wanted_us` and `first_seed`.

    Returns
    -------
    str
        `warm_up_jobs`, `runs`, `seeds`, `confidence`.

    Examples
    --------
    >>> pilot = {"run_means_us": [90, 110, 100, 120, 80], "batch_means_us": [0, 50, 100, 102, 100, 102, 100, 102]}
    >>> pilot |= {"jobs_per_batch": 50, "wanted_us": 15, "first_seed": 7000}
    >>> json.loads(experiment_file({"pilot": pilot}))
    {'warm_up_jobs': 100, 'runs': 7, 'seeds': [7000, 7001, 7002, 7003, 7004, 7005, 7006], 'confidence': 0.95}
    """
    pilot = scenario["pilot"]
    batches = np.array(pilot["batch_means_us"], dtype=float)
    error = [
        np.sum((batches[d:] - batches[d:].mean()) ** 2) / (len(batches) - d) ** 2 for d in range(len(batches) // 2)
    ]
    spread = np.std(pilot["run_means_us"], ddof=1)
    runs = len(pilot["run_means_us"])
    while special.stdtrit(runs - 1, 0.975) * spread / np.sqrt(runs) > pilot["wanted_us"]:
        runs += 1
    return json.dumps(
        {
            "warm_up_jobs": int(np.argmin(error)) * pilot["jobs_per_batch"],
            "runs": runs,
            "seeds": [pilot["first_seed"] + number for number in range(runs)],
            "confidence": 0.95,
        }
    )
