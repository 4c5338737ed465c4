"""Moving data, practical: right answers by another way than the reference, written from the released notebook alone."""

import numpy as np

from graders.checks import answer


@answer("m00_transfer_s", by="message after message")
def in_a_loop(size_bytes, latency_s, bandwidth_bytes_per_s):
    if np.min(size_bytes) < 0:
        raise ValueError("no message is smaller than nothing")
    if np.ndim(size_bytes) == 0:
        return latency_s + size_bytes / bandwidth_bytes_per_s
    return [latency_s + size / bandwidth_bytes_per_s for size in size_bytes]
