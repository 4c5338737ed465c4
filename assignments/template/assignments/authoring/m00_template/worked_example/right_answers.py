"""Moving data, worked example: a right answer by another way."""

from graders.checks import answer


@answer("m00_faster_link", by="the size at which both are equal")
def by_the_break_even_size(links, small_bytes, large_bytes):
    (near, (near_latency_s, near_rate)), (far, (far_latency_s, far_rate)) = sorted(
        links.items(), key=lambda one: one[1]
    )
    equal_bytes = (far_latency_s - near_latency_s) / (1 / near_rate - 1 / far_rate)
    return {"small": near if small_bytes < equal_bytes else far, "large": near if large_bytes < equal_bytes else far}
