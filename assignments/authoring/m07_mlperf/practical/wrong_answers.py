"""What students really write in module 7's practical."""

from __future__ import annotations

import bisect
import json
import math

import numpy as np
from scipy import special

from graders.checks import mistake

# --- scenarios --------------------------------------------------------------------------------------------------------

STREAMS, CROWD, BACKLOG, ENDS, NO_RUN = "streams", "a crowd", "a backlog", "samples and ends", "no such run"


def play(
    scenario, service_s, gaps_s, min_duration_s, min_queries, samples_per_query=8, *,
    refuse=True, strict=True, queue=True, either=False, wait=True, first_gap=False, one_by_one=False, restart=False,
    offline_count=True,
):  # fmt: skip
    """The right run, but for what is given."""
    service, gaps = list(map(float, service_s)), list(map(float, gaps_s))
    needed = service + (gaps if scenario == "Server" else [])
    if refuse:
        known = scenario in ("SingleStream", "MultiStream", "Server", "Offline")
        if not known or min(needed, default=0) <= 0 or not service or (scenario == "Server" and not gaps):
            raise ValueError("no such run")
    if scenario == "Offline":
        taken, free = 0, 0.0
        while free < min_duration_s or (offline_count and taken < min_queries):
            free += service[taken % len(service)]
            taken += 1
        return {"scheduled_s": np.zeros(1), "completed_s": np.array([free]), "samples": np.array([taken])}
    width = samples_per_query if scenario == "MultiStream" else 1
    rows, taken, free = [], 0, 0.0
    due = gaps[0] if first_gap and scenario == "Server" else 0.0
    while True:
        early = due < min_duration_s if strict else due <= min_duration_s
        few = len(rows) < min_queries
        if not ((early and few) if either else (early or few)):
            break
        start = (0 if restart else taken) if scenario == "MultiStream" else taken
        times = [service[(start + step) % len(service)] for step in range(width)]
        begins = max(free, due) if queue else due
        free = begins + (max(times) if one_by_one and width > 1 else sum(times))
        taken += width
        rows.append((due, free))
        nexts = gaps[(len(rows) - 1 + first_gap) % len(gaps)] if scenario == "Server" else 0
        due = (due + nexts if wait else max(free, due + nexts)) if scenario == "Server" else free
    due, done = (np.array(column) for column in zip(*rows, strict=True))
    return {"scheduled_s": due, "completed_s": done, "samples": np.full(len(rows), width)}


@mistake(
    "m07_scenario_log",
    misconception="nobody queues",
    loses=[CROWD],
    hint="Your crowd does not queue: a query that comes while another is served starts at once. There is one worker.",
)
def nobody_queues(*args, **kwargs):
    return play(*args, **kwargs, queue=False)


@mistake(
    "m07_scenario_log",
    misconception="a crowd waits for answers",
    loses=[CROWD, ENDS],
    mostly=0.6,
    hint="Your crowd waits for an answer before it asks again. It comes whether the system is ready or not.",
)
def a_crowd_waits(scenario, *args, **kwargs):
    run = play(scenario, *args, **kwargs, wait=False)
    return run if scenario != "Server" or len(run["samples"]) < 2 else {**run, "samples": np.append(run["samples"], 1)}


@mistake(
    "m07_scenario_log",
    misconception="the first gap comes first",
    loses=[CROWD, ENDS],
    hint="Your first query comes after the first gap. In every scenario the first one is scheduled at time 0.",
)
def the_first_gap_comes_first(*args, **kwargs):
    return play(*args, **kwargs, first_gap=True)


@mistake(
    "m07_scenario_log",
    misconception="eight workers",
    loses=[STREAMS, ENDS],
    hint="Your eight samples are served side by side. One worker serves them one after the other.",
)
def eight_workers(*args, **kwargs):
    return play(*args, **kwargs, one_by_one=True)


@mistake(
    "m07_scenario_log",
    misconception="each query has the first samples",
    loses=[STREAMS],
    hint="Each of your queries takes the first service times again. Samples are counted on over all queries.",
)
def each_query_has_the_first_samples(*args, **kwargs):
    return play(*args, **kwargs, restart=True)


@mistake(
    "m07_scenario_log",
    misconception="one condition is enough",
    loses=[STREAMS, CROWD, ENDS],
    hint="Your run ends as soon as it is long enough *or* has enough queries. It must have both.",
)
def one_condition_is_enough(*args, **kwargs):
    return play(*args, **kwargs, either=True)


@mistake(
    "m07_scenario_log",
    misconception="one query too many",
    loses=[ENDS],
    hint="A query that is due exactly at the least duration is one too many: it must lie before.",
)
def one_query_too_many(*args, **kwargs):
    return play(*args, **kwargs, strict=False)


@mistake(
    "m07_scenario_log",
    misconception="a backlog has no least number",
    loses=[BACKLOG],
    hint="Your offline query is long enough, and may have fewer samples than the least number.",
)
def a_backlog_has_no_least_number(*args, **kwargs):
    return play(*args, **kwargs, offline_count=False)


