"""Right answers of module 3's novel scenario by other ways, written from the released notebook alone."""

from __future__ import annotations

import heapq
import itertools
import json
import math
import statistics

from scipy import stats

from graders.checks import answer


def card(jobs, tiles, places):
    """Jobs lost and waits, by events: transfers that end, works that end."""
    engines, events, order = [0, 0], [], itertools.count()
    for arrives, moves, works in zip(jobs["arrival_us"], jobs["transfer_us"], jobs["work_us"], strict=True):
        begins = max(arrives, heapq.heappop(engines))
        heapq.heappush(engines, begins + moves)
        heapq.heappush(events, (begins + moves, 1, next(order), works))
    busy, buffer, waits, lost = 0, [], [], 0
    while events:
        now, what, _, works = heapq.heappop(events)
        if what == 0:  # a work has ended: before what comes to the card at the same time
            busy -= 1
            if buffer:
                since, works = buffer.pop(0)
                waits.append(now - since)
                busy += 1
                heapq.heappush(events, (now + works, 0, next(order), 0))
        elif busy < tiles:
            waits.append(0)
            busy += 1
            heapq.heappush(events, (now + works, 0, next(order), 0))
        elif len(buffer) < places:
            buffer.append((now, works))
        else:
            lost += 1
    return lost, waits


@answer("m03_card_plan", by="events in a heap, card by card")
def plan_by_events(scenario):
    lost, best = [], None
    for tiles in scenario["tiles"]:
        row = []
        for places in scenario["places"]:
            away, waits = card(scenario["jobs"], tiles, places)
            row.append(away)
            usd = scenario["tile_usd"] * tiles + scenario["place_usd"] * places
            if away <= scenario["most_lost"] and (best is None or (usd, away, tiles, places) < best[0]):
                best = ((usd, away, tiles, places), statistics.fmean(waits))
        lost.append(row)
    cards = sum(len(row) for row in lost)
    name, quickest = None, math.inf
    for level in scenario["levels"]:
        takes = level["setup_min"] + math.ceil(cards / scenario["hosts"]) * level["run_min"]
        if level["error_percent"] <= scenario["tolerance_percent"] and takes < quickest:
            name, quickest = level["level"], takes
    (usd, _, tiles, places), wait = best
    return {"level": name, "lost": lost, "tiles": tiles, "places": places, "usd": usd, "mean_wait_us": wait}


@answer("m03_experiment_file", by="plain sums, and scipy.stats")
def file_by_plain_sums(scenario):
    pilot = scenario["pilot"]
    series = pilot["batch_means_us"]

    def error(dropped):
        rest = series[dropped:]
        return statistics.pvariance(rest) / len(rest)

    warm_up = min(range(len(series) // 2), key=error) * pilot["jobs_per_batch"]
    spread = statistics.stdev(pilot["run_means_us"])
    runs = next(
        count
        for count in itertools.count(len(pilot["run_means_us"]))
        if stats.t.ppf(0.975, count - 1) * spread / count**0.5 <= pilot["wanted_us"]
    )
    seeds = list(range(pilot["first_seed"], pilot["first_seed"] + runs))
    return json.dumps({"warm_up_jobs": warm_up, "runs": runs, "seeds": seeds, "confidence": 0.95}, indent=1)
