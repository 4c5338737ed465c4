"""Right answers of module 4's practical by other ways, written from the released notebook alone."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from graders.checks import answer


@answer("m04_block_profiler", by="the whole trace kept, and cut when somebody asks")
class ProfilerByTrace:
    """Remembers every block that was entered."""

    def __init__(self, sizes, interval):
        if not len(sizes) or any(size < 1 for size in sizes) or interval < 1:
            raise ValueError("no such program")
        self._sizes, self._interval, self._trace = np.asarray(sizes), interval, []

    @property
    def finished(self):
        return sum(filled for _, filled in self._cut())

    def enter(self, block):
        if block not in range(len(self._sizes)):
            raise ValueError("no such block")
        self._trace.append(block)

    def vectors(self):
        counts = [np.bincount(part, minlength=len(self._sizes)) * self._sizes for part, _ in self._cut()]
        return [list(row / row.sum()) for row in counts]

    def weights(self):
        lengths = [self._sizes[part].sum() for part, _ in self._cut()]
        return [length / self._sizes[self._trace].sum() for length in lengths]

    def _cut(self):
        parts, part, length = [], [], 0
        for block in self._trace:
            part.append(block)
            length += self._sizes[block]
            if length >= self._interval:
                parts.append((part, True))
                part, length = [], 0
        return parts + [(part, False)] * bool(part)


@answer("m04_projected_vectors", by="sums, number by number")
def projected_by_sums(vectors, dimensions=15, seed=0):
    if dimensions <= 0:
        raise ValueError("nothing is kept")
    rows = [[float(share) for share in row] for row in vectors]
    if len(rows[0]) <= dimensions:
        return rows
    matrix = np.random.default_rng(seed).uniform(-1, 1, size=(len(rows[0]), dimensions)).T.tolist()
    return [[math.fsum(a * b for a, b in zip(row, one, strict=True)) for one in matrix] for row in rows]


@answer("m04_weighted_kmeans", by="interval by interval, with plain lists")
def kmeans_with_lists(vectors, weights, starts, rounds):
    if not starts or rounds < 1:
        raise ValueError("nowhere to begin")
    x = [[float(number) for number in row] for row in vectors]

    def apart(one, other):
        return math.fsum((a - b) ** 2 for a, b in zip(one, other, strict=True))

    def led_on(start):
        centres, labels = [x[place] for place in start], None
        for _ in range(rounds):
            known = labels
            labels = [min(range(len(centres)), key=lambda j: (apart(row, centres[j]), j)) for row in x]
            if labels == known:
                break
            for j in range(len(centres)):
                mine = [i for i, label in enumerate(labels) if label == j]
                mass = math.fsum(weights[i] for i in mine)
                if mine:
                    centres[j] = [math.fsum(weights[i] * x[i][c] for i in mine) / mass for c in range(len(x[0]))]
        total = math.fsum(w * apart(row, centres[j]) for w, row, j in zip(weights, x, labels, strict=True))
        return {"labels": labels, "centres": centres, "distortion": total}

    best = led_on(starts[0])
    for start in starts[1:]:
        found = led_on(start)
        if best["distortion"] - found["distortion"] > 1e-9 * best["distortion"]:
            best = found
    return best


@answer("m04_bic_score", by="the density of each interval's cloud, summed")
def score_by_densities(vectors, weights, clustering):
    x, labels, centres = (
        np.asarray(vectors, float),
        list(clustering["labels"]),
        np.asarray(clustering["centres"], float),
    )
    n, d = x.shape
    if len(weights) != n or len(labels) != n:
        raise ValueError("something is missing")
    w = np.asarray(weights, float) / np.mean(weights)  # one, on average
    squares = [float(np.dot(x[i] - centres[labels[i]], x[i] - centres[labels[i]])) for i in range(n)]
    variance = math.fsum(w * squares) / (n * d)
    if not variance:
        return math.inf
    mass = {j: math.fsum(w[i] for i in range(n) if labels[i] == j) for j in set(labels)}
    total = math.fsum(
        w[i] * (math.log(mass[labels[i]] / n) - squares[i] / (2 * variance) - d / 2 * math.log(2 * math.pi * variance))
        for i in range(n)
    )
    return total - (len(centres) * (d + 1)) / 2 * math.log(n)


@answer("m04_chosen_k", by="from the smallest number upwards")
def k_from_below(clusters, scores, share=0.9):
    if len(clusters) < 1 or len(clusters) != len(scores) or share < 0 or share > 1:
        raise ValueError("nothing to choose")
    low, high = min(scores), max(scores)
    for k, score in sorted(zip(clusters, scores, strict=True)):
        if high == low or (score - low) / (high - low) >= share - 1e-12:
            return int(k)
    return None


@answer("m04_simulation_points", by="one cluster after the other, from the largest")
def points_from_the_largest(vectors, weights, clustering, coverage=1.0):
    if coverage <= 0 or coverage > 1:
        raise ValueError("no such coverage")
    members = {}
    for interval, label in enumerate(clustering["labels"]):
        members.setdefault(int(label), []).append(interval)
    total = math.fsum(weights)
    mass = {label: math.fsum(weights[i] for i in mine) for label, mine in members.items()}
    kept, reached = [], 0.0
    for label in sorted(mass, key=lambda one: (-round(mass[one], 12), one)):
        if reached > coverage * (1 - 1e-9) or not mass[label]:
            break
        kept.append(label)
        reached += mass[label] / total
    rows = []
    for label in sorted(kept):
        away = [math.dist(vectors[i], clustering["centres"][label]) for i in members[label]]
        first = next(i for i, far in zip(members[label], away, strict=True) if far <= min(away) * (1 + 1e-10))
        rows.append([label, first, mass[label] / math.fsum(mass[one] for one in kept)])
    return pd.DataFrame(rows, columns=["cluster", "interval", "weight"])


@answer("m04_trustworthiness", by="neighbour by neighbour")
def trust_by_counting(vectors, positions, neighbours=5):
    n = len(vectors)
    if len(positions) != n or neighbours < 1 or 2 * neighbours >= n:
        raise ValueError("no such neighbours")

    def ordered(points, i):
        return sorted((j for j in range(n) if j != i), key=lambda j: (math.dist(points[i], points[j]), j))

    too_far = 0
    for i in range(n):
        truth = ordered(vectors, i)
        too_far += sum(max(0, truth.index(j) + 1 - neighbours) for j in ordered(positions, i)[:neighbours])
    return 1 - too_far * 2 / (n * neighbours) / (2 * n - 3 * neighbours - 1)


@answer("m04_phase_figure", by="phases collected one by one")
def figure_one_by_one(positions, labels, points):
    frame = pd.DataFrame(points)
    of_phase = {}
    for (x, y), label in zip(positions, labels, strict=True):
        of_phase.setdefault(int(label), []).append((float(x), float(y)))
    edges = [float(np.min(positions)), float(np.max(positions))]
    plain = {"title": "Map", "series": [], "marks": []}
    for name in "xy":
        plain[name] = {"label": name, "scale": "linear", "limits": edges}
    for label, places in of_phase.items():
        x, y = zip(*places, strict=True)
        plain["series"].append({"label": f"phase {label}", "kind": "points", "x": list(x), "y": list(y)})
    for row in frame.itertuples():
        x, y = positions[int(row.interval)]
        plain["marks"].append(
            {"label": f"interval {int(row.interval)}: {row.weight:.0%}", "x": float(x), "y": float(y)}
        )
    return plain | {"left_out": [f"phase {label}" for label in of_phase if label not in set(frame["cluster"])]}


@answer("m04_units_needed", by="counting up from a lower bound")
def units_by_counting(variation, error, z=3.0, population=np.inf):
    if variation < 0 or error <= 0 or z <= 0 or population < 1:
        raise ValueError("no such sample")

    def is_enough(units):
        unknown = 0 if math.isinf(population) else 1 / population
        return z * variation * math.sqrt(max(0.0, 1 / units - unknown)) <= error * (1 + 1e-10)

    low, high = 0, 1
    while not is_enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


@answer("m04_sampled_interval", by="leftovers one by one")
def interval_by_leftovers(values, bases=None, confidence=0.95, population=np.inf):
    n = len(values)
    if n < 2 or (bases is not None and len(bases) != n) or population < n or not 0 < confidence < 1:
        raise ValueError("no interval")
    bases = [1.0] * n if bases is None else [float(one) for one in bases]
    ratio = math.fsum(values) / math.fsum(bases)
    left = [float(y) - ratio * x for y, x in zip(values, bases, strict=True)]
    deviation = math.sqrt(math.fsum(one * one for one in left) / (n - 1))
    unknown = math.sqrt(1 - n / population)
    half = -float(stdtrit(n - 1, (1 - confidence) / 2)) * deviation * unknown * math.sqrt(n) / math.fsum(bases)
    return {"estimate": ratio, "low": ratio - half, "high": ratio + half, "relative": half / ratio}


@answer("m04_next_units", by="units drawn from the whole program")
def units_drawn(units, cpi, population, error):
    """A pilot of 400 units at random; then as many as are missing, and a few more."""
    rng = np.random.default_rng([len(units), population])
    if len(units) == 0:
        return rng.choice(population, 400, replace=False)
    n = (3 * np.std(cpi, ddof=1) / np.mean(cpi) / error) ** 2 * 1.15
    missing = int(n / (1 + n / population)) - len(units)
    unknown = np.setdiff1d(np.arange(population), units)
    return rng.choice(unknown, missing, replace=False) if missing > 0 else []


@answer("m04_window", by="exact fractions, and the windows sorted")
def window_in_fractions(latency_ns, queue_ns, clock_ghz, peak_ipc, offered):
    slowest = sorted(latency_ns.values())[-1]
    for wait in queue_ns.values():
        slowest += wait
    cycles = Fraction(str(slowest)) * Fraction(str(clock_ghz))
    bound = cycles * Fraction(str(peak_ipc))
    unit = next(itertools.dropwhile(lambda size: size <= bound, sorted(offered)))
    return {"cycles": float(cycles), "instructions": float(bound), "unit": unit, "edge": float(bound / unit)}
