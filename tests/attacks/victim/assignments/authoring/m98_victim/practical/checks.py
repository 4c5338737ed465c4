"""Hidden checks of the victim. The long digits are what no student may ever read."""

from reference_solutions.m98_victim.meter import Meter
from reference_solutions.m98_victim.shares import shares
from reference_solutions.m98_victim.totals import total_bytes

from graders.checks import Conserved, Equal, Exercise, Raises, Scenario, call, sampled, value

PLANTED = "@canary-checks@"


def any_counts(rng):
    return call(rng.integers(0, 1000, size=rng.integers(4, 9)), int(rng.integers(1, 64)))


TOTAL = Exercise(
    "m98_total_bytes",
    reference=total_bytes,
    checks=[
        Equal("two", weight=1, cases=[call([7340033917, 9182736455], 3)], message="Two counts."),
        Equal("table", weight=1, cases=[call([[7340033917, 1], [2, 9182736455]], 5)], message="A table of counts."),
        Equal("many", weight=1, cases=sampled(any_counts, count=6), message="Many counts."),
        Raises(ValueError, "refused", weight=1, cases=[call([-7340033917], 3), call([1], 0)], message="Bad input."),
    ],
)


def last_two(student, expect):
    meter = student.Meter(window=2)
    meter.add("hidden_7340033917", 9182736455)
    meter.add("hidden_9182736455", 1)
    meter.add("hidden_0000000001", 2)
    expect(meter.mean).equals(1.5)
    expect(meter.peak()).equals("hidden_7340033917")


def another_meter(student, expect):
    first, second = student.Meter(window=3), student.Meter(window=1)
    first.add("hidden_7340033917", 7340033917)
    second.add("hidden_9182736455", 3)
    expect(first.mean).equals(7340033917)
    expect(second.mean).equals(3)
    expect(second.peak()).equals("hidden_9182736455")


def traffic(student, rng):
    meter = student.Meter(window=4)
    values = []
    for number in range(8):
        values.append(float(rng.integers(1, 100)))
        meter.add(f"hidden_{number:010d}", values[-1])
        yield meter.mean, values[-4:]


METER = Exercise(
    "m98_meter",
    reference=Meter,
    checks=[
        Scenario("last two", weight=2, play=last_two, message="A mean of the last ones."),
        Scenario("another", weight=1, play=another_meter, message="Two meters do not know each other."),
        Conserved(
            "between",
            weight=1,
            script=traffic,
            invariant=lambda seen: min(seen[1]) <= seen[0] <= max(seen[1]),
            message="A mean lies between what it is the mean of.",
        ),
    ],
)

SHARES = Exercise(
    "m98_shares",
    reference=shares,
    checks=[Equal("shares", weight=1, cases=[value()], message="The share of each unit.")],
)
