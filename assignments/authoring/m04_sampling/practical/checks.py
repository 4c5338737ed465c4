"""What must hold of the answers of module 4's practical."""

from __future__ import annotations

import functools

import numpy as np

from graders.checks import (
    Conserved,
    Equal,
    Exercise,
    Outcome,
    Property,
    Raises,
    Scenario,
    call,
    column,
    in_view,
    labelled,
    marks,
    sampled,
    series,
    value,
)
from reference_solutions.m04_sampling.block_vectors import BlockProfiler
from reference_solutions.m04_sampling.cluster_number import chosen_k
from reference_solutions.m04_sampling.cluster_quality import bic_score
from reference_solutions.m04_sampling.clustering import weighted_kmeans
from reference_solutions.m04_sampling.intervals import sampled_interval
from reference_solutions.m04_sampling.phase_map import phase_figure, trustworthiness
from reference_solutions.m04_sampling.projection import projected_vectors
from reference_solutions.m04_sampling.sample_size import units_needed
from reference_solutions.m04_sampling.sampling_plan import fixed_plan, sampled_programs
from reference_solutions.m04_sampling.simulation_points import simulation_points
from reference_solutions.m04_sampling.window import window

# --- basic-block vectors ----------------------------------------------------------------------------------------------


def entered(profiler, blocks):
    for block in blocks:
        profiler.enter(block)


def instructions_count(student, expect):
    profiler = student.BlockProfiler(sizes=[2, 3, 5], interval=20)
    entered(profiler, [0, 0, 2, 1, 2, 1])  # 2 + 2 + 5 + 3 + 5 + 3: exactly full
    expect(profiler.finished).equals(1)
    expect(profiler.vectors()).equals([[0.2, 0.3, 0.5]])
    expect(profiler.weights()).equals([1.0])


def over_the_border(student, expect):
    profiler = student.BlockProfiler(sizes=[4, 7], interval=10)
    entered(profiler, [0, 1, 1, 0, 0, 0])  # 11, then 11 again, and 8
    expect(profiler.finished).equals(2)
    expect(profiler.vectors()).equals([[4 / 11, 7 / 11], [4 / 11, 7 / 11], [1.0, 0.0]])
    expect(profiler.weights()).equals([11 / 30, 11 / 30, 8 / 30])


def asked_on_the_way(student, expect):
    profiler = student.BlockProfiler(sizes=[1, 2], interval=4)
    expect(profiler.finished).equals(0)
    expect(len(profiler.vectors())).equals(0)
    expect(len(profiler.weights())).equals(0)
    entered(profiler, [1])
    expect(profiler.vectors()).equals([[0.0, 1.0]])
    entered(profiler, [0, 0])
    expect(profiler.finished).equals(1)
    expect(profiler.vectors()).equals([[0.5, 0.5]])
    entered(profiler, [0])
    expect(profiler.finished).equals(1)
    expect(profiler.vectors()).equals([[0.5, 0.5], [1.0, 0.0]])
    expect(profiler.weights()).equals([0.8, 0.2])


def a_program(student, expect, rng):
    sizes = rng.permutation([5, 5, 10, 10, 15, 15])  # some intervals are filled exactly, others are not
    profiler = student.BlockProfiler(sizes=sizes.tolist(), interval=5 * int(rng.integers(12, 24)))
    for mix in rng.dirichlet(np.full(6, 0.5), size=3):
        entered(profiler, rng.choice(6, size=40, p=mix).tolist())
        expect(profiler.finished).agrees()
        expect(profiler.vectors()).agrees()
        expect(profiler.weights()).agrees()


def any_blocks(student, rng):
    profiler = student.BlockProfiler(sizes=[3, 8, 5], interval=30)
    for block in rng.integers(0, 3, size=30).tolist():
        profiler.enter(block)
        yield [*(float(sum(row)) for row in profiler.vectors()), float(sum(profiler.weights()))]


def no_such_block(student, expect):
    profiler = student.BlockProfiler(sizes=[3, 8], interval=30)
    expect(profiler.enter(2)).raises(ValueError)
    expect(profiler.enter(-1)).raises(ValueError)
    profiler.enter(1)
    expect(profiler.vectors()).equals([[0.0, 1.0]])


