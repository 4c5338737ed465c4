"""Right answers of module 1's novel scenario by other ways, written from the released notebook alone."""

from __future__ import annotations

import math

import pandas as pd

from graders.checks import answer


def costs_extent_by_extent(scenario):
    """Latency, bandwidth and time of each policy: accesses sent one extent after the other."""
    server, touched = scenario["server"], scenario["touched_by"]
    rows = []
    for policy in ("first_touch", "interleave", "bind"):
        waited, at_memory, on_link, number = [0.0] * 4, [0.0] * 4, {}, 0
        for extent, users in enumerate(scenario["accesses"]):
            home = {"first_touch": touched[extent], "interleave": extent % 4, "bind": server["bind_node"]}[policy]
            for node, count in enumerate(users):
                waited[node] += count * server["latency_s"][node][home]
                at_memory[home] += count
                number += count
                if node != home:
                    on_link[node, home] = on_link.get((node, home), 0) + count
        lines_s = [count / server["memory_bytes_per_s"][node] for node, count in enumerate(at_memory)]
        lines_s += [count / server["link_bytes_per_s"][node][home] for (node, home), count in on_link.items()]
        allowed = number / max(lines_s)
        run_s = max(max(waited) / server["outstanding"], server["line_bytes"] * number / allowed)
        rows.append((policy, sum(waited) / number, allowed, run_s))
    return pd.DataFrame(rows, columns=["policy", "latency_s", "bytes_per_s", "run_s"])


@answer("m01_placement_costs", by="extent by extent, in plain loops")
def placement_costs_by_loops(scenario):
    return costs_extent_by_extent(scenario)


@answer("m01_deployment_plan", by="blocks that are put on one after the other, and a template")
def plan_by_filling(scenario):
    gpu = scenario["gpu"]
    best = None
    for one in scenario["launches"]:
        warps = math.ceil(one["threads"] / 32)
        registers = math.ceil(one["registers"] / 8) * 256
        grain = gpu["shared_granularity_bytes"]
        shared = math.ceil((one["shared_bytes"] + gpu["reserved_shared_bytes_per_block"]) / grain) * grain

        def misses(blocks, warps=warps, registers=registers, shared=shared):
            """What lacks for so many blocks."""
            return [
                *["warps"] * (blocks * warps > gpu["max_warps"]),
                *["blocks"] * (blocks > gpu["max_blocks"]),
                *["registers"] * (math.ceil(blocks * warps / 4) > gpu["registers"] // 4 // registers),
                *["shared_memory"] * (blocks * shared > gpu["shared_bytes"]),
            ]

        blocks = 0
        while not misses(blocks + 1):
            blocks += 1
        threads = gpu["multiprocessors"] * blocks * one["threads"]
        rate = threads * one["loads"] * one["access_bytes"] / gpu["latency_s"]
        share = min(1, rate / gpu["bandwidth_bytes_per_s"])
        if best is None or share > best[0]:
            best = share, one["launch"], blocks, misses(blocks + 1)
    share, letter, blocks, limited = best
    costs = costs_extent_by_extent(scenario).sort_values("run_s").iloc[0]
    limited_by = ", ".join(f'"{name}"' for name in limited)
    return f"""
    {{"launch": {{"busy_share": {share!r}, "blocks": {blocks}, "launch": "{letter}", "limited_by": [{limited_by}]}},
      "placement": {{"run_s": {float(costs["run_s"])!r}, "policy": "{costs["policy"]}"}}}}
    """
