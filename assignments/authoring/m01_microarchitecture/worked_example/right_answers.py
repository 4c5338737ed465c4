"""Right answers of module 1's worked example by other ways, written from the released notebook alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graders.checks import answer


@answer("m01_warp_sectors", by="sets, warp by warp and byte by byte")
def sectors_by_sets(addresses, access_bytes, active=True):
    where = np.asarray(addresses)
    if where.ndim == 0 or where.shape[-1] != 32:
        raise ValueError("32 lanes")
    if access_bytes not in {1, 2, 4, 8, 16}:
        raise ValueError("no such access")
    on = np.broadcast_to(active, where.shape)
    counts = []
    for warp, lanes in zip(where.reshape(-1, 32).tolist(), on.reshape(-1, 32).tolist(), strict=True):
        touched = set()
        for address, takes_part in zip(warp, lanes, strict=True):
            if not takes_part:
                continue
            if address % access_bytes:
                raise ValueError("not aligned")
            touched.update(byte // 32 for byte in range(address, address + access_bytes))
        counts.append(len(touched))
    return np.array(counts).reshape(where.shape[:-1])


@answer("m01_decode_flight", by="times first: the longer of two")
def flight_by_times(versions, gpu):
    found = []
    for row in range(len(versions["sectors"])):
        of = {name: versions[name][row] for name in versions}
        load_bytes = 32 * of["sectors"]
        asked_bytes = 32 * of["access_bytes"]
        loads = of["needed_bytes"] / asked_bytes  # of a warp, in all
        at_a_time = gpu["multiprocessors"] * of["blocks"] * of["warps"] * of["loads"]
        by_latency_s = loads / at_a_time * gpu["latency_s"]
        by_peak_s = loads * load_bytes / gpu["bandwidth_bytes_per_s"]
        time_s = max(by_latency_s, by_peak_s)
        found.append((loads * load_bytes / time_s, by_peak_s / time_s, asked_bytes / load_bytes, time_s))
    return pd.DataFrame(found, columns=["moved_bytes_per_s", "busy_share", "used_share", "time_s"])