PROFILER = Exercise(
    "m04_block_profiler",
    reference=BlockProfiler,
    checks=[
        Scenario(
            "shares of instructions",
            weight=1.25,
            play=instructions_count,
            message="An interval that is filled exactly by blocks of unequal length.",
        ),
        Scenario(
            "over the border",
            weight=1.25,
            play=over_the_border,
            message="Blocks that go beyond what the interval wanted, and a last interval that is not full.",
        ),
        Scenario(
            "asked on the way",
            weight=0.75,
            play=asked_on_the_way,
            message="Before the first block, between two blocks, and on from there.",
        ),
        Scenario(
            "a program", weight=1, play=a_program, message="Six blocks, three phases, intervals of other lengths."
        ),
        Conserved(
            "everything is shared out",
            weight=0.25,
            script=any_blocks,
            invariant=lambda sums: np.allclose(sums, 1),
            message="Whatever is entered: rows sum to one, and so do weights.",
        ),
        Scenario("no such block", weight=0.25, play=no_such_block, message="Numbers that no block has."),
        Raises(
            ValueError,
            "no such program",
            weight=0.25,
            cases=[call([], 10), call([3, 0], 10), call([3, -1], 10), call([3], 0)],
            message="No blocks, blocks without instructions, and intervals without any.",
        ),
    ],
)

# --- random projection ------------------------------------------------------------------------------------------------


def long_rows(rng):
    return call(rng.dirichlet(np.full(30, 0.3), size=5))


def other_numbers(rng):
    blocks = int(rng.integers(8, 30))
    return call(
        rng.dirichlet(np.ones(blocks), size=4), dimensions=int(rng.integers(2, 7)), seed=int(rng.integers(1, 10**6))
    )


def short_rows(rng):
    return call(rng.dirichlet(np.ones(6), size=4), dimensions=int(rng.integers(6, 9)))


PROJECTED = Exercise(
    "m04_projected_vectors",
    reference=projected_vectors,
    checks=[
        Equal("fifteen", weight=1.25, cases=sampled(long_rows, count=3), message="Fifteen dimensions, as by default."),
        Equal(
            "another matrix",
            weight=0.75,
            cases=sampled(other_numbers, count=4),
            message="Other numbers of dimensions, and other seeds.",
        ),
        Equal(
            "short enough",
            weight=0.75,
            cases=[call([[0.2, 0.3, 0.5]], 3), call(np.eye(15)), call(np.eye(16)), sampled(short_rows, count=2)],
            message="Vectors with as many columns as are kept, with fewer, and with one more.",
        ),
        Raises(
            ValueError,
            "nothing kept",
            weight=0.25,
            cases=[call(np.eye(4), 0), call(np.eye(4), dimensions=-2)],
            message="No dimension at all.",
        ),
    ],
)

# --- clusters ---------------------------------------------------------------------------------------------------------


def cloud(rng, equal):
    """Intervals of three kinds that overlap, so that starts matter."""
    kinds = rng.normal(size=(3, 4))
    x = kinds[rng.integers(0, 3, size=24)] + 0.6 * rng.normal(size=(24, 4))
    w = np.full(24, 1 / 24) if equal else rng.dirichlet(np.full(24, 0.7))
    return x, w


def one_start(rng):
    x, w = cloud(rng, equal=True)
    return call(x, w, [rng.choice(24, 3, replace=False).tolist()], 100)


def light_and_heavy(rng):
    x, w = cloud(rng, equal=False)
    return call(x, w, [rng.choice(24, 4, replace=False).tolist()], 100)


def several_starts(rng):
    x, w = cloud(rng, equal=False)
    return call(x, w, [rng.choice(24, 4, replace=False).tolist() for _ in range(5)], 100)


def few_rounds(rng):
    x, w = rng.normal(size=(40, 3)), rng.dirichlet(np.full(40, 0.7))  # no clusters at all: it takes many
    return call(x, w, [rng.choice(40, 5, replace=False).tolist()], int(rng.integers(1, 3)))


def as_groups(found):
    """Labels in the order in which they appear, with their centres: numbers of clusters are a matter of the start."""
    labels = np.asarray(found["labels"])
    order = list(dict.fromkeys(labels.tolist()))
    centres = np.asarray(found["centres"])[order]
    return {"labels": [order.index(label) for label in labels.tolist()], "centres": centres, "d": found["distortion"]}