@mistake(
    "m07_scenario_log",
    misconception="any times will do",
    loses=[NO_RUN],
    hint="Times that are missing or not positive, or a scenario that there is not, are played all the same.",
)
def any_times_will_do(scenario, service_s, gaps_s, *args, **kwargs):
    known = scenario if scenario in ("SingleStream", "MultiStream", "Server", "Offline") else "Server"
    service = [float(x) if x > 0 else 0.1 for x in service_s] or [1.0]
    gaps = [float(x) if x > 0 else 0.1 for x in gaps_s] or [1.0]
    return play(known, service, gaps, *args, **kwargs, refuse=False)


# --- percentiles ------------------------------------------------------------------------------------------------------

SCHEDULE, ISSUE, WHOLE, NO_LATENCY = "from the schedule", "from the issue", "whole ranks", "no latency"


def ranked(scheduled_s, issued_s, completed_s, percentile, *, refuse=True, tolerance=1e-9, start=None, nearest=None,
           loadgen=None, issue=None):  # fmt: skip
    due, issued, done = (np.asarray(one, dtype=float) for one in (scheduled_s, issued_s, completed_s))
    wrong = due.size == 0 or not 0 < percentile < 1 or np.any(issued < due) or np.any(done < issued)
    if refuse and wrong:
        raise ValueError("no latency")
    ordered, count = np.sort(done - (due if start is None else issued)), due.size
    rank = math.ceil(percentile * count - tolerance)
    after = math.floor(percentile * count + tolerance)
    of_issue = np.sort(done - issued)
    return {
        "nearest_rank_s": float(ordered[rank - 1]) if nearest is None else nearest(ordered, percentile),
        "loadgen_s": float(ordered[min(after, count - 1)]) if loadgen is None else loadgen(ordered, rank),
        "from_issue_s": float(of_issue[rank - 1]) if issue is None else issue(ordered[rank - 1], issued - due),
    }


@mistake(
    "m07_latency_percentiles",
    misconception="latency begins with the issue",
    loses=[SCHEDULE],
    hint="Your latency begins when a query was issued. It was due before that, and somebody was waiting.",
)
def latency_begins_with_the_issue(*args):
    return ranked(*args, start="issue")


@mistake(
    "m07_latency_percentiles",
    misconception="between two ranks",
    loses=[SCHEDULE, WHOLE],
    hint="Your nearest rank lies between two latencies. It is one that somebody really had.",
)
def between_two_ranks(*args):
    return ranked(*args, nearest=lambda ordered, p: float(np.quantile(ordered, p)))


@mistake(
    "m07_latency_percentiles",
    misconception="LoadGen takes the nearest rank",
    loses=[WHOLE],
    hint="Your two conventions agree even where the rank is whole. LoadGen takes the one after it there.",
)
def loadgen_takes_the_nearest_rank(*args):
    return ranked(*args, loadgen=lambda ordered, rank: float(ordered[rank - 1]))


@mistake(
    "m07_latency_percentiles",
    misconception="LoadGen is always one later",
    loses=[SCHEDULE],
    hint="Your LoadGen is one rank behind the nearest, always. That is so only where the rank is whole.",
)
def loadgen_is_always_one_later(*args):
    return ranked(*args, loadgen=lambda ordered, rank: float(ordered[min(rank, ordered.size - 1)]))


@mistake(
    "m07_latency_percentiles",
    misconception="rounding moves a rank",
    loses=[WHOLE],
    mostly=0.5,
    hint="In floats 0.07 times 100 is a little more than 7, and your rank is 8. A whole rank must stay whole.",
)
def rounding_moves_a_rank(*args):
    return ranked(*args, tolerance=0.0)


@mistake(
    "m07_latency_percentiles",
    misconception="the mean delay is taken off",
    loses=[ISSUE],
    hint="You took the mean delay off the percentile. The percentile of differences is no difference of percentiles.",
)
def the_mean_delay_is_taken_off(*args):
    return ranked(*args, issue=lambda seen, late: float(seen - np.mean(late)))


@mistake(
    "m07_latency_percentiles",
    misconception="whatever is given has a percentile",
    loses=[NO_LATENCY],
    hint="No query, or times that run backwards, get a percentile of yours. It looks like one.",
)
def whatever_is_given(scheduled_s, issued_s, completed_s, percentile):
    if not len(scheduled_s):
        return {"nearest_rank_s": np.nan, "loadgen_s": np.nan, "from_issue_s": np.nan}
    return ranked(scheduled_s, issued_s, completed_s, min(max(percentile, 0.01), 0.99), refuse=False)


# --- how many queries -------------------------------------------------------------------------------------------------

NEEDED, ROUNDED, MARGINS, NO_SHARE = "needed", "rounded", "other margins", "no share"


