"""Moving data, practical: what must hold of the answers. Only this side sees it."""

from graders.checks import Equal, Exercise, Raises, call, sampled
from reference_solutions.m00_template.transfer import transfer_s


def any_sizes(rng):
    """Replace: inputs that each student gets anew."""
    return call(10 ** rng.uniform(0, 9, size=4), 10 ** rng.uniform(-6, -4), 10 ** rng.uniform(9, 11))


TRANSFER = Exercise(
    "m00_transfer_s",
    reference=transfer_s,
    checks=[
        Equal("one message", weight=1, cases=[call(1e9, 1e-6, 1e10)], message="A message that the notebook shows."),
        Equal("many messages", weight=2, cases=sampled(any_sizes, count=10), message="Messages of many sizes at once."),
        Raises(ValueError, "negative sizes", weight=1, cases=[call(-1, 1e-6, 1e10)], message="Impossible sizes."),
    ],
)