LINE = [[0.0], [1.0], [2.0], [8.0], [10.0]]

KMEANS = Exercise(
    "m04_weighted_kmeans",
    reference=weighted_kmeans,
    checks=[
        Equal(
            "one start",
            weight=1.5,
            cases=sampled(one_start, count=3),
            part=as_groups,
            message="Equal weights, three clusters, one start: labels, centres and distortion.",
        ),
        Equal(
            "light and heavy",
            weight=1,
            cases=sampled(light_and_heavy, count=3),
            part=as_groups,
            message="Intervals of very different weights.",
        ),
        Equal(
            "the best start",
            weight=1.25,
            cases=sampled(several_starts, count=4),
            part=as_groups,
            message="Several starts that end in different places.",
        ),
        Equal(
            "few rounds",
            weight=0.5,
            cases=sampled(few_rounds, count=3),
            part=as_groups,
            message="One or two rounds, too few to come to rest.",
        ),
        Equal(
            "ties and empty clusters",
            weight=0.5,
            cases=[
                call(LINE, [0.25, 0.125, 0.25, 0.25, 0.125], [[0, 2]], 1),
                call(LINE, [0.25, 0.125, 0.25, 0.25, 0.125], [[4, 4, 0]], 100),
                call(LINE, [0.25, 0.125, 0.25, 0.25, 0.125], [[3, 0], [0, 3]], 100),
            ],
            message="An interval halfway between two centres, a cluster without intervals, and two starts as good.",
        ),
        Raises(
            ValueError,
            "no start",
            weight=0.25,
            cases=[call(LINE, [0.2] * 5, [], 10), call(LINE, [0.2] * 5, [[0, 1]], 0)],
            message="No start, and no round.",
        ),
    ],
)

# --- the score --------------------------------------------------------------------------------------------------------


def clustered(rng, equal, scale=1.0):
    x, w = cloud(rng, equal)
    labels = np.r_[0, 1, 2, rng.integers(0, 3, size=21)]
    centres = np.array([np.average(x[labels == j], axis=0, weights=w[labels == j]) for j in range(3)])
    return call(x, scale * w, {"labels": labels, "centres": centres})


def equal_weights(rng):
    return clustered(rng, equal=True)


def unequal_weights(rng):
    return clustered(rng, equal=False)


def counts_for_weights(rng):
    return clustered(rng, equal=False, scale=float(rng.uniform(1e3, 1e6)))


def an_empty_cluster(rng):
    made = clustered(rng, equal=False)
    x, w, clustering = made.args
    return call(x, w, {**clustering, "centres": np.vstack([clustering["centres"], [[9.0] * 4]])})


BIC = Exercise(
    "m04_bic_score",
    reference=bic_score,
    checks=[
        Equal(
            "intervals alike",
            weight=1.5,
            cases=sampled(equal_weights, count=3),
            message="Intervals of equal weight.",
        ),
        Equal(
            "light and heavy intervals",
            weight=1.25,
            cases=sampled(unequal_weights, count=3),
            message="Intervals of unequal weights.",
        ),
        Equal(
            "weights that are counts",
            weight=0.5,
            cases=sampled(counts_for_weights, count=2),
            message="Weights that do not sum to one: instructions, for instance.",
        ),
        Equal(
            "nobody there, nothing left",
            weight=0.5,
            cases=[
                call([[1.0], [4.0]], [1, 2], {"labels": [0, 1], "centres": [[1.0], [4.0]]}),
                sampled(an_empty_cluster, count=2),
            ],
            message="A cluster without intervals, and a clustering without distortion.",
        ),
        Raises(
            ValueError,
            "labels that are missing",
            weight=0.25,
            cases=[
                call(LINE, [1, 1, 1], {"labels": [0] * 5, "centres": [[4.2]]}),
                call(LINE, [1] * 5, {"labels": [0] * 4, "centres": [[4.2]]}),
            ],
            message="Fewer weights, or fewer labels, than intervals.",
        ),
    ],
)


def rising_scores(rng):
    k = np.arange(1, 11)
    scores = 500 * (1 - np.exp(-k / rng.uniform(1, 4))) + rng.normal(0, 4, size=10) - rng.uniform(0, 900)
    return call(k.tolist(), scores.tolist())


