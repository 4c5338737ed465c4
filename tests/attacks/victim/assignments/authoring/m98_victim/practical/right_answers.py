"""Right answers of the victim, by another way."""

from graders.checks import answer


@answer("m98_total_bytes", by="a loop")
def total_bytes(counts, item_bytes):
    import numpy as np

    total = 0
    for count in np.ravel(counts).tolist():
        if count < 0 or item_bytes <= 0:
            raise ValueError
        total += count * item_bytes
    return total
