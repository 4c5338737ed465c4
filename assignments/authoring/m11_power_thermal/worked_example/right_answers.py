"""Right answers of module 11's worked example by other ways, written from the released notebook alone."""

from __future__ import annotations

import itertools

import numpy as np

from graders.checks import answer


@answer("m11_floorplan_file", by="swapping pairs from every start until nothing improves")
def plan_by_swaps(units, slots_m, influence_k_per_w, links, k_per_m):
    """Descends by swaps from many starts; six units leave few places to get stuck in."""
    names, gains = list(units), np.asarray(influence_k_per_w)
    middle = [(left + width / 2, low + height / 2) for width, height, left, low in slots_m]

    def cost(order):
        watts = np.zeros(len(order))
        for name, slot in zip(names, order, strict=True):
            watts[slot] += units[name]
        total = max(gains @ watts)
        for a, b, weight in links:
            (x, y), (p, q) = middle[order[names.index(a)]], middle[order[names.index(b)]]
            total += k_per_m * weight * (abs(x - p) + abs(y - q))
        return total

    def descended(order):
        best = cost(order)
        while True:
            for i, j in itertools.combinations(range(len(order)), 2):
                other = list(order)
                other[i], other[j] = other[j], other[i]
                if cost(other) < best - 1e-12:
                    order, best = other, cost(other)
                    break
            else:
                return best, order

    rng = np.random.default_rng(0)
    _, order = min(descended(list(rng.permutation(len(names)))) for _ in range(40))
    return "\n".join(
        f"{name} {' '.join(f'{word:.6f}' for word in slots_m[slot])}" for name, slot in zip(names, order, strict=True)
    )


@answer("m11_tj_figure", by="the best of many temperatures")
def figure_by_a_grid(limits_c, coolers, chip):
    """Looks at every hundredth of a kelvin up to each limit."""
    clocks, powers = chip["clocks_ghz"], chip["dynamic_w"]
    series, marked, nowhere = [], [], []
    for name, resistance in coolers.items():
        points = []
        for limit in limits_c:
            t = np.append(np.arange(chip["ambient_c"], limit, 0.01), limit)
            leaks = chip["leakage_w"] * np.exp(chip["per_k"] * (t - chip["nominal_c"]))
            most = np.max((t - chip["ambient_c"]) / resistance - leaks)
            if most < powers[0]:
                continue
            place = int(np.searchsorted(powers, most, side="right"))
            if place == len(powers):
                points.append((limit, clocks[-1]))
                continue
            share = (most - powers[place - 1]) / (powers[place] - powers[place - 1])
            points.append((limit, clocks[place - 1] + share * (clocks[place] - clocks[place - 1])))
        if not points:
            nowhere.append(name)
            continue
        x, y = zip(*points, strict=True)
        series.append({"label": name, "kind": "line", "x": list(map(float, x)), "y": list(map(float, y))})
        first = next(place for place, clock in enumerate(y) if clock > y[-1] - 0.001)
        marked.append({"label": name, "x": float(x[first]), "y": float(y[first])})
    return {
        "title": "Clock against limit",
        "x": {"label": "limit of the junction [degC]", "scale": "linear", "limits": [limits_c[0], limits_c[-1]]},
        "y": {"label": "clock [GHz]", "scale": "linear", "limits": [0, clocks[-1]]},
        "series": series,
        "marks": marked,
        "left_out": nowhere,
    }