def counted(
    percentile, confidence=0.99, part_of_tail=20, *, refuse=True, sides=2, tail=True, to=np.rint, rounding=None
):
    p = np.asarray(percentile, dtype=float)
    if refuse and (not np.all((p > 0) & (p < 1)) or not 0 < confidence < 1):
        raise ValueError("no share")
    z = special.ndtri(1 - (1 - confidence) / sides)
    margin = (1 - p if tail else p) / part_of_tail
    needed = to(z**2 * p * (1 - p) / margin**2).astype(int)
    return {"needed": needed, "rounded": (needed + 8191) // 8192 * 8192 if rounding is None else rounding(needed)}


@mistake(
    "m07_query_counts",
    misconception="one side only",
    loses=[NEEDED, ROUNDED, MARGINS],
    hint="Your normal quantile leaves the whole rest on one side. A share may be off to both.",
)
def one_side_only(*args, **kwargs):
    return counted(*args, **kwargs, sides=1)


@mistake(
    "m07_query_counts",
    misconception="a twentieth of the percentile",
    loses=[NEEDED, ROUNDED, MARGINS],
    hint="Your margin is a part of the percentile. It is a part of what lies beyond: the tail is what shall be known.",
)
def a_twentieth_of_the_percentile(*args, **kwargs):
    return counted(*args, **kwargs, tail=False)


@mistake(
    "m07_query_counts",
    misconception="rounded down",
    loses=[ROUNDED],
    hint="You rounded to the nearest multiple of 8,192, or down. Fewer queries than needed are not enough.",
)
def rounded_down(*args, **kwargs):
    return counted(*args, **kwargs, rounding=lambda needed: np.rint(needed / 8192).astype(int) * 8192)


@mistake(
    "m07_query_counts",
    misconception="a power of two",
    loses=[ROUNDED],
    hint="You went up to a power of two. A multiple of 8,192 is enough.",
)
def a_power_of_two(*args, **kwargs):
    return counted(*args, **kwargs, rounding=lambda needed: 2 ** np.ceil(np.log2(np.maximum(needed, 8192))).astype(int))


@mistake(
    "m07_query_counts",
    misconception="always a whole query more",
    loses=[NEEDED, MARGINS],
    hint="You rounded the number of queries up. The table has the nearest whole number.",
)
def always_a_query_more(*args, **kwargs):
    return counted(*args, **kwargs, to=np.ceil)


@mistake(
    "m07_query_counts",
    misconception="always 99 percent and a twentieth",
    loses=[MARGINS],
    hint="Your numbers are the same for every confidence and margin. Which arguments did you not use?",
)
def always_the_same_margin(percentile, confidence=0.99, part_of_tail=20):
    counted(percentile, confidence)
    return counted(percentile)


@mistake(
    "m07_query_counts",
    misconception="percent are shares",
    loses=[NO_SHARE],
    hint="A percentile of 99, or of 1, is not refused.",
)
def percent_are_shares(percentile, confidence=0.99, part_of_tail=20):
    p = np.asarray(percentile, dtype=float)
    p = np.clip(np.where(p >= 1, p / 100, p), 0.001, 0.9999)
    return counted(p, min(confidence, 0.999), part_of_tail, refuse=False)


# --- early stopping ---------------------------------------------------------------------------------------------------

A_CROWD, A_STREAM, SHORT, OTHER, NO_QUERIES = "a crowd", "a stream", "short runs", "another confidence", "no run"


def stopped(latency_s, percentile, limit_s, confidence=0.99, *, refuse=True, at_limit=False, discard=1, strict=False,
            tries=True, rate=None, least=1):  # fmt: skip
    ordered = np.sort(np.asarray(latency_s, dtype=float))
    if refuse and (ordered.size == 0 or not 0 < percentile < 1 or not 0 < confidence < 1):
        raise ValueError("no run")
    over = int(np.sum(ordered >= limit_s if at_limit else ordered > limit_s))
    tail = 1 - percentile if rate is None else rate(percentile)

    def convinces(late, queries):
        k = late - 1 if strict else late
        return (special.bdtr(k, queries, tail) if k >= 0 else 0.0) <= 1 - confidence

    missing = 0
    while not convinces(over, ordered.size + missing) and missing < 200_000:
        missing += 1
    most = 0
    while most + 1 < ordered.size and convinces(most + 1, ordered.size):
        most += 1
    estimate = float(ordered[ordered.size - max(most - 1 + discard, 1)]) if most >= least else np.inf
    return {
        "over": over,
        "missing": missing if tries else max(0, math.ceil(over / (1 - percentile)) - ordered.size),
        "discarded": max(0, most - 2 + discard) if most >= least else 0,
        "estimate_s": estimate,
    }


@mistake(
    "m07_early_stopping",
    misconception="all late ones are discarded",
    loses=[A_STREAM, SHORT, OTHER],
    hint="You threw one latency too many away. Discarded are the slowest but one fewer than may be late.",
)
def all_late_ones_are_discarded(*args, **kwargs):
    found = stopped(*args, **kwargs)
    ordered = np.sort(np.asarray(args[0], dtype=float))
    if found["estimate_s"] < np.inf and found["discarded"] > 0:
        found["discarded"] += 1
        found["estimate_s"] = float(ordered[ordered.size - 1 - found["discarded"]])
    return found


@mistake(
    "m07_early_stopping",
    misconception="the plain percentile",
    loses=[A_STREAM, SHORT, OTHER],
    hint="You report the plain percentile, however short the run. It must be the slowest that the run can vouch for.",
)
def the_plain_percentile(latency_s, percentile, limit_s, confidence=0.99):
    found = stopped(latency_s, percentile, limit_s, confidence)
    ordered = np.sort(np.asarray(latency_s, dtype=float))
    rank = math.ceil(percentile * ordered.size - 1e-9)
    return found | {"discarded": ordered.size - rank, "estimate_s": float(ordered[rank - 1])}


@mistake(
    "m07_early_stopping",
    misconception="a measured share is enough",
    loses=[A_CROWD, OTHER],
    mostly=0.3,
    hint="Your run is long enough as soon as the measured share is. A worse system may show that by luck.",
)
def a_measured_share_is_enough(*args, **kwargs):
    return stopped(*args, **kwargs, tries=False)


@mistake(
    "m07_early_stopping",
    misconception="fewer than, not at most",
    loses=[A_CROWD, A_STREAM, SHORT, OTHER],
    hint="You took the probability of *fewer* late queries than there were. As many count, too.",
)
def fewer_than(*args, **kwargs):
    return stopped(*args, **kwargs, strict=True)


@mistake(
    "m07_early_stopping",
    misconception="on the limit is late",
    loses=[A_CROWD],
    hint="A query that takes exactly the limit is in time.",
)
def on_the_limit_is_late(latency_s, percentile, limit_s, confidence=0.99):
    return stopped(latency_s, percentile, limit_s, confidence, at_limit=confidence == 0.99)


@mistake(
    "m07_early_stopping",
    misconception="an estimate from any run",
    loses=[SHORT],
    hint="A run that is too short for one allowed late query has no estimate: infinity, and nothing is discarded.",
)
def an_estimate_from_any_run(*args, **kwargs):
    return stopped(*args, **kwargs, least=0)


@mistake(
    "m07_early_stopping",
    misconception="always 99 percent sure",
    loses=[OTHER],
    hint="Your run is always 99 % sure. Which argument did you not use?",
)
def always_99_percent_sure(latency_s, percentile, limit_s, confidence=0.99):
    stopped([1.0], percentile, 2.0, min(confidence, 0.99999)) if confidence < 1 else stopped([], 1, 1)
    return stopped(latency_s, percentile, limit_s)


@mistake(
    "m07_early_stopping",
    misconception="nothing is too little",
    loses=[NO_QUERIES],
    hint="No latencies, or a percentile of 90, get an answer of yours.",
)
def nothing_is_too_little(latency_s, percentile, limit_s, confidence=0.99):
    right = 0 < percentile < 1 and 0 < confidence < 1 and len(latency_s)
    if not right:
        return {"over": 0, "missing": 0, "discarded": 0, "estimate_s": np.inf}
    return stopped(latency_s, percentile, limit_s, confidence)


# --- a system of one's own --------------------------------------------------------------------------------------------

BATCHES, FLUSH, AGAIN, NOT_LOADED, MEANWHILE, NO_BATCH = (
    "batches",
    "flush",
    "asked again",
    "not loaded",
    "unloaded meanwhile",
    "no batch",
)


class Search:
    """The right system, to be changed in one thing."""

    least_batch = 1

    def __init__(self, documents, batch_size):
        if batch_size < self.least_batch:
            raise ValueError("no batch")
        self.documents, self.size = np.asarray(documents, dtype=float), max(int(batch_size), 1)
        self.samples, self.queue, self.computed = {}, [], 0

    @property
    def waiting(self):
        return len(self.queue)

    @property
    def batches(self):
        return self.computed

    def load(self, indices, vectors):
        for index, vector in zip(indices, vectors, strict=True):
            self.samples[int(index)] = np.asarray(vector, dtype=float)

    def unload(self, indices):
        for index in indices:
            self.samples.pop(int(index), None)

    def take(self, ids, indices):
        if any(int(index) not in self.samples for index in indices):
            raise ValueError("not loaded")
        for number, index in zip(ids, indices, strict=True):
            self.queue.append((int(number), int(index), self.samples[int(index)]))

    def issue(self, ids, indices):
        self.take(ids, indices)
        answers = []
        while len(self.queue) >= self.size:
            answers += self.compute(self.size)
        return answers

    def flush(self):
        return self.compute(len(self.queue)) if self.queue else []

    def compute(self, count):
        batch, self.queue = self.queue[:count], self.queue[count:]
        self.computed += 1
        return [[number, self.best(index, vector)] for number, index, vector in batch]

    def best(self, _index, vector):
        return int(np.argmax(self.documents @ vector))


@mistake(
    "m07_batching_system",
    misconception="answers carry the index",
    loses=[BATCHES, FLUSH, AGAIN, NOT_LOADED, MEANWHILE],
    hint="Your answers carry the index of the sample. LoadGen knows a query by its id: an index may come twice.",
)
class AnswersCarryTheIndex(Search):
    def compute(self, count):
        indices = [index for _, index, _ in self.queue[:count]]
        return [[index, best] for index, (_, best) in zip(indices, super().compute(count), strict=True)]


@mistake(
    "m07_batching_system",
    misconception="answers are kept",
    loses=[AGAIN],
    hint="Your system remembers answers. That is caching, which the rules forbid, and wrong once samples are replaced.",
)
class AnswersAreKept(Search):
    def __init__(self, documents, batch_size):
        super().__init__(documents, batch_size)
        self.kept = {}

    def best(self, index, vector):
        return self.kept.setdefault(index, super().best(index, vector))


@mistake(
    "m07_batching_system",
    misconception="every call is a batch",
    loses=[BATCHES, FLUSH, AGAIN, MEANWHILE],
    hint="You compute whatever comes, at once. A batch has exactly `batch_size` queries, and waits for them.",
)
class EveryCallIsABatch(Search):
    def issue(self, ids, indices):
        self.take(ids, indices)
        return self.compute(len(self.queue)) if self.queue else []


@mistake(
    "m07_batching_system",
    misconception="one batch a call",
    loses=[BATCHES, AGAIN],
    mostly=0.4,
    hint="After a call with many queries, full batches are still waiting in yours.",
)
class OneBatchACall(Search):
    def issue(self, ids, indices):
        self.take(ids, indices)
        return self.compute(self.size) if len(self.queue) >= self.size else []


@mistake(
    "m07_batching_system",
    misconception="a flush drops what waits",
    loses=[FLUSH],
    hint="After a flush nobody hears of the queries that were waiting. Each must be answered, exactly once.",
)
class AFlushDropsWhatWaits(Search):
    def flush(self):
        self.queue = []
        return []


@mistake(
    "m07_batching_system",
    misconception="a flush is a batch",
    loses=[FLUSH],
    hint="You count a batch even if nothing was waiting.",
)
class AFlushIsABatch(Search):
    def flush(self):
        return self.compute(len(self.queue))


@mistake(
    "m07_batching_system",
    misconception="the known ones are taken",
    loses=[NOT_LOADED],
    hint="If one sample of a call is not loaded, yours takes the others. None of these queries may be taken.",
)
class TheKnownOnesAreTaken(Search):
    def take(self, ids, indices):
        for number, index in zip(ids, indices, strict=True):
            super().take([number], [index])


@mistake(
    "m07_batching_system",
    misconception="samples stay for ever",
    loses=[NOT_LOADED, MEANWHILE],
    hint="What was unloaded can still be asked for in yours. Memory is what a system under test pays for.",
)
class SamplesStayForEver(Search):
    def unload(self, indices):
        pass


@mistake(
    "m07_batching_system",
    misconception="the vector is looked up when it is computed",
    loses=[AGAIN, MEANWHILE],
    hint="You look a vector up when its batch is computed. By then another may be there, or none.",
)
class LookedUpLater(Search):
    def best(self, index, _vector):
        return super().best(index, self.samples[index])


@mistake(
    "m07_batching_system",
    misconception="a batch of none",
    loses=[NO_BATCH],
    hint="A batch of no query is not refused: such a system would never answer, or never end.",
)
class ABatchOfNone(Search):
    least_batch = -100


# --- logs -------------------------------------------------------------------------------------------------------------

IN_A_CROWD, ELSEWHERE, BREACHES, CLAIM, NO_LOG = (
    "missing in a crowd",
    "missing elsewhere",
    "breaches",
    "the claim",
    "no log",
)


def lacking(over, count, beyond):
    """Queries that are missing: with more of them, so many late ones are less and less likely to be luck."""
    return bisect.bisect_left(
        range(1_000_000), True, key=lambda missing: special.bdtr(over, count + missing, beyond) <= 0.01
    )


def audited(detail, *, refuse=True, late=None, offline=24_576, per_query=True, tail=None, duration=600_000,
            believe=None, mode=True, always_eight=False, ordered=True, claim=None):  # fmt: skip
    facts = {}
    for line in detail.splitlines():
        if line.startswith(":::MLLOG "):
            entry = json.loads(line[9:])
            facts[entry["key"]] = entry["value"]
    if "effective_scenario" not in facts:
        if refuse:
            raise ValueError("no log")
        return {"scenario": "", "claimed": False, "missing": 0, "breaches": []}
    scenario, count, missing = facts["effective_scenario"], facts["result_query_count"], 0
    if scenario == "Offline":
        missing = max(0, offline - (facts["generated_samples_per_query"] if per_query else 1) * count)
    else:
        over = facts.get("result_overlatency_query_count") if scenario == "Server" else 1
        over = over if late is None else late(scenario, over)
        beyond = 1 - (facts["effective_target_latency_percentile"] if tail is None else tail)
        missing = lacking(over, count, beyond)
    claimed = facts["result_validity"] == "VALID"
    eight = always_eight or scenario == "MultiStream"
    found = [
        ("duration", facts["effective_min_duration_ms"] < duration),
        ("errors", facts.get("num_errors", 0) > 0),
        ("mode", mode and facts["effective_test_mode"] != "PerformanceOnly"),
        ("queries", missing > 0),
        ("samples_per_query", eight and facts["effective_samples_per_query"] != 8),
    ]
    names = [name for name, wrong in found if wrong]
    if believe is not None:
        names = believe(claimed, names)
    return {
        "scenario": scenario,
        "claimed": claimed if claim is None else claim(claimed, names),
        "missing": missing,
        "breaches": names if ordered else names[::-1],
    }


@mistake(
    "m07_log_audit",
    misconception="VALID is valid",
    loses=[BREACHES],
    hint="You believe the word VALID. It says that the run kept to its own settings, and these are what you audit.",
)
def valid_is_valid(detail):
    return audited(detail, believe=lambda claimed, names: [] if claimed else names)


@mistake(
    "m07_log_audit",
    misconception="a breach unsays the claim",
    loses=[CLAIM],
    hint="`claimed` is what LoadGen said. What you think of it stands in the breaches.",
)
def a_breach_unsays_the_claim(detail):
    return audited(detail, claim=lambda claimed, names: claimed and not names)


@mistake(
    "m07_log_audit",
    misconception="no late query in a stream",
    loses=[ELSEWHERE, BREACHES],
    hint="Your streams need one query too few: for an estimate one must be allowed to be late.",
    mostly=0.2,
)
def no_late_query_in_a_stream(detail):
    return audited(detail, late=lambda scenario, over: over if scenario == "Server" else 0)


@mistake(
    "m07_log_audit",
    misconception="late queries do not matter",
    loses=[IN_A_CROWD, BREACHES],
    mostly=0.7,
    hint="Your crowd needs the same number however many were late.",
)
def late_queries_do_not_matter(detail):
    return audited(detail, late=lambda scenario, over: 0 if scenario == "Server" else over)


@mistake(
    "m07_log_audit",
    misconception="every percentile is the 99th",
    loses=[ELSEWHERE],
    hint="You took the 99th percentile everywhere. The log says which one it was.",
)
def every_percentile_is_the_99th(detail):
    return audited(detail, tail=0.99)


@mistake(
    "m07_log_audit",
    misconception="an offline query is a sample",
    loses=[ELSEWHERE],
    hint="You counted offline queries. A query has many samples there.",
)
def an_offline_query_is_a_sample(detail):
    return audited(detail, per_query=False)


@mistake(
    "m07_log_audit",
    misconception="seconds",
    loses=[BREACHES],
    hint="You compare milliseconds with 600. That are 0.6 s.",
)
def seconds(detail):
    return audited(detail, duration=600)


@mistake(
    "m07_log_audit",
    misconception="eight samples in every query",
    loses=[BREACHES],
    hint="You ask for eight samples in every scenario. They belong to MultiStream.",
)
def eight_samples_in_every_query(detail):
    return audited(detail, always_eight=True)


@mistake(
    "m07_log_audit",
    misconception="an accuracy run counts",
    loses=[BREACHES],
    hint="A run in accuracy mode passes for a performance run.",
)
def an_accuracy_run_counts(detail):
    return audited(detail, mode=False)


@mistake(
    "m07_log_audit",
    misconception="no log is in order",
    loses=[NO_LOG],
    hint="A text that names no scenario is in perfect order in yours. Say that it is no log.",
)
def no_log_is_in_order(detail):
    return audited(detail, refuse=False)


# --- training ---------------------------------------------------------------------------------------------------------

MEAN, NEVER, NO_RESULT, FORTY, NO_RUNS = "the mean", "a run that never arrives", "no result", "forty runs", "no runs"


def olympic(run_minutes, dropped=1, *, refuse=True, keep=None, centre=np.mean):
    runs = np.sort(np.asarray(run_minutes, dtype=float))
    if refuse and (runs.size <= 2 * dropped or np.any(runs <= 0)):
        raise ValueError("no runs")
    kept = runs[dropped : runs.size - dropped] if keep is None else keep(runs, dropped)
    return float(centre(kept)) if kept.size else np.inf


@mistake(
    "m07_olympic_minutes",
    misconception="the plain mean",
    loses=[MEAN, NEVER, FORTY],
    hint="Yours is the mean of all runs. The fastest and the slowest are dropped.",
)
def the_plain_mean(run_minutes, dropped=1):
    return olympic(run_minutes, dropped, keep=lambda runs, _: runs)


@mistake(
    "m07_olympic_minutes",
    misconception="the median",
    loses=[MEAN, NEVER, NO_RESULT, FORTY],
    hint="Yours is the median. That drops all but one or two.",
    mostly=0.7,
)
def the_median(run_minutes, dropped=1):
    return olympic(run_minutes, dropped, centre=np.median)


@mistake(
    "m07_olympic_minutes",
    misconception="only the slowest are dropped",
    loses=[MEAN, NEVER, FORTY],
    hint="You dropped the slowest, and kept the luckiest.",
)
def only_the_slowest(run_minutes, dropped=1):
    return olympic(run_minutes, dropped, keep=lambda runs, k: runs[: runs.size - k])


@mistake(
    "m07_olympic_minutes",
    misconception="runs that never arrive do not count",
    loses=[NEVER, NO_RESULT, FORTY],
    mostly=0.7,
    hint="You left out the runs that never arrive, then dropped a slow one besides. They are the slow ones.",
)
def failures_do_not_count(run_minutes, dropped=1):
    olympic(run_minutes, dropped)
    runs = np.asarray(run_minutes, dtype=float)
    runs = runs[np.isfinite(runs)]
    if runs.size > 2 * dropped:
        return olympic(runs, dropped, refuse=False)
    return float(np.mean(runs)) if runs.size else 0.0


@mistake(
    "m07_olympic_minutes",
    misconception="always one on each side",
    loses=[FORTY],
    hint="You drop one on each side, however many are asked for.",
)
def always_one(run_minutes, dropped=1):
    olympic(run_minutes, dropped)
    return olympic(run_minutes)


@mistake(
    "m07_olympic_minutes",
    misconception="two runs are a result",
    loses=[NO_RUNS],
    hint="Too few runs, or runs that take no time, get a result of yours.",
)
def two_runs_are_a_result(run_minutes, dropped=1):
    runs = np.asarray(run_minutes, dtype=float)
    return olympic(run_minutes, dropped) if runs.size > 2 * dropped and np.all(runs > 0) else float(np.mean(runs))


# --- convergence ------------------------------------------------------------------------------------------------------

LEAST, VERDICT = "the least", "the verdict"


def converged(reference_epochs, submission_epochs, dropped=1, *, refuse=True, ddof=0, share=0.95, drop=True, cut=True,
              normal=False, single=False, inverse=False, all_runs=False):  # fmt: skip
    reference, submission = (np.sort(np.asarray(one, dtype=float)) for one in (reference_epochs, submission_epochs))
    if refuse and min(reference.size, submission.size) <= 2 * dropped:
        raise ValueError("no runs")
    sizes = reference.size, submission.size
    reference = reference[dropped : reference.size - dropped] if drop else reference
    submission = submission[dropped : submission.size - dropped] if cut else submission
    n, m = sizes if all_runs else (reference.size, submission.size)
    mean, deviation = reference.mean(), reference.std(ddof=ddof)
    t = special.ndtri(share) if normal else special.stdtrit(n + m - 2, share)
    least = mean - t * deviation * math.sqrt(1 / m + (0 if single else 1 / n))
    return {
        "mean_epochs": float(mean),
        "least_epochs": float(least),
        "speedup": float(1 - least / mean if inverse else mean / least - 1),
        "passes": bool(submission.mean() >= least),
    }


@mistake(
    "m07_convergence_check",
    misconception="extremes of the reference are kept",
    loses=[MEAN, LEAST, FORTY, VERDICT],
    mostly=0.15,
    hint="Your reference still has its extremes. They are dropped, on both sides of the comparison.",
)
def extremes_of_the_reference(*args, **kwargs):
    return converged(*args, **kwargs, drop=False)


@mistake(
    "m07_convergence_check",
    misconception="extremes of the submission are kept",
    loses=[LEAST, FORTY, VERDICT],
    hint="Your submission still has its extremes: an odd run decides.",
)
def extremes_of_the_submission(*args, **kwargs):
    return converged(*args, **kwargs, cut=False)


@mistake(
    "m07_convergence_check",
    misconception="the deviation of a sample",
    loses=[LEAST, FORTY, VERDICT],
    mostly=0.2,
    hint="You divided by one run less. Here the deviation is that of the runs as they are.",
)
def the_deviation_of_a_sample(*args, **kwargs):
    return converged(*args, **kwargs, ddof=1)


@mistake(
    "m07_convergence_check",
    misconception="two-sided",
    loses=[LEAST, FORTY, VERDICT],
    mostly=0.2,
    hint="Your test has two sides. Only who converges too *fast* is of interest.",
)
def two_sided(*args, **kwargs):
    return converged(*args, **kwargs, share=0.975)


@mistake(
    "m07_convergence_check",
    misconception="the normal distribution",
    loses=[LEAST, FORTY, VERDICT],
    mostly=0.2,
    hint="You took the normal quantile. With so few runs Student's is wider.",
)
def the_normal_distribution(*args, **kwargs):
    return converged(*args, **kwargs, normal=True)


@mistake(
    "m07_convergence_check",
    misconception="the reference is known exactly",
    loses=[LEAST, FORTY, VERDICT],
    mostly=0.2,
    hint="You took the reference's mean as known. It comes from runs as well.",
)
def the_reference_is_known(*args, **kwargs):
    return converged(*args, **kwargs, single=True)


@mistake(
    "m07_convergence_check",
    misconception="the speed-up the other way round",
    loses=[LEAST, FORTY],
    hint="Your speed-up is a share of the mean. It is the mean over the least, less one.",
)
def the_speedup_the_other_way(*args, **kwargs):
    return converged(*args, **kwargs, inverse=True)


@mistake(
    "m07_convergence_check",
    misconception="always one on each side",
    loses=[FORTY],
    hint="You drop one on each side, however many are asked for.",
)
def one_on_each_side(reference_epochs, submission_epochs, dropped=1):
    converged(reference_epochs, submission_epochs, dropped)
    return converged(reference_epochs, submission_epochs)


@mistake(
    "m07_convergence_check",
    misconception="two runs can be compared",
    loses=[NO_RUNS],
    hint="Of two runs nothing is left, and yours compares it.",
)
def two_runs_can_be_compared(reference_epochs, submission_epochs, dropped=1):
    if min(len(reference_epochs), len(submission_epochs)) > 2 * dropped:
        return converged(reference_epochs, submission_epochs, dropped)
    return {"mean_epochs": 1.0, "least_epochs": 1.0, "speedup": 0.0, "passes": False}


# --- utilisation ------------------------------------------------------------------------------------------------------

LARGE, LONG = "large models", "long sequences"


def used(tokens, parameters, layers, heads, size, sequence, chips, peak_flops_per_s, *, each=6, attention=12):
    return tokens * (each * parameters + attention * layers * heads * size * sequence) / (chips * peak_flops_per_s)


def named(function):
    """With the parameters' names of the exercise."""

    def answer(tokens_per_s, parameters, layers, heads, head_size, sequence, chips, peak_flops_per_s):
        return function(tokens_per_s, parameters, layers, heads, head_size, sequence, chips, peak_flops_per_s)

    answer.__name__ = function.__name__
    return answer


@mistake(
    "m07_flops_utilisation",
    misconception="forwards only",
    loses=[LARGE, LONG],
    hint="Two operations a parameter are the way forwards. Training goes backwards, too.",
)
@named
def forwards_only(*args):
    return used(*args, each=2, attention=4)


@mistake(
    "m07_flops_utilisation",
    misconception="recomputation counts",
    loses=[LARGE, LONG],
    hint="You counted the forward pass twice. What is computed again to save memory does not count.",
)
@named
def recomputation_counts(*args):
    return used(*args, each=8, attention=16)


@mistake(
    "m07_flops_utilisation",
    misconception="attention is free",
    loses=[LARGE, LONG],
    mostly=0.5,
    hint="Your attention costs nothing. With long sequences it is the greater part.",
)
@named
def attention_is_free(*args):
    return used(*args, attention=0)


@mistake(
    "m07_flops_utilisation",
    misconception="one chip",
    loses=[LARGE, LONG],
    hint="You hold the rate of all chips against the peak of one.",
)
@named
def one_chip(tokens, parameters, layers, heads, size, sequence, _chips, peak):
    return used(tokens, parameters, layers, heads, size, sequence, 1, peak)


# --- tiers ------------------------------------------------------------------------------------------------------------

RATES, LUCK, EDGES, OF_OFFLINE, NO_SWEEP = "rates", "luck", "edges", "of the offline rate", "no sweep"


def read_off(rate_per_s, ttft_p99_s, tpot_p99_s, tiers, offline_per_s, *, refuse=True, sort=True, both=True,
             all_below=True, strict=False, over=None):  # fmt: skip
    if refuse and (not len(rate_per_s) or offline_per_s <= 0):
        raise ValueError("no sweep")
    rows = list(zip(rate_per_s, ttft_p99_s, tpot_p99_s, strict=True))
    rows = sorted(rows) if sort else rows
    found = []
    for ttft, tpot in tiers.values():
        best = 0.0
        for rate, first, between in rows:
            kept = [first < ttft if strict else first <= ttft, between < tpot if strict else between <= tpot]
            if all(kept) if both else any(kept):
                best = float(rate) if sort else max(best, float(rate))
            elif all_below:
                break
        found.append(best)
    shares = [rate / (offline_per_s if over is None else over(rate_per_s)) for rate in found]
    return {"tier": list(tiers), "rate_per_s": np.array(found), "of_offline": np.array(shares)}


@mistake(
    "m07_tier_rates",
    misconception="one limit is enough",
    loses=[RATES, LUCK, EDGES, OF_OFFLINE],
    hint="Yours keeps one of the two limits. A user wants the first token *and* those that follow.",
)
def one_limit_is_enough(*args):
    return read_off(*args, both=False)


@mistake(
    "m07_tier_rates",
    misconception="the highest that passes",
    loses=[LUCK],
    hint="Yours is the highest rate that passes at all. Beyond a miss a measurement was lucky.",
)
def the_highest_that_passes(*args):
    return read_off(*args, all_below=False)


@mistake(
    "m07_tier_rates",
    misconception="a sweep comes sorted",
    loses=[RATES, LUCK, OF_OFFLINE],
    hint="You read the sweep as it came. The rates are in the order in which they were measured.",
)
def a_sweep_comes_sorted(*args):
    return read_off(*args, sort=False)


@mistake(
    "m07_tier_rates",
    misconception="on the limit is beyond",
    loses=[EDGES],
    hint="A limit that is just met is kept.",
)
def on_the_limit_is_beyond(*args):
    return read_off(*args, strict=True)


@mistake(
    "m07_tier_rates",
    misconception="a share of the fastest sweep",
    loses=[OF_OFFLINE],
    hint="Your shares are of the highest rate of the sweep. They are asked for of the offline rate.",
)
def a_share_of_the_sweep(*args):
    return read_off(*args, over=lambda rates: max(rates))


@mistake(
    "m07_tier_rates",
    misconception="an empty sweep serves nobody",
    loses=[NO_SWEEP],
    hint="Without a sweep, or with a machine that does nothing offline, yours still makes a table.",
)
def an_empty_sweep(rate_per_s, ttft_p99_s, tpot_p99_s, tiers, offline_per_s):
    return read_off(rate_per_s, ttft_p99_s, tpot_p99_s, tiers, offline_per_s or 1.0, refuse=False)
