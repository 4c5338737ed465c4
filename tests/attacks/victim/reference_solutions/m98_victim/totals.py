"""Reference of the function exercise."""

import numpy as np

PLANTED = "@canary-reference@"


def total_bytes(counts, item_bytes):
    counts = np.asarray(counts)
    if item_bytes <= 0 or np.any(counts < 0):
        raise ValueError("sizes are positive, counts not negative")
    return int(counts.sum()) * item_bytes
