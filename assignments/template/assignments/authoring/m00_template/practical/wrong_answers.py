"""Moving data, practical: what students really write. Each loses exactly the checks that it names."""

import numpy as np

from graders.checks import mistake


@mistake(
    "m00_transfer_s",
    misconception="a transfer is its bandwidth",
    loses=["one message", "many messages"],
    hint="A single byte takes no time in your answer. What does it wait for?",
)
def without_latency(size_bytes, latency_s, bandwidth_bytes_per_s):
    refuse(size_bytes)
    return np.asarray(size_bytes) / bandwidth_bytes_per_s


@mistake(
    "m00_transfer_s",
    misconception="bits for bytes",
    loses=["one message", "many messages", "negative sizes"],
    hint="Eight times too slow: the bandwidth is in bytes already.",
)
def bits_for_bytes(size_bytes, latency_s, bandwidth_bytes_per_s):
    return latency_s + 8 * np.asarray(size_bytes) / bandwidth_bytes_per_s


@mistake(
    "m00_transfer_s",
    misconception="one time for all",
    loses=["many messages"],
    hint="You added the messages up; each of them has a time of its own.",
)
def added_up(size_bytes, latency_s, bandwidth_bytes_per_s):
    refuse(size_bytes)
    return latency_s + np.sum(size_bytes) / bandwidth_bytes_per_s


def refuse(size_bytes):
    if np.any(np.asarray(size_bytes) < 0):
        raise ValueError("a size is negative")
