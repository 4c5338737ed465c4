"""Known mistakes of the victim."""

import numpy as np

from graders.checks import mistake


@mistake(
    "m98_total_bytes",
    misconception="counts the counts",
    loses=["two", "table", "many", "refused"],
    hint="Multiply by the size of an item.",
)
def counted(counts, item_bytes):
    return int(np.sum(counts))
