"""Prefetchers: closed forms of one step, and the whole history searched anew at each access."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_solutions.m01_microarchitecture.stride_prefetcher import prefetch_scores, stride_prefetches

FAR = 10**6  # lines of a page, or of a cache, that is never full


@pytest.mark.parametrize("step", [1, 3, -2])
@pytest.mark.parametrize(("same", "ahead"), [(1, 1), (2, 1), (2, 4), (3, 7)])
def test_one_step_has_a_closed_form(step, same, ahead):
    count = 60
    lines = 5000 + step * np.arange(count)
    found = stride_prefetches([8] * count, lines, same, ahead, ahead, FAR, FAR)
    useful = count - same - ahead
    assert found == {"issued": count - same, "useful": useful, "late": 0, "misses": same + ahead}
    assert prefetch_scores(found)["coverage"] == useful / count


def test_one_step_ahead_covers_all_but_the_accesses_that_teach():
    scores = prefetch_scores(stride_prefetches([1] * 50, range(50), 2, 1, 0, FAR, FAR))
    assert scores["coverage"] == (50 - 3) / 50  # three accesses teach two steps that are the same


@pytest.mark.parametrize(("ahead", "latency", "late"), [(4, 4, 0), (4, 5, 1), (1, 2, 1), (1, 1, 0)])
def test_what_takes_longer_than_the_distance_is_late(ahead, latency, late):
    found = stride_prefetches([1] * 40, range(40), 2, ahead, latency, FAR, FAR)
    assert prefetch_scores(found)["lateness"] == late


def test_no_guess_leaves_its_page():
    """Within each page of 16 lines the last `ahead` guesses are not made, so that the next page starts with misses."""
    found = stride_prefetches([1] * 64, range(64), 2, 3, 0, FAR, 16)
    assert found["misses"] == (2 + 3) + 3 * 3
    assert found["useful"] == found["issued"] == 64 - found["misses"]


def test_a_page_has_64_lines_unless_said_otherwise():
    assert stride_prefetches([1] * 66, range(66), 2, 1, 0, FAR)["misses"] == 4  # three that teach, and line 64


def test_two_instructions_do_not_confuse_each_other():
    lines = np.stack([np.arange(40), 9000 - 5 * np.arange(40)], axis=1).ravel()
    apart = stride_prefetches([1, 2] * 40, lines, 2, 1, 0, FAR, FAR)
    mixed = stride_prefetches([1] * 80, lines, 2, 1, 0, FAR, FAR)
    assert apart == {"issued": 76, "useful": 74, "late": 0, "misses": 6}
    assert mixed["issued"] == 0


def test_a_small_cache_loses_guesses_before_they_are_used():
    wide = stride_prefetches([1] * 50, range(50), 2, 8, 0, 16, FAR)
    narrow = stride_prefetches([1] * 50, range(50), 2, 8, 0, 8, FAR)
    assert wide["useful"] == 50 - 2 - 8
    assert narrow["useful"] == 0
    assert narrow["misses"] == 50


def test_a_line_that_an_access_pushes_out_can_be_asked_for_at_once():
    found = stride_prefetches([1, 2, 1, 2], [7, 4, 0, 5], 1, 2, 0, 3, 4)
    assert found == {"issued": 1, "useful": 0, "late": 0, "misses": 4}


def searched_anew(loads, lines, same, ahead, latency, capacity, page):
    """Keeps nothing but what happened: every question is answered by going through it from its start."""
    happened, counts = [], dict.fromkeys(("issued", "useful", "late", "misses"), 0)  # (when, line, "use" or arrival)

    def still_held(line):
        """What last happened to the line, unless as many others were touched or brought in since."""
        places = [place for place, (_, there, _) in enumerate(happened) if there == line]
        if not places or len({there for _, there, _ in happened[places[-1] + 1 :]}) >= capacity:
            return None
        return happened[places[-1]]

    for now, (load, line) in enumerate(zip(loads, lines, strict=True)):
        before = still_held(line)
        if before is None:
            counts["misses"] += 1
        elif before[2] != "use":
            counts["useful"] += 1
            counts["late"] += before[2] > now
        happened.append((now, line, "use"))
        own = [there for other, there in zip(loads[: now + 1], lines, strict=False) if other == load]
        places = [place for number, place in enumerate(own) if number == 0 or own[number - 1] != place]
        if len(own) < 2 or own[-1] == own[-2] or len(places) <= same:
            continue
        steps = {b - a for a, b in zip(places[-same - 1 :], places[-same:], strict=False)}
        target = line + ahead * (places[-1] - places[-2])
        if len(steps) == 1 and target >= 0 and target // page == line // page and still_held(target) is None:
            counts["issued"] += 1
            happened.append((now, target, now + latency))
    return counts


traces = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12)), max_size=60)


@settings(max_examples=500, deadline=None)
@given(traces, st.integers(1, 3), st.integers(1, 3), st.integers(0, 4), st.integers(2, 9), st.sampled_from([4, 64]))
def test_any_trace_is_that_of_history_searched_anew(trace, same, ahead, latency, capacity, page):
    loads, lines = [load for load, _ in trace], [line for _, line in trace]
    found = stride_prefetches(loads, lines, same, ahead, latency, capacity, page)
    assert found == searched_anew(loads, lines, same, ahead, latency, capacity, page)
    assert found["late"] <= found["useful"] <= found["issued"]


def test_nothing_to_divide_by_is_not_a_number():
    assert all(math.isnan(score) for score in prefetch_scores(stride_prefetches([], [], 2, 1, 0, 8)).values())


def test_what_no_prefetcher_can_be_is_refused():
    with pytest.raises(ValueError, match="each access"):
        stride_prefetches([1], [1, 2], 2, 1, 0, 8)
    with pytest.raises(ValueError, match="steps_ahead"):
        stride_prefetches([1], [1], 2, 0, 0, 8)
    with pytest.raises(ValueError, match="useful ones were issued"):
        prefetch_scores({"issued": 3, "useful": 4, "late": 0, "misses": 1})
