"""Moving data, novel scenario: what must hold of each student's own answer, and of all scenarios together."""

from graders.checks import Decision, Equal, Exercise, value
from reference_solutions.m00_template.transfer import link_choice, transfer_s


def totals_s(scenario):
    """Seconds over each link, the fastest first."""
    return sorted(sum(transfer_s(scenario["sizes_bytes"], latency_s, rate)) for _, latency_s, rate in scenario["links"])


# Over a thousand students the right link is faster by half, and the same one for 60 % of them at most.
FASTEST = Decision(
    "the faster link",
    right=lambda scenario: link_choice(scenario)["link"],
    margin=lambda scenario: totals_s(scenario)[1] / totals_s(scenario)[0] - 1,
    at_least=0.5,
    most=0.6,
)

CHOICE = Exercise(
    "m00_link_choice",
    reference=link_choice,
    personal=True,
    checks=[
        Equal("link", weight=2, cases=[value()], part=lambda found: found["link"], message="The link that you take."),
        Equal("time", weight=2, cases=[value()], part=lambda found: found["total_s"], message="Time of all messages."),
    ],
)
