"""Moving data, worked example: what must hold of the variables that students set."""

import csv
from pathlib import Path

from graders.checks import Equal, Exercise, value
from reference_solutions.m00_template.transfer import faster_link

# What the notebook's variables hold, for references and answers that name them as parameters.
with (Path(__file__).parents[1] / "data" / "links.csv").open() as file:
    LINKS = {
        row["link"]: (float(row["latency_s"]), float(row["bandwidth_bytes_per_s"])) for row in csv.DictReader(file)
    }
GIVEN = {"links": LINKS, "small_bytes": 1_000, "large_bytes": 100_000_000}

FASTER = Exercise(
    "m00_faster_link",
    reference=faster_link,
    given=GIVEN,
    checks=[
        Equal("small", weight=1, cases=[value()], part=lambda found: found["small"], message="For a small message."),
        Equal("large", weight=1, cases=[value()], part=lambda found: found["large"], message="For a large message."),
    ],
)
