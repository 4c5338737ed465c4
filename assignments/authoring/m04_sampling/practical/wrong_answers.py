"""What students really write in module 4's practical."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri, stdtrit

from graders.checks import mistake

# --- basic-block vectors ----------------------------------------------------------------------------------------------

SHARES, BORDER, ON_THE_WAY, PROGRAM = "shares of instructions", "over the border", "asked on the way", "a program"
SHARED_OUT, NO_BLOCK, NO_PROGRAM = "everything is shared out", "no such block", "no such program"


class Profiler:
    """The right profiler, cut where subclasses differ."""

    def __init__(self, sizes, interval):
        if len(sizes) == 0 or min(sizes) <= 0 or interval <= 0:
            raise ValueError("no such program")
        self.sizes, self.interval = list(sizes), interval
        self.full, self.open = [], self.empty()

    def empty(self):
        return np.zeros(len(self.sizes))

    @property
    def finished(self):
        return len(self.full)

    def enter(self, block):
        if not 0 <= block < len(self.sizes):
            raise ValueError("no such block")
        self.count(block)

    def count(self, block):
        self.open[block] += self.sizes[block]
        self.close_if_full()

    def close_if_full(self):
        if self.open.sum() >= self.interval:
            self.full.append(self.open)
            self.open = self.empty()

    def rows(self):
        return [*self.full, *([self.open] if self.open.any() else [])]

    def vectors(self):
        return np.array([row / row.sum() for row in self.rows()]).reshape(-1, len(self.sizes))

    def weights(self):
        totals = np.array([row.sum() for row in self.rows()])
        return totals / totals.sum() if len(totals) else totals


@mistake(
    "m04_block_profiler",
    misconception="entries for instructions",
    loses=[SHARES, BORDER, ON_THE_WAY, PROGRAM],
    hint="Your vectors count how often blocks are entered. A block of twenty instructions is more than one of two.",
)
class EntriesForInstructions(Profiler):
    def __init__(self, sizes, interval):
        super().__init__(sizes, interval)
        self.times, self.done = self.empty(), []

    def count(self, block):
        before = len(self.full)
        self.times[block] += 1
        super().count(block)
        if len(self.full) > before:
            self.done.append(self.times)
            self.times = self.empty()

    def vectors(self):
        rows = [*self.done, *([self.times] if self.times.any() else [])]
        return np.array([row / row.sum() for row in rows]).reshape(-1, len(self.sizes))


@mistake(
    "m04_block_profiler",
    misconception="a block is cut at the border",
    loses=[BORDER, PROGRAM],
    hint="You cut blocks at the border and carry the rest over. A block belongs whole to where it was entered.",
)
class CutAtTheBorder(Profiler):
    def count(self, block):
        left = self.sizes[block]
        while left > 0:
            taken = min(left, self.interval - self.open.sum())
            self.open[block] += taken
            left -= taken
            self.close_if_full()


@mistake(
    "m04_block_profiler",
    misconception="the block that does not fit begins the next",
    loses=[BORDER, PROGRAM],
    hint="You close an interval before the block that would fill it. It is in the interval in which it is entered.",
)
class ClosedBefore(Profiler):
    def count(self, block):
        if self.open.sum() + self.sizes[block] > self.interval and self.open.any():
            self.full.append(self.open)
            self.open = self.empty()
        super().count(block)


@mistake(
    "m04_block_profiler",
    misconception="full is more than full",
    loses=[SHARES, ON_THE_WAY, PROGRAM],
    hint="An interval that is filled exactly stays open with you. It is full with *at least* so many instructions.",
)
class MoreThanFull(Profiler):
    def close_if_full(self):
        if self.open.sum() > self.interval:
            super().close_if_full()

    def enter(self, block):
        super().enter(block)


@mistake(
    "m04_block_profiler",
    misconception="the last interval is dropped",
    loses=[BORDER, ON_THE_WAY, PROGRAM, SHARED_OUT, NO_BLOCK],
    hint="You left out the last interval because it is not full. Its instructions are part of the program, too.",
)
class LastOneDropped(Profiler):
    def rows(self):
        return self.full


@mistake(
    "m04_block_profiler",
    misconception="all intervals weigh the same",
    loses=[BORDER, ON_THE_WAY, PROGRAM],
    hint="Your weights are all alike. Intervals are not equally long, and the last is often much shorter.",
)
class AllWeighTheSame(Profiler):
    def weights(self):
        return np.full(len(self.rows()), 1 / max(1, len(self.rows())))


@mistake(
    "m04_block_profiler",
    misconception="shares of the interval that was wanted",
    loses=[BORDER, ON_THE_WAY, PROGRAM, SHARED_OUT, NO_BLOCK],
    hint="You divided by the length that intervals should have. Divide by what each of them has: rows sum to one.",
)
class SharesOfWhatWasWanted(Profiler):
    def vectors(self):
        return np.array([row / self.interval for row in self.rows()]).reshape(-1, len(self.sizes))


@mistake(
    "m04_block_profiler",
    misconception="any number is a block",
    loses=[NO_BLOCK, NO_PROGRAM],
    hint="Block -1 is counted as the last one, and blocks without instructions are taken. Refuse what does not exist.",
)
class AnyNumberIsABlock(Profiler):
    def __init__(self, sizes, interval):
        self.sizes, self.interval = list(sizes), interval
        self.full, self.open = [], self.empty()

    def enter(self, block):
        self.count(block if block < len(self.sizes) else 0)


# --- random projection ------------------------------------------------------------------------------------------------

FIFTEEN, MATRIX, SHORT, NOTHING = "fifteen", "another matrix", "short enough", "nothing kept"


def projected(vectors, dimensions, seed, draw=None, short=True):
    """The right projection, but for the matrix."""
    if dimensions < 1:
        raise ValueError("nothing is kept")
    x = np.asarray(vectors, dtype=float)
    if short and x.shape[1] <= dimensions:
        return x
    rng = np.random.default_rng(seed)
    return x @ (draw(rng, x.shape[1]) if draw else rng.uniform(-1, 1, size=(x.shape[1], dimensions)))


@mistake(
    "m04_projected_vectors",
    misconception="uniform from 0 to 1",
    loses=[FIFTEEN, MATRIX, SHORT],
    hint="Your entries are all positive, so every vector points the same way. They lie between -1 and 1.",
)
def uniform_from_zero(vectors, dimensions=15, seed=0):
    return projected(vectors, dimensions, seed, lambda rng, blocks: rng.uniform(0, 1, size=(blocks, dimensions)))


@mistake(
    "m04_projected_vectors",
    misconception="normal entries",
    loses=[FIFTEEN, MATRIX, SHORT],
    hint="Your matrix is of normal numbers: that works, too, but it is not the matrix that was agreed on.",
)
def normal_entries(vectors, dimensions=15, seed=0):
    return projected(vectors, dimensions, seed, lambda rng, blocks: rng.normal(size=(blocks, dimensions)))


@mistake(
    "m04_projected_vectors",
    misconception="the matrix lies on its side",
    loses=[FIFTEEN, MATRIX, SHORT],
    hint="You drew one row for each dimension, and turned it around: other numbers stand in other places.",
)
def on_its_side(vectors, dimensions=15, seed=0):
    return projected(vectors, dimensions, seed, lambda rng, blocks: rng.uniform(-1, 1, size=(dimensions, blocks)).T)


@mistake(
    "m04_projected_vectors",
    misconception="a projection of everything",
    loses=[SHORT],
    hint="You project vectors that are short already. That costs exactness and brings nothing.",
)
def a_projection_of_everything(vectors, dimensions=15, seed=0):
    return projected(vectors, dimensions, seed, short=False)


@mistake(
    "m04_projected_vectors",
    misconception="always the same seed",
    loses=[MATRIX],
    hint="Whatever seed you are given, the matrix is the same. Somebody who wants to repeat a result names a seed.",
)
def always_the_same_seed(vectors, dimensions=15, seed=0):
    return projected(vectors, dimensions, 0)


@mistake(
    "m04_projected_vectors",
    misconception="scaled back",
    loses=[FIFTEEN, MATRIX, SHORT],
    hint="You divided by the root of the dimensions. All distances have that factor, so nobody needs it taken out.",
)
def scaled_back(vectors, dimensions=15, seed=0):
    found = projected(vectors, dimensions, seed)
    return found / np.sqrt(dimensions / 3) if np.shape(vectors)[1] > dimensions else found


@mistake(
    "m04_projected_vectors",
    misconception="no dimension is a dimension",
    loses=[NOTHING],
    hint="With no dimension at all nothing is left of the vectors: refuse it.",
)
def no_dimension_is_one(vectors, dimensions=15, seed=0):
    return projected(vectors, max(1, dimensions), seed)


# --- clusters ---------------------------------------------------------------------------------------------------------

ONE_START, WEIGHTED, BEST, ROUNDS, TIES, NO_START = (
    "one start",
    "light and heavy",
    "the best start",
    "few rounds",
    "ties and empty clusters",
    "no start",
)


def nearest(x, centres, power=2):
    return np.argmin((np.abs(x[:, None] - centres) ** power).sum(axis=2), axis=1)


def lloyd(x, w, start, rounds, *, power=2, mean_weights=None, empty=None, last=False, distortion=None):
    """The right course of a start, but for what is given."""
    centres, labels, mass = x[list(start)], None, w if mean_weights is None else mean_weights
    for _ in range(rounds):
        before, labels = labels, nearest(x, centres, power)
        if before is not None and np.array_equal(labels, before):
            break
        for cluster in range(len(centres)):
            mine = labels == cluster
            if mine.any():
                centres[cluster] = mass[mine] @ x[mine] / mass[mine].sum()
            elif empty is not None:
                centres[cluster] = empty
    if last:
        labels = nearest(x, centres, power)
    squared = ((x - centres[labels]) ** 2).sum(axis=1)
    total = float(w @ squared) if distortion is None else float(distortion(w, squared))
    return {"labels": labels, "centres": centres, "distortion": total}


def led(vectors, weights, starts, rounds, better=lambda new, old: new < old * (1 - 1e-9), **others):
    if len(starts) == 0 or rounds < 1:
        raise ValueError("no start")
    x, w = np.asarray(vectors, dtype=float), np.asarray(weights, dtype=float)
    best = None
    for start in starts:
        found = lloyd(x, w, start, rounds, **others)
        if best is None or better(found["distortion"], best["distortion"]):
            best = found
    return best


@mistake(
    "m04_weighted_kmeans",
    misconception="centres without weights",
    loses=[WEIGHTED, BEST, ROUNDS, TIES],
    hint="Your centres are plain means. A heavy interval draws the centre to itself.",
)
def centres_without_weights(vectors, weights, starts, rounds):
    return led(vectors, weights, starts, rounds, mean_weights=np.ones(len(weights)))


@mistake(
    "m04_weighted_kmeans",
    misconception="distortion without weights",
    loses=[ONE_START, WEIGHTED, BEST, ROUNDS, TIES],
    hint="Your distortion counts every interval alike. It is a weighted sum.",
)
def distortion_without_weights(vectors, weights, starts, rounds):
    return led(vectors, weights, starts, rounds, distortion=lambda w, squared: squared.sum())


@mistake(
    "m04_weighted_kmeans",
    misconception="distances that are not squared",
    loses=[ONE_START, WEIGHTED, BEST, ROUNDS, TIES],
    hint="You summed distances. What a mean makes smallest are *squared* distances.",
)
def distances_not_squared(vectors, weights, starts, rounds):
    return led(vectors, weights, starts, rounds, distortion=lambda w, squared: w @ np.sqrt(squared))


@mistake(
    "m04_weighted_kmeans",
    misconception="the first start is as good as any",
    loses=[BEST],
    hint="You stopped after the first start. Another one ends in a better place.",
)
def the_first_start(vectors, weights, starts, rounds):
    return led(vectors, weights, starts[:1], rounds)


@mistake(
    "m04_weighted_kmeans",
    misconception="the last start wins",
    loses=[BEST, TIES],
    hint="You keep what the last start found, whether it is better or not.",
)
def the_last_start(vectors, weights, starts, rounds):
    return led(vectors, weights, starts, rounds, better=lambda new, old: True)


@mistake(
    "m04_weighted_kmeans",
    misconception="always to the end",
    loses=[ROUNDS, TIES],
    hint="You go on until nothing changes, however few rounds were allowed.",
)
def always_to_the_end(vectors, weights, starts, rounds):
    if rounds < 1:
        raise ValueError("no round")
    return led(vectors, weights, starts, 1000)


@mistake(
    "m04_weighted_kmeans",
    misconception="labels after the last move",
    loses=[ROUNDS, TIES],
    hint="You labelled once more after the last move. The labels are those of the last round.",
)
def labels_after_the_last_move(vectors, weights, starts, rounds):
    return led(vectors, weights, starts, rounds, last=True)


@mistake(
    "m04_weighted_kmeans",
    misconception="an empty cluster moves to the origin",
    loses=[TIES],
    hint="A centre without intervals moved to 0. It stays where it was.",
)
def empty_to_the_origin(vectors, weights, starts, rounds):
    return led(vectors, weights, starts, rounds, empty=0.0)


@mistake(
    "m04_weighted_kmeans",
    misconception="nothing to begin with is fine",
    loses=[NO_START],
    hint="Without a start, or without a round, you return something that looks like clusters.",
)
def nothing_to_begin_with(vectors, weights, starts, rounds):
    if len(starts) == 0:
        return {"labels": [0] * len(vectors), "centres": [], "distortion": 0.0}
    return led(vectors, weights, starts, max(1, rounds))


# --- the score --------------------------------------------------------------------------------------------------------

ALIKE, UNLIKE, COUNTS, NOBODY, MISSING = (
    "intervals alike",
    "light and heavy intervals",
    "weights that are counts",
    "nobody there, nothing left",
    "labels that are missing",
)


def score(vectors, weights, clustering, *, plain=False, freedom=False, by_mean=True, sign=1, entropy=True, twice=False):
    """The right score, but for what is given."""
    x, w = np.asarray(vectors, dtype=float), np.asarray(weights, dtype=float)
    labels, centres = np.asarray(clustering["labels"]), np.asarray(clustering["centres"], dtype=float)
    (n, d), k = x.shape, len(centres)
    if len(w) != n or len(labels) != n:
        raise ValueError("something is missing")
    squared = ((x - centres[labels]) ** 2).sum(axis=1)
    distortion = squared.sum() if plain else w @ squared / (w.mean() if by_mean else 1)
    if distortion == 0:
        return np.inf
    variance = distortion / ((n - k) if freedom else d * n)
    q = np.bincount(labels, weights=w) / w.sum()
    q = q[q > 0]
    mixed = q @ np.log(q) if entropy else 0.0
    likelihood = n * (mixed - d / 2 * (np.log(2 * np.pi * variance) + 1))
    penalty = (k - 1 + k * d + 1) / (1 if twice else 2) * np.log(n)
    return float(likelihood - sign * penalty)


@mistake(
    "m04_bic_score",
    misconception="distortion without weights",
    loses=[UNLIKE, COUNTS, NOBODY],
    hint="Your variance counts every interval alike. A heavy interval far from its centre is worse than a light one.",
)
def score_without_weights(vectors, weights, clustering):
    return score(vectors, weights, clustering, plain=True)


@mistake(
    "m04_bic_score",
    misconception="not over the mean weight",
    loses=[ALIKE, UNLIKE, COUNTS, NOBODY],
    hint="You did not divide by the mean weight: your variance depends on whether weights are shares or counts.",
)
def not_over_the_mean_weight(vectors, weights, clustering):
    return score(vectors, weights, clustering, by_mean=False)


@mistake(
    "m04_bic_score",
    misconception="the variance of a sample",
    loses=[ALIKE, UNLIKE, COUNTS, NOBODY],
    hint="You divided by n - k, and not by the dimensions. The variance here is that of *one* dimension.",
)
def the_variance_of_a_sample(vectors, weights, clustering):
    return score(vectors, weights, clustering, freedom=True)


@mistake(
    "m04_bic_score",
    misconception="a reward for every number",
    loses=[ALIKE, UNLIKE, COUNTS, NOBODY],
    hint="More clusters make your score higher for being more. The numbers that a clustering needs are a penalty.",
)
def a_reward_for_numbers(vectors, weights, clustering):
    return score(vectors, weights, clustering, sign=-1)


@mistake(
    "m04_bic_score",
    misconception="clusters are equally likely",
    loses=[ALIKE, UNLIKE, COUNTS, NOBODY],
    hint="You left out how likely each cluster is. The shares of the clusters belong to the likelihood.",
)
def clusters_equally_likely(vectors, weights, clustering):
    return score(vectors, weights, clustering, entropy=False)


@mistake(
    "m04_bic_score",
    misconception="twice the penalty",
    loses=[ALIKE, UNLIKE, COUNTS, NOBODY],
    hint="You took the whole number of parameters: it is half of it, times the logarithm.",
)
def twice_the_penalty(vectors, weights, clustering):
    return score(vectors, weights, clustering, twice=True)


@mistake(
    "m04_bic_score",
    misconception="an empty cluster is no cluster",
    loses=[NOBODY],
    hint="You counted only the clusters that have intervals. A centre that nobody is near is a number all the same.",
)
def an_empty_cluster_is_none(vectors, weights, clustering):
    labels = np.asarray(clustering["labels"])
    kept = np.unique(labels)
    if len(labels) != len(vectors):
        raise ValueError("labels are missing")
    centres = np.asarray(clustering["centres"], dtype=float)[kept]
    return score(vectors, weights, {"labels": np.searchsorted(kept, labels), "centres": centres})


@mistake(
    "m04_bic_score",
    misconception="what is missing is left out",
    loses=[MISSING],
    hint="Labels or weights are missing, and you score the rest: a clustering of other intervals.",
)
def what_is_missing_is_left_out(vectors, weights, clustering):
    n = min(len(vectors), len(weights), len(clustering["labels"]))
    return score(vectors[:n], weights[:n], {**clustering, "labels": clustering["labels"][:n]})


KNEE, ORDER, EDGES, NO_CHOICE = "a knee", "in any order", "edges", "nothing to choose"


def first_enough(clusters, scores, share, is_enough):
    if len(clusters) == 0 or len(clusters) != len(scores) or not 0 <= share <= 1:
        raise ValueError("nothing to choose")
    low, high = min(scores), max(scores)
    return int(min(k for k, s in zip(clusters, scores, strict=True) if is_enough(s, low, high) or s == high))


@mistake(
    "m04_chosen_k",
    misconception="the best score",
    loses=[KNEE, ORDER, EDGES],
    hint="You took the highest score. Every cluster more is a simulation more: nearly as good is enough.",
)
def the_best_score(clusters, scores, share=0.9):
    return first_enough(clusters, scores, share, lambda s, low, high: s == high)


@mistake(
    "m04_chosen_k",
    misconception="a share of the highest score",
    loses=[KNEE, ORDER, EDGES],
    mostly=0.6,
    hint="You took a share of the highest score, which depends on where zero lies. It is a share of the *way*.",
)
def a_share_of_the_highest(clusters, scores, share=0.9):
    return first_enough(clusters, scores, share, lambda s, low, high: s >= share * high)


@mistake(
    "m04_chosen_k",
    misconception="more than the share",
    loses=[EDGES],
    hint="A score that has climbed exactly the share is enough. You went on to the next.",
)
def more_than_the_share(clusters, scores, share=0.9):
    return first_enough(clusters, scores, share, lambda s, low, high: s > low + share * (high - low))


@mistake(
    "m04_chosen_k",
    misconception="the first in the list",
    loses=[ORDER, EDGES],
    hint="You took the first number in the list that is good enough. They come in any order: take the smallest.",
)
def the_first_in_the_list(clusters, scores, share=0.9):
    if len(clusters) == 0 or len(clusters) != len(scores) or not 0 <= share <= 1:
        raise ValueError("nothing to choose")
    low, high = min(scores), max(scores)
    return int(next(k for k, s in zip(clusters, scores, strict=True) if s - low >= share * (high - low)))


@mistake(
    "m04_chosen_k",
    misconception="anything is a share",
    loses=[NO_CHOICE],
    hint="A share of 90, or a list without scores, gives a number here. Refuse what means nothing.",
)
def anything_is_a_share(clusters, scores, share=0.9):
    if not len(clusters) or not len(scores):
        return 0
    pairs = list(zip(clusters, scores, strict=False))
    share = min(max(share, 0.0), 1.0)
    return first_enough(
        [k for k, _ in pairs], [s for _, s in pairs], share, lambda s, low, high: s - low >= share * (high - low)
    )


# --- representatives --------------------------------------------------------------------------------------------------

REPRESENTATIVES, POINT_WEIGHTS, COVERED, EQUALLY, NO_COVERAGE = (
    "representatives",
    "weights",
    "coverage",
    "equally near, equally large",
    "no such coverage",
)


def points_of(
    vectors,
    weights,
    clustering,
    coverage,
    *,
    far=None,
    pick=None,
    shares=None,
    small=False,
    slack=1e-9,
    scale=True,
    more=False,
):
    """The right table, but for what is given."""
    if not 0 < coverage <= 1:
        raise ValueError("no such coverage")
    x, w = np.asarray(vectors, dtype=float), np.asarray(weights, dtype=float)
    labels, centres = np.asarray(clustering["labels"]), np.asarray(clustering["centres"], dtype=float)
    away = ((x - centres[labels]) ** 2).sum(axis=1) if far is None else far(x, labels, centres)
    count = len(centres)
    mass = (np.bincount(labels, weights=w, minlength=count) / w.sum()) if shares is None else shares(labels, w, count)
    kept, reached = [], 0.0
    for cluster in np.argsort(mass if small else -mass, kind="stable"):
        if mass[cluster] == 0:
            continue
        if reached >= coverage - slack or (more and reached + mass[cluster] > coverage + slack and kept):
            break
        kept.append(int(cluster))
        reached += mass[cluster]
    kept.sort()
    rows = [np.flatnonzero(labels == cluster) for cluster in kept]
    first = [
        int(pick(mine, away) if pick else mine[np.argmax(away[mine] <= away[mine].min() * (1 + 1e-9))]) for mine in rows
    ]
    weight = mass[kept] / mass[kept].sum() if scale else mass[kept]
    return {"cluster": np.array(kept), "interval": np.array(first), "weight": weight}


@mistake(
    "m04_simulation_points",
    misconception="the first interval of each phase",
    loses=[REPRESENTATIVES, COVERED, EQUALLY],
    hint="You took the first interval of each cluster. Phases seldom begin with what is typical of them.",
)
def the_first_interval(vectors, weights, clustering, coverage=1.0):
    return points_of(vectors, weights, clustering, coverage, pick=lambda mine, away: mine[0])


@mistake(
    "m04_simulation_points",
    misconception="nearest to the centre of all",
    loses=[REPRESENTATIVES, COVERED, EQUALLY],
    hint="Your representatives are nearest to the mean of the whole program. Each stands for its own cluster.",
)
def nearest_to_the_centre_of_all(vectors, weights, clustering, coverage=1.0):
    return points_of(
        vectors, weights, clustering, coverage, far=lambda x, labels, centres: ((x - x.mean(axis=0)) ** 2).sum(axis=1)
    )


@mistake(
    "m04_simulation_points",
    misconception="the last of equally near ones",
    loses=[EQUALLY],
    hint="Of equally near intervals the first counts: others will want to find the same one.",
)
def the_last_of_equals(vectors, weights, clustering, coverage=1.0):
    def last(mine, away):
        return mine[len(mine) - 1 - np.argmin(away[mine][::-1])]

    return points_of(vectors, weights, clustering, coverage, pick=last)


@mistake(
    "m04_simulation_points",
    misconception="intervals are counted, not weighed",
    loses=[POINT_WEIGHTS, COVERED, EQUALLY],
    hint="You counted the intervals of each cluster. They have weights: sum those.",
)
def counted_not_weighed(vectors, weights, clustering, coverage=1.0):
    def by_count(labels, w, count):
        return np.bincount(labels, minlength=count) / len(w)

    return points_of(vectors, weights, clustering, coverage, shares=by_count)


@mistake(
    "m04_simulation_points",
    misconception="a point weighs what its interval weighs",
    loses=[POINT_WEIGHTS, COVERED, EQUALLY],
    hint="You gave each representative its own weight. It stands for all intervals of its cluster.",
)
def its_own_weight(vectors, weights, clustering, coverage=1.0):
    found = points_of(vectors, weights, clustering, coverage)
    own = np.asarray(weights, dtype=float)[found["interval"]]
    return found | {"weight": own / own.sum()}


@mistake(
    "m04_simulation_points",
    misconception="weights that no longer sum to one",
    loses=[COVERED, EQUALLY],
    hint="After clusters were left out your weights sum to less than one, and every estimate is too small by that.",
)
def no_longer_one(vectors, weights, clustering, coverage=1.0):
    return points_of(vectors, weights, clustering, coverage, scale=False)


@mistake(
    "m04_simulation_points",
    misconception="the smallest clusters first",
    loses=[COVERED, EQUALLY],
    hint="You kept the smallest clusters. The largest ones cover the same share with fewer simulations.",
)
def the_smallest_first(vectors, weights, clustering, coverage=1.0):
    return points_of(vectors, weights, clustering, coverage, small=True)


@mistake(
    "m04_simulation_points",
    misconception="not more than the coverage",
    loses=[COVERED, EQUALLY],
    hint="You stopped before the share was reached. What is kept must cover at least that much.",
)
def not_more_than_the_coverage(vectors, weights, clustering, coverage=1.0):
    return points_of(vectors, weights, clustering, coverage, more=True)


@mistake(
    "m04_simulation_points",
    misconception="any coverage will do",
    loses=[NO_COVERAGE],
    hint="A coverage of 80 is taken for all of it, and one of 0 for something. Somebody meant 0.8.",
)
def any_coverage_will_do(vectors, weights, clustering, coverage=1.0):
    return points_of(vectors, weights, clustering, min(max(coverage, 1e-6), 1.0))


# --- a map ------------------------------------------------------------------------------------------------------------

FIVE, OTHER, PERFECT, NO_NEIGHBOURS = (
    "five neighbours",
    "other neighbours",
    "perfect, worst, tied",
    "no such neighbours",
)


def ranks(points):
    """The right rank of each point by its distance from each: 0 for itself."""
    at = np.asarray(points, dtype=float)
    squared = ((at[:, None] - at) ** 2).sum(axis=2)
    np.fill_diagonal(squared, -1)
    return np.argsort(np.argsort(squared, axis=1, kind="stable"), axis=1)


def refuse_neighbours(vectors, positions, k):
    if len(vectors) != len(positions) or not 1 <= k < len(vectors) / 2:
        raise ValueError("no such neighbours")


def trust(truth, shown, k, power=1):
    n = len(truth)
    near = (shown >= 1) & (shown <= k)
    excess = np.maximum(truth - k, 0)[near] ** power
    return float(1 - 2 * excess.sum() / (n * k * (2 * n - 3 * k - 1)))


@mistake(
    "m04_trustworthiness",
    misconception="continuity for trust",
    loses=[FIVE, OTHER, PERFECT],
    hint="You looked for true neighbours that the map lost. Trust is about neighbours that the map made up.",
)
def continuity_for_trust(vectors, positions, neighbours=5):
    refuse_neighbours(vectors, positions, neighbours)
    return trust(ranks(positions), ranks(vectors), neighbours)


@mistake(
    "m04_trustworthiness",
    misconception="a share of true neighbours",
    loses=[FIVE, OTHER, PERFECT],
    hint="You counted how many neighbours are true. How far away the wrong ones are in truth counts, too.",
)
def a_share_of_true_neighbours(vectors, positions, neighbours=5):
    refuse_neighbours(vectors, positions, neighbours)
    truth, shown = ranks(vectors), ranks(positions)
    near = (shown >= 1) & (shown <= neighbours)
    return float(np.mean(truth[near] <= neighbours))


@mistake(
    "m04_trustworthiness",
    misconception="each is its own neighbour",
    loses=[FIVE, OTHER, PERFECT],
    hint="Your points are their own nearest neighbours: one place of each neighbourhood is wasted on that.",
)
def its_own_neighbour(vectors, positions, neighbours=5):
    refuse_neighbours(vectors, positions, neighbours)
    return trust(ranks(vectors) + 1, ranks(positions) + 1, neighbours)


@mistake(
    "m04_trustworthiness",
    misconception="always five neighbours",
    loses=[OTHER, PERFECT],
    hint="You look at five neighbours, whatever was asked for.",
)
def always_five(vectors, positions, neighbours=5):
    refuse_neighbours(vectors, positions, neighbours)
    return trust(ranks(vectors), ranks(positions), 5)


@mistake(
    "m04_trustworthiness",
    misconception="distances of the axes added",
    loses=[FIVE, OTHER],
    hint="You added the differences along the axes. Distances here are Euclidean.",
)
def city_blocks(vectors, positions, neighbours=5):
    refuse_neighbours(vectors, positions, neighbours)

    def by_blocks(points):
        at = np.asarray(points, dtype=float)
        apart = np.abs(at[:, None] - at).sum(axis=2)
        np.fill_diagonal(apart, -1)
        return np.argsort(np.argsort(apart, axis=1, kind="stable"), axis=1)

    return trust(by_blocks(vectors), by_blocks(positions), neighbours)


@mistake(
    "m04_trustworthiness",
    misconception="any number of neighbours",
    loses=[NO_NEIGHBOURS],
    hint="With half of the points as neighbours the factor is none, and a map without some points is no map of them.",
)
def any_number_of_neighbours(vectors, positions, neighbours=5):
    n = min(len(vectors), len(positions))
    k = min(max(neighbours, 1), (n - 1) // 2)
    return trust(ranks(vectors[:n]), ranks(positions[:n]), k)


PHASES, SIMULATED, LEFT_OUT, AXES, IN_VIEW = "phases", "what is simulated", "what is left out", "axes", "in view"


def drawn(
    positions,
    labels,
    points,
    *,
    of=None,
    marked=None,
    left=None,
    limits=None,
    scale="linear",
    names="phase {}",
    share="{:.0%}",
):
    """The right figure, but for what is given."""
    at, labels = np.asarray(positions, dtype=float), np.asarray(labels)
    phases = np.unique(labels).tolist()
    series = []
    for phase in phases:
        x, y = at[labels == phase].T.tolist() if of is None else of(at, labels, phase)
        series.append({"label": names.format(phase), "kind": "points", "x": x, "y": y})
    marks = []
    for cluster, interval, weight in zip(
        *(np.asarray(points[name]) for name in ("cluster", "interval", "weight")), strict=True
    ):
        x, y = at[interval] if marked is None else marked(at, labels, cluster)
        marks.append({"label": f"interval {interval}: {share.format(weight)}", "x": float(x), "y": float(y)})
    kept = np.asarray(points["cluster"]).tolist()
    edges = [[float(at.min()), float(at.max())]] * 2 if limits is None else limits(at)
    return {
        "title": "A map",
        "x": {"label": "x", "scale": scale, "limits": edges[0]},
        "y": {"label": "y", "scale": scale, "limits": edges[1]},
        "series": series,
        "marks": marks,
        "left_out": [f"phase {phase}" for phase in phases if phase not in kept] if left is None else left(phases, kept),
    }


@mistake(
    "m04_phase_figure",
    misconception="marks at the middle of a phase",
    loses=[SIMULATED],
    hint="You marked the middle of each phase on the map. What was simulated is an interval, and lies where it lies.",
)
def marks_in_the_middle(positions, labels, points):
    return drawn(positions, labels, points, marked=lambda at, of, cluster: at[of == cluster].mean(axis=0))


@mistake(
    "m04_phase_figure",
    misconception="weights to ten digits",
    loses=[SIMULATED],
    hint="Your labels have weights with all of their digits. Nobody reads them: two digits of a per cent are enough.",
)
def weights_with_all_digits(positions, labels, points):
    return drawn(positions, labels, points, share="{}")


@mistake(
    "m04_phase_figure",
    misconception="nothing is left out",
    loses=[LEFT_OUT],
    hint="Phases without a simulation point are drawn as if something stood for them. Name what is left out.",
)
def nothing_is_left_out(positions, labels, points):
    return drawn(positions, labels, points, left=lambda phases, kept: [])


@mistake(
    "m04_phase_figure",
    misconception="what is kept is left out",
    loses=[LEFT_OUT],
    hint="You named the phases that have a point. The reader wants to know of the others.",
)
def kept_is_left_out(positions, labels, points):
    return drawn(positions, labels, points, left=lambda phases, kept: [f"phase {one}" for one in kept])


@mistake(
    "m04_phase_figure",
    misconception="each axis its own limits",
    loses=[AXES],
    hint="Your axes are cut to what lies on each, so the map is stretched. Both go from the smallest to the largest.",
)
def each_axis_its_own(positions, labels, points):
    return drawn(
        positions, labels, points, limits=lambda at: [[float(column.min()), float(column.max())] for column in at.T]
    )


@mistake(
    "m04_phase_figure",
    misconception="x and y exchanged",
    loses=[PHASES, SIMULATED],
    hint="You exchanged x and y.",
)
def x_and_y_exchanged(positions, labels, points):
    return drawn(np.asarray(positions, dtype=float)[:, ::-1], labels, points)


@mistake(
    "m04_phase_figure",
    misconception="the whole map in each phase",
    loses=[PHASES],
    hint="Each of your phases has all intervals. A phase has those of its label.",
)
def the_whole_map(positions, labels, points):
    return drawn(positions, labels, points, of=lambda at, labels, phase: at.T.tolist())


@mistake(
    "m04_phase_figure",
    misconception="limits from zero on",
    loses=[AXES, IN_VIEW],
    hint="Your axes begin at 0, and half of the map lies outside: positions on it may be negative.",
)
def limits_from_zero(positions, labels, points):
    return drawn(positions, labels, points, limits=lambda at: [[0.0, float(at.max())]] * 2)


# --- samples ----------------------------------------------------------------------------------------------------------

LONG, OTHER_Z, SHORT_ONES, WHOLE, NO_SAMPLE = (
    "long programs",
    "another confidence",
    "short programs",
    "whole numbers",
    "no such sample",
)


def sample_size(
    variation, error, z, population, *, power=2, rounded=np.ceil, slack=1e-9, least=1, finite=True, n_0=None
):
    """The right size, but for what is given."""
    if not (variation >= 0 and error > 0 and z > 0 and population >= 1):
        raise ValueError("no such sample")
    units = (z * variation / error) ** power if n_0 is None else n_0(z * variation / error)
    if finite:
        units = units / (1 + units / population)
    return max(least, int(rounded(units * (1 - slack))))


@mistake(
    "m04_units_needed",
    misconception="not squared",
    loses=[LONG, OTHER_Z, SHORT_ONES, WHOLE],
    hint="A mean gets better with the *root* of the units, so the units grow with the square.",
)
def not_squared(variation, error, z=3.0, population=np.inf):
    return sample_size(variation, error, z, population, power=1)


@mistake(
    "m04_units_needed",
    misconception="rounded down",
    loses=[LONG, OTHER_Z, SHORT_ONES, WHOLE],
    hint="You rounded down: with so many units the error is a little more than was promised.",
)
def rounded_down(variation, error, z=3.0, population=np.inf):
    return sample_size(variation, error, z, population, rounded=np.floor)


@mistake(
    "m04_units_needed",
    misconception="rounding adds a unit",
    loses=[WHOLE],
    hint="You have a unit more where the number is whole: in floats it is a little larger than it should be.",
)
def rounding_adds_a_unit(variation, error, z=3.0, population=np.inf):
    return sample_size(variation, error, z, population, slack=0.0)


@mistake(
    "m04_units_needed",
    misconception="always three standard deviations",
    loses=[OTHER_Z, WHOLE],
    hint="You take three standard deviations, whatever confidence was asked for.",
)
def always_three(variation, error, z=3.0, population=np.inf):
    if z <= 0:
        raise ValueError("no such confidence")
    return sample_size(variation, error, 3.0, population)


@mistake(
    "m04_units_needed",
    misconception="every program is long",
    loses=[SHORT_ONES, WHOLE],
    hint="You ignore how many units the program has, and may ask for more than there are.",
)
def every_program_is_long(variation, error, z=3.0, population=np.inf):
    return sample_size(variation, error, z, population, finite=False)


@mistake(
    "m04_units_needed",
    misconception="at most the program",
    loses=[SHORT_ONES, WHOLE],
    hint="You cut the number at the length of the program. What has been measured is known: fewer are enough.",
)
def at_most_the_program(variation, error, z=3.0, population=np.inf):
    return int(min(sample_size(variation, error, z, population, finite=False), population))


@mistake(
    "m04_units_needed",
    misconception="no variation, no unit",
    loses=[WHOLE],
    hint="Without variation you measure nothing at all. One unit is needed to know what it is.",
)
def no_variation_no_unit(variation, error, z=3.0, population=np.inf):
    return sample_size(variation, error, z, population, least=0)


@mistake(
    "m04_units_needed",
    misconception="every error can be met",
    loses=[NO_SAMPLE],
    hint="A negative variation, no error at all, or an empty program gives a number here. Refuse them.",
)
def every_error_can_be_met(variation, error, z=3.0, population=np.inf):
    return sample_size(abs(variation), abs(error) or 0.01, abs(z) or 1.0, max(1, population))


MEANS, RATIOS, SURER, SHORT_PROGRAMS, NO_INTERVAL = (
    "means",
    "ratios",
    "another confidence",
    "short programs",
    "no interval",
)


def interval(
    values,
    bases,
    confidence,
    population,
    *,
    t=stdtrit,
    free=1,
    finite=True,
    estimate=None,
    left=None,
    over=None,
    root=True,
):
    """The right interval, but for what is given."""
    y = np.asarray(values, dtype=float)
    n = len(y)
    x = np.ones(n) if bases is None else np.asarray(bases, dtype=float)
    if n < 2 or len(x) != n or not 0 < confidence < 1 or population < n:
        raise ValueError("no interval")
    r = y.sum() / x.sum() if estimate is None else estimate(y, x)
    rest = y - r * x if left is None else left(y, x, r)
    known = 1 - n / population if finite else 1.0
    error = np.sqrt(np.sum(rest**2) / (n - free) / (n if root else 1) * known) / (x.mean() if over is None else over(x))
    half = float(t(n - 1, (1 + confidence) / 2) * error)
    return {"estimate": float(r), "low": float(r - half), "high": float(r + half), "relative": half / float(r)}


@mistake(
    "m04_sampled_interval",
    misconception="the mean of the ratios",
    loses=[RATIOS, SURER, SHORT_PROGRAMS],
    mostly=0.5,
    hint="You averaged the ratios of the units. A unit with ten accesses then counts as much as one with a thousand.",
)
def the_mean_of_ratios(values, bases=None, confidence=0.95, population=np.inf):
    return interval(
        values, bases, confidence, population, estimate=lambda y, x: np.mean(y / x),
        left=lambda y, x, r: y / x - r, over=lambda x: 1.0,
    )  # fmt: skip


@mistake(
    "m04_sampled_interval",
    misconception="the bases do not vary",
    loses=[RATIOS, SURER, SHORT_PROGRAMS],
    mostly=0.5,
    hint="Your error is that of the misses alone. Where many accesses are, many misses are: what counts is the rest.",
)
def bases_do_not_vary(values, bases=None, confidence=0.95, population=np.inf):
    return interval(values, bases, confidence, population, left=lambda y, x, r: y - y.mean())


@mistake(
    "m04_sampled_interval",
    misconception="the normal quantile",
    loses=[MEANS, RATIOS, SURER, SHORT_PROGRAMS],
    hint="You took the normal quantile. So few units don't know their own scatter: Student's is wider.",
)
def the_normal_quantile(values, bases=None, confidence=0.95, population=np.inf):
    return interval(values, bases, confidence, population, t=lambda _df, p: ndtri(p))


@mistake(
    "m04_sampled_interval",
    misconception="the whole rest on one side",
    loses=[MEANS, RATIOS, SURER, SHORT_PROGRAMS],
    hint="You left the whole rest above the interval. Half of it is above, and half below.",
)
def the_whole_rest_on_one_side(values, bases=None, confidence=0.95, population=np.inf):
    return interval(values, bases, confidence, population, t=lambda df, p: stdtrit(df, 2 * p - 1))


@mistake(
    "m04_sampled_interval",
    misconception="divided by n",
    loses=[MEANS, RATIOS, SURER, SHORT_PROGRAMS],
    hint="You divided the squares by n. The estimate was made of the same units, so one less is free.",
)
def divided_by_n(values, bases=None, confidence=0.95, population=np.inf):
    return interval(values, bases, confidence, population, free=0)


@mistake(
    "m04_sampled_interval",
    misconception="scatter of units for error of the mean",
    loses=[MEANS, RATIOS, SURER, SHORT_PROGRAMS],
    hint="Your interval is where *units* lie. The mean of n of them is closer by the root of n.",
)
def scatter_for_error(values, bases=None, confidence=0.95, population=np.inf):
    return interval(values, bases, confidence, population, root=False)


@mistake(
    "m04_sampled_interval",
    misconception="always 95 percent",
    loses=[SURER],
    hint="Your interval is as wide for 99 % as it is for 50 %.",
)
def always_95_percent(values, bases=None, confidence=0.95, population=np.inf):
    if not 0 < confidence < 1:
        raise ValueError("no confidence")
    return interval(values, bases, 0.95, population)


@mistake(
    "m04_sampled_interval",
    misconception="every program is long",
    loses=[SHORT_PROGRAMS],
    hint="Somebody who has measured nearly everything is nearly sure. You leave the length of the program out.",
)
def programs_without_end(values, bases=None, confidence=0.95, population=np.inf):
    return interval(values, bases, confidence, population, finite=False)


@mistake(
    "m04_sampled_interval",
    misconception="every sample has an interval",
    loses=[NO_INTERVAL],
    hint="A single unit, a confidence of 95, or a sample larger than its program gives an interval. It means nothing.",
)
def every_sample_has_one(values, bases=None, confidence=0.95, population=np.inf):
    values = list(values) or [1.0, 1.0]
    values = values * 2 if len(values) == 1 else values
    bases = None if bases is None or len(bases) != len(values) else bases
    confidence = confidence if 0 < confidence < 1 else 0.95
    return interval(values, bases, confidence, max(population, len(values)))


# --- plans ------------------------------------------------------------------------------------------------------------

FEW, WILD, NO_MORE, LOOPS = "few units", "wild programs", "no more than needed", "loops"


def spread(wanted, population, seed):
    """One unit at random from each stretch."""
    edges = np.linspace(0, population, wanted + 1)
    return (edges[:-1] + np.random.default_rng(seed).random(wanted) * np.diff(edges)).astype(int)


def tuned(cpi, population, error, z=3.0):
    units = (z * np.std(cpi, ddof=1) / np.mean(cpi) / error) ** 2
    return int(1.1 * units / (1 + units / population)) + 1


@mistake(
    "m04_next_units",
    misconception="the book's stride",
    loses=[LOOPS],
    hint="You measure every k-th unit. A loop whose period divides k is always met at the same place.",
)
def the_books_stride(units, cpi, population, error):
    wanted = 200 if len(units) == 0 else tuned(cpi, population, error)
    return np.arange(wanted) * (population // wanted) if wanted > len(units) else []


@mistake(
    "m04_next_units",
    misconception="one pass for all programs",
    loses=[FEW, LOOPS],
    hint="You measure as many units for every program. A calm one needs a tenth of them: measure how calm it is first.",
)
def one_pass_for_all(units, cpi, population, error):
    return spread(4000, population, 1) if len(units) == 0 else []


@mistake(
    "m04_next_units",
    misconception="a small sample for every program",
    loses=[WILD, LOOPS],
    hint="You measure a hundred units or so, whatever they say. Wild programs need ten times as many.",
)
def a_small_sample_for_all(units, cpi, population, error):
    return spread(120, population, 1) if len(units) == 0 else []


@mistake(
    "m04_next_units",
    misconception="everything, to be sure",
    loses=[FEW, NO_MORE, LOOPS],
    hint="You measure the whole program. That keeps every promise, and is what sampling was to save.",
)
def everything_to_be_sure(units, cpi, population, error):
    return np.arange(population) if len(units) == 0 else []


@mistake(
    "m04_next_units",
    misconception="the beginning of the program",
    loses=[FEW, WILD],
    hint="You measure the beginning of the program in one piece. The phases that come later are not in it.",
)
def the_beginning(units, cpi, population, error):
    return np.arange(300) if len(units) == 0 else []


@mistake(
    "m04_next_units",
    misconception="units grow with the variation",
    loses=[WILD, LOOPS],
    hint="Your second pass grows with the variation. It has to grow with its square.",
)
def not_with_the_square(units, cpi, population, error):
    if len(units) == 0:
        return spread(100, population, 1)
    wanted = int(3 * np.std(cpi, ddof=1) / np.mean(cpi) / error) + 1
    return spread(wanted - len(units), population, 2) if wanted > len(units) else []


# --- the window -------------------------------------------------------------------------------------------------------

SLOWEST, EXCEED, WINDOW = "the slowest access", "what it must exceed", "the window"


def window_of(cycles, peak_ipc, offered, choose=min, longer=lambda size, bound: size > bound):
    bound = cycles * peak_ipc
    unit = choose(size for size in offered if longer(size, bound))
    return {"cycles": cycles, "instructions": bound, "unit": unit, "edge": bound / unit}


@mistake(
    "m04_window",
    misconception="queues left out",
    loses=[SLOWEST, EXCEED, WINDOW],
    hint="You took the longest latency and no queue. The slowest access has waited, too.",
)
def queues_left_out(latency_ns, queue_ns, clock_ghz, peak_ipc, offered):
    return window_of(max(latency_ns.values()) * clock_ghz, peak_ipc, offered)


@mistake(
    "m04_window",
    misconception="the longest queue only",
    loses=[SLOWEST, EXCEED, WINDOW],
    hint="You took one queue. An access may wait in each of them, one after the other.",
)
def the_longest_queue_only(latency_ns, queue_ns, clock_ghz, peak_ipc, offered):
    return window_of((max(latency_ns.values()) + max(queue_ns.values())) * clock_ghz, peak_ipc, offered)


@mistake(
    "m04_window",
    misconception="all latencies one after the other",
    loses=[SLOWEST, EXCEED, WINDOW],
    hint="You added all latencies. An access is served from one place: take the slowest.",
)
def all_latencies(latency_ns, queue_ns, clock_ghz, peak_ipc, offered):
    return window_of((sum(latency_ns.values()) + sum(queue_ns.values())) * clock_ghz, peak_ipc, offered)


@mistake(
    "m04_window",
    misconception="one instruction per cycle",
    loses=[EXCEED, WINDOW],
    hint="You took cycles for instructions. A core that does not wait executes several in each.",
)
def one_instruction_per_cycle(latency_ns, queue_ns, clock_ghz, peak_ipc, offered):
    return window_of((max(latency_ns.values()) + sum(queue_ns.values())) * clock_ghz, 1.0, offered)


@mistake(
    "m04_window",
    misconception="nanoseconds for cycles",
    loses=[SLOWEST, EXCEED, WINDOW],
    hint="Your cycles are nanoseconds: the clock is missing.",
)
def nanoseconds_for_cycles(latency_ns, queue_ns, clock_ghz, peak_ipc, offered):
    return window_of(max(latency_ns.values()) + sum(queue_ns.values()), peak_ipc, offered)


@mistake(
    "m04_window",
    misconception="the longest on offer",
    loses=[WINDOW],
    hint="You took the longest window. The shortest that keeps the rule was asked for: each instruction in it costs.",
)
def the_longest_on_offer(latency_ns, queue_ns, clock_ghz, peak_ipc, offered):
    return window_of((max(latency_ns.values()) + sum(queue_ns.values())) * clock_ghz, peak_ipc, offered, choose=max)