def shuffled_scores(rng):
    made = rising_scores(rng)
    order = rng.permutation(10)
    k, scores = (np.asarray(one)[order] for one in made.args)
    return call(k, scores, share=float(rng.choice([0.5, 0.75, 0.95])))


CHOSEN = Exercise(
    "m04_chosen_k",
    reference=chosen_k,
    checks=[
        Equal(
            "a knee", weight=0.75, cases=sampled(rising_scores, count=5), message="Scores that rise, and then crawl."
        ),
        Equal(
            "in any order",
            weight=0.5,
            cases=sampled(shuffled_scores, count=5),
            message="Numbers in any order, and other shares.",
        ),
        Equal(
            "edges",
            weight=0.5,
            cases=[
                call([1, 2, 3], [0.0, 90.0, 100.0]),
                call([4, 3, 2], [5.0, 5.0, 5.0]),
                call([9], [-1.0]),
                call([1, 2, 3], [-8.0, -4.0, 0.0], share=1.0),
                call([3, 2, 1], [-8.0, -4.0, 0.0], share=0.0),
                call([1, 2, 3, 4], [10.0, -30.0, 60.0, 70.0], 0.8),
                call([1, 2, 3], [-100.0, -20.0, 0.0], share=0.5),
            ],
            message="Exactly nine tenths, all equal, a single number, the whole way and none of it, and a dip.",
        ),
        Raises(
            ValueError,
            "nothing to choose",
            weight=0.25,
            cases=[call([], []), call([1, 2], [3.0]), call([1, 2], [3.0, 4.0], share=90), call([1], [1.0], -0.5)],
            message="Nothing tried, a score that is missing, and shares that are none.",
        ),
    ],
)

# --- representatives --------------------------------------------------------------------------------------------------


def grouped_cloud(rng, **others):
    """Five clusters of at least four intervals each, and of clearly different sizes."""
    x, w = rng.normal(size=(40, 3)), rng.dirichlet(np.full(40, 2.0))
    labels = rng.permutation(np.repeat(np.arange(5), [4, 5, 7, 10, 14]))
    centres = np.array([np.average(x[labels == j], axis=0, weights=w[labels == j]) for j in range(5)])
    return call(x, w, {"labels": labels, "centres": centres}, **others)


def all_of_it(rng):
    return grouped_cloud(rng)


def most_of_it(rng):
    return grouped_cloud(rng, coverage=float(rng.uniform(0.3, 0.9)))


def counts_of_instructions(rng):
    made = most_of_it(rng)
    x, w, clustering = made.args
    return call(x, 1e6 * w, clustering, **made.kwargs)


def with_an_empty_one(rng):
    x, w, clustering = grouped_cloud(rng).args
    labels = np.where(clustering["labels"] == 2, 3, clustering["labels"])
    return call(x, w, {**clustering, "labels": labels})


EIGHTS = [0.125] * 8
PLACES = [[float(place)] for place in (0, 2, 4, 10, 12, 20, 22, 30)]
IN_FOUR = {"labels": [0, 0, 0, 1, 1, 2, 2, 3], "centres": [[2.0], [11.0], [21.0], [30.0]]}

POINTS = Exercise(
    "m04_simulation_points",
    reference=simulation_points,
    checks=[
        Equal(
            "representatives",
            weight=1.25,
            cases=sampled(all_of_it, count=4),
            part=column("cluster", "interval"),
            message="The interval that stands for each cluster.",
        ),
        Equal(
            "weights",
            weight=1,
            cases=sampled(all_of_it, count=4),
            part=column("weight"),
            message="What each of them counts, if intervals have unequal weights.",
        ),
        Equal(
            "coverage",
            weight=1,
            cases=[sampled(most_of_it, count=4), sampled(counts_of_instructions, count=2)],
            message="Only the largest clusters, up to a share of the program.",
        ),
        Equal(
            "equally near, equally large",
            weight=0.5,
            cases=[
                call(PLACES, EIGHTS, IN_FOUR),
                call(PLACES, EIGHTS, IN_FOUR, coverage=0.625),
                call(PLACES, EIGHTS, IN_FOUR, 0.63),
                call(PLACES, [0.7 / 3] * 3 + [0.1] * 2 + [0.05] * 2 + [0.0], IN_FOUR, coverage=0.9),
                sampled(with_an_empty_one, count=1),
            ],
            message="Ties, a coverage that is reached exactly, or but for rounding, and a cluster without intervals.",
        ),
        Raises(
            ValueError,
            "no such coverage",
            weight=0.25,
            cases=[call(PLACES, EIGHTS, IN_FOUR, 0.0), call(PLACES, EIGHTS, IN_FOUR, coverage=80)],
            message="Coverages that are no share.",
        ),
    ],
)

# --- a map ------------------------------------------------------------------------------------------------------------


def a_map(rng, **others):
    n = int(rng.integers(16, 30))
    truth = rng.normal(size=(n, 4))
    return call(truth, truth[:, :2] + 0.3 * rng.normal(size=(n, 2)), **others)


def fair_map(rng):
    return a_map(rng)


def other_neighbours(rng):
    return a_map(rng, neighbours=int(rng.integers(1, 8)))


def stretched_map(rng):
    """A map that is right, on which everything lies elsewhere and at other distances."""
    line = np.cumsum(rng.uniform(0.5, 1.5, size=14))
    return call(line[:, np.newaxis], np.column_stack([-7 * np.exp(line / 8), np.full(14, 3.0)]), 3)


STEPS = [[0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [6.0]]

TRUST = Exercise(
    "m04_trustworthiness",
    reference=trustworthiness,
    checks=[
        Equal(
            "five neighbours",
            weight=1.25,
            cases=sampled(fair_map, count=4),
            message="Maps that are right in part.",
        ),
        Equal(
            "other neighbours",
            weight=0.75,
            cases=sampled(other_neighbours, count=4),
            message="Neighbourhoods of one to seven points.",
        ),
        Equal(
            "perfect, worst, tied",
            weight=0.75,
            cases=[
                call(STEPS, STEPS[::-1], 2),
                call(STEPS, [[1.0], [0.0], [6.0], [3.0], [5.0], [2.0], [4.0]], 3),
                call([[1.0]] * 5, [[0.0], [4.0], [2.0], [9.0], [7.0]], 1),
                call(STEPS, [[1.0]] * 7, 1),
                sampled(stretched_map, count=2),
            ],
            message="Maps whose neighbours are all true, or hardly any, and points that are equally far.",
        ),
        Raises(
            ValueError,
            "no such neighbours",
            weight=0.25,
            cases=[
                call(STEPS, STEPS[:6], 2),
                call(STEPS, STEPS, 0),
                call(STEPS, STEPS, 4),
                call(STEPS[:4], STEPS[:4], 2),
            ],
            message="Points that are missing on the map, no neighbours, and half of the points.",
        ),
    ],
)


def map_with_phases(rng, kept=None):
    labels = np.r_[np.arange(4), rng.integers(0, 4, size=16)]
    clusters = np.sort(rng.choice(4, size=kept or 4, replace=False))
    intervals = [int(rng.choice(np.flatnonzero(labels == cluster))) for cluster in clusters]
    weights = rng.dirichlet(np.full(len(clusters), 5.0))
    table = {"cluster": clusters, "interval": np.array(intervals), "weight": weights}
    return call(rng.normal(0, 20, size=(20, 2)), labels, table)


def all_kept(rng):
    return map_with_phases(rng)


def some_kept(rng):
    return map_with_phases(rng, kept=int(rng.integers(1, 4)))


MAPS = [sampled(all_kept, count=2), sampled(some_kept, count=2)]

FIGURE = Exercise(
    "m04_phase_figure",
    reference=phase_figure,
    checks=[
        Equal("phases", weight=1, cases=MAPS, part=series("points"), message="The intervals of each phase."),
        Equal(
            "what is simulated", weight=1, cases=MAPS, part=marks, message="The simulation points, and their labels."
        ),
        Equal(
            "what is left out",
            weight=0.5,
            cases=MAPS,
            part=lambda figure: sorted(figure["left_out"]),
            message="Phases that nothing stands for.",
        ),
        Equal(
            "axes",
            weight=0.25,
            cases=MAPS,
            part=lambda figure: [[figure[name]["scale"], list(figure[name]["limits"])] for name in "xy"],
            message="Both axes are linear, and go as far as the map does.",
        ),
        Property(
            "in view",
            weight=0.25,
            cases=MAPS,
            holds=lambda pairs: labelled()(pairs) and in_view()(pairs),
            message="Everything has a label, and nothing lies outside of the axes.",
        ),
    ],
)

# --- samples ----------------------------------------------------------------------------------------------------------


def long_program(rng):
    return call(float(rng.uniform(0.1, 2.5)), float(rng.uniform(0.01, 0.1)))


def other_confidence(rng):
    return call(float(rng.uniform(0.1, 2.5)), float(rng.uniform(0.01, 0.1)), z=float(rng.uniform(1, 2.9)))


def short_program(rng):
    return call(float(rng.uniform(0.3, 2.5)), float(rng.uniform(0.02, 0.1)), population=int(rng.integers(50, 20_000)))


UNITS_NEEDED = Exercise(
    "m04_units_needed",
    reference=units_needed,
    checks=[
        Equal(
            "long programs",
            weight=1,
            cases=[call(0.5, 0.05), call(2.0, 0.01), sampled(long_program, count=5)],
            message="Programs so long that their length does not matter.",
        ),
        Equal("another confidence", weight=0.5, cases=sampled(other_confidence, count=4), message="Other values of z."),
        Equal(
            "short programs",
            weight=0.75,
            cases=sampled(short_program, count=5),
            message="Programs of which a sample is a good part.",
        ),
        Equal(
            "whole numbers",
            weight=0.5,
            cases=[
                call(1.0, 0.03),
                call(0.1, 0.03),
                call(0.5, 0.1, z=2.0),
                call(0.0, 0.05),
                call(0.01, 0.5),
                call(1.0, 0.3, 3, 100),
                call(1.0, 0.1, z=1, population=1),
            ],
            message="Numbers that are whole but for rounding, no variation at all, and very short programs.",
        ),
        Raises(
            ValueError,
            "no such sample",
            weight=0.25,
            cases=[
                call(-0.1, 0.03),
                call(1.0, 0.0),
                call(1.0, -0.03),
                call(1.0, 0.03, z=0.0),
                call(1.0, 0.03, population=0),
            ],
            message="Variations, errors, confidences and programs that do not exist.",
        ),
    ],
)


def means(rng):
    return call(rng.lognormal(0.5, 0.4, size=int(rng.integers(4, 25))))


def ratios(rng):
    accesses = rng.integers(50, 800, size=int(rng.integers(8, 25)))
    return call(rng.binomial(accesses, rng.beta(2, 8, size=accesses.size)), accesses)


def surer(rng):
    made = (means, ratios)[int(rng.integers(2))](rng)
    return call(*made.args, confidence=float(rng.choice([0.5, 0.8, 0.99, 0.997])))


def of_short_programs(rng):
    made = (means, ratios)[int(rng.integers(2))](rng)
    return call(*made.args, population=int(len(made.args[0]) * rng.uniform(1.1, 4)))


INTERVAL = Exercise(
    "m04_sampled_interval",
    reference=sampled_interval,
    checks=[
        Equal("means", weight=1, cases=[call([3.0, 5.0]), sampled(means, count=4)], message="Means of few units."),
        Equal(
            "ratios",
            weight=1.25,
            cases=[call([1.0, 3.0, 2.0], [10.0, 10.0, 40.0]), sampled(ratios, count=4)],
            message="Ratios of two counts that both vary.",
        ),
        Equal(
            "another confidence",
            weight=0.75,
            cases=sampled(surer, count=4),
            message="Intervals that are surer, or bolder.",
        ),
        Equal(
            "short programs",
            weight=0.75,
            cases=[call([2.0, 4.0, 9.0], population=3), sampled(of_short_programs, count=4)],
            message="Samples that are a good part of the program, or all of it.",
        ),
        Raises(
            ValueError,
            "no interval",
            weight=0.25,
            cases=[
                call([]),
                call([1.0]),
                call([1.0, 2.0], [1.0]),
                call([1.0, 2.0], confidence=95),
                call([1.0, 2.0], confidence=1.0),
                call([1.0, 2.0, 3.0], population=2),
            ],
            message="Samples and confidences that allow none.",
        ),
    ],
)

# --- plans ------------------------------------------------------------------------------------------------------------

POPULATION, ERROR = 20_000, 0.05
PERIODS = (4, 5, 8, 10, 16, 20, 25, 40, 50, 100, 125)


@functools.cache
def programs(kind):
    """CPI of every unit of the programs of a kind."""
    rng = np.random.default_rng(len(kind))
    if kind == "loops":
        place = np.arange(POPULATION)
        return {f"{period}": np.where(place % period < 0.2 * period, 2.5, 0.8) for period in PERIODS}
    if kind == "wild":
        return {f"{v}": rng.gamma(v**-2, v**2, size=POPULATION) for v in (0.8, 0.9, 1.0, 1.1, 1.25, 1.4)}
    phases = {
        v: np.repeat(rng.uniform(1 - v, 1 + v, size=20), POPULATION // 20) for v in (0.09, 0.13, 0.17, 0.22, 0.28, 0.34)
    }
    return {f"{v}": cpi * rng.gamma(1 / v**2, v**2, size=POPULATION) for v, cpi in phases.items()}


def steady(policy):
    return sampled_programs(policy, programs("steady"), ERROR)


def wild(policy):
    return sampled_programs(policy, programs("wild"), ERROR)


def loops(policy):
    return sampled_programs(policy, programs("loops"), ERROR)


def kept(outcome):
    """Share of the programs for which the promise is kept."""
    return 1 - float(np.mean(outcome["missed"]))


def are_units(decision):
    numbers = np.asarray(decision)
    whole = numbers.dtype.kind in "iuf" and bool(np.all(numbers == np.floor(numbers)))
    return numbers.ndim == 1 and (not numbers.size or (whole and numbers.min() >= 0 and numbers.max() < POPULATION))


PLAN = Exercise(
    "m04_next_units",
    checks=[
        Outcome(
            "few units",
            weight=1.5,
            simulate=steady,
            measure=lambda outcome: float(np.mean(outcome["cost"])),
            at_most=0.4,
            times=fixed_plan,
            accepts=are_units,
            message="The cost of programs in phases, against one pass that believes in a variation of 1.",
        ),
        Outcome(
            "wild programs",
            weight=1.25,
            simulate=wild,
            measure=kept,
            at_least=0.83,
            accepts=are_units,
            message="Whether the promise is kept where units differ much.",
        ),
        Outcome(
            "no more than needed",
            weight=0.75,
            simulate=wild,
            measure=lambda outcome: float(np.mean(outcome["measured"] / outcome["ideal"])),
            at_most=1.5,
            accepts=are_units,
            message="Units that are measured there, against those of somebody who knows the variation.",
        ),
        Outcome(
            "loops",
            weight=1.5,
            simulate=loops,
            measure=lambda outcome: float(np.mean(outcome["cost"])),
            at_most=0.7,
            times=fixed_plan,
            accepts=are_units,
            message="The cost of programs that repeat themselves, with many periods, against the same one pass.",
        ),
    ],
)

# --- the window -------------------------------------------------------------------------------------------------------

MACHINE = {
    "latency_ns": {"second-level cache": 5.0, "memory": 95.0, "memory of the other socket": 165.0, "CXL memory": 290.0},
    "queue_ns": {"memory controller": 140.0, "link": 70.0},
    "clock_ghz": 3.2,
    "peak_ipc": 6.0,
    "offered": [1_000, 2_000, 5_000, 10_000, 20_000, 50_000],
}
"""What the notebook's cell before the exercise defines."""

WINDOW = Exercise(
    "m04_window",
    reference=window,
    given=MACHINE,
    checks=[
        Equal(
            "the slowest access",
            weight=0.75,
            cases=[value()],
            part=lambda answer: answer["cycles"],
            message="How many cycles the slowest access takes.",
        ),
        Equal(
            "what it must exceed",
            weight=0.5,
            cases=[value()],
            part=lambda answer: answer["instructions"],
            message="How many instructions a core may execute in that time.",
        ),
        Equal(
            "the window",
            weight=0.75,
            cases=[value()],
            part=lambda answer: [answer["unit"], answer["edge"]],
            message="The shortest window that keeps the rule, and its last part.",
        ),
    ],
)
