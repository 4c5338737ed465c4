"""What students really write in module 1's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import mistake

# --- what a load moves ------------------------------------------------------------------------------------------------

STRIDES, SHARED, OFF, MANY = "strides and starts", "shared sectors", "lanes that are off", "many warps"
REFUSED = "impossible loads"


def checked(addresses, access_bytes, active):
    """Addresses and active lanes, refused as they should be."""
    where = np.asarray(addresses)
    on = np.broadcast_to(np.asarray(active, dtype=bool), where.shape)
    if where.shape[-1] != 32 or access_bytes not in (1, 2, 4, 8, 16) or np.any(on & (where % access_bytes > 0)):
        raise ValueError("no such load")
    return where, on


def warp_by_warp(where, on, count):
    """What `count` makes of the active addresses of each warp."""
    flat = [count(row[mask]) for row, mask in zip(where.reshape(-1, 32), on.reshape(-1, 32), strict=True)]
    return np.asarray(flat).reshape(where.shape[:-1])


@mistake(
    "m01_warp_sectors",
    misconception="a sector for each lane",
    loses=[STRIDES, SHARED, OFF, MANY],
    hint="You counted a sector for each lane. Neighbours that lie in the same sector share it.",
)
def one_each(addresses, access_bytes, active=True):
    return warp_by_warp(*checked(addresses, access_bytes, active), len)


@mistake(
    "m01_warp_sectors",
    misconception="what is asked for, rounded up",
    loses=[STRIDES, SHARED, OFF, MANY],
    hint="You divided the bytes that are asked for by 32. It matters where they lie, not only how many they are.",
)
def asked_for(addresses, access_bytes, active=True):
    where, on = checked(addresses, access_bytes, active)
    return warp_by_warp(where, on, lambda own: -(-access_bytes * own.size // 32))


@mistake(
    "m01_warp_sectors",
    misconception="all from the first to the last",
    loses=[STRIDES, SHARED, OFF],
    hint="Between the first and the last address there may be sectors that nobody touches. They are not moved.",
)
def whole_span(addresses, access_bytes, active=True):
    where, on = checked(addresses, access_bytes, active)
    return warp_by_warp(where, on, lambda own: own.max() // 32 - own.min() // 32 + 1 if own.size else 0)


@mistake(
    "m01_warp_sectors",
    misconception="every lane takes part",
    loses=[OFF, MANY],
    hint="A lane that is switched off wants nothing: neither what it points to counts, nor whether it is aligned.",
)
def all_lanes(addresses, access_bytes, active=True):
    where, on = checked(addresses, access_bytes, True)
    return warp_by_warp(where, on, lambda own: np.unique(own // 32).size)


@mistake(
    "m01_warp_sectors",
    misconception="lines for sectors",
    loses=[STRIDES, SHARED, OFF, MANY],
    hint="You moved whole lines of 128 bytes. Each of their four sectors is moved only if somebody touches it.",
)
def whole_lines(addresses, access_bytes, active=True):
    where, on = checked(addresses, access_bytes, active)
    return warp_by_warp(where, on, lambda own: 4 * np.unique(own // 128).size)


@mistake(
    "m01_warp_sectors",
    misconception="all warps together",
    loses=[MANY],
    hint="You counted the sectors of all warps in one. Each warp's load is on its own.",
)
def together(addresses, access_bytes, active=True):
    where, on = checked(addresses, access_bytes, active)
    return np.unique(where[on] // 32).size


@mistake(
    "m01_warp_sectors",
    misconception="hardware takes anything",
    loses=[REFUSED],
    hint="An access that is not aligned, or a size that does not exist, must be refused with ValueError.",
)
def takes_anything(addresses, access_bytes, active=True):
    where = np.asarray(addresses)
    on = np.broadcast_to(np.asarray(active, dtype=bool), where.shape)
    sectors = np.sort(np.where(on, where // 32, -1), axis=-1)
    return np.sum(np.diff(sectors, axis=-1, prepend=-1) > 0, axis=-1)


# --- what is under way ------------------------------------------------------------------------------------------------

MOVED, USED, TIME = "what is moved", "what is used", "time"


def flown(versions, gpu, in_flight, peak=True, used=None, spread=True):
    """The table from the bytes under way on one multiprocessor; arguments change one decision each."""
    peak_bytes_per_s = gpu["bandwidth_bytes_per_s"]
    moved = (gpu["multiprocessors"] if spread else 1) * in_flight / gpu["latency_s"]
    moved = np.minimum(moved, peak_bytes_per_s) if peak else moved
    asked = np.asarray(versions["access_bytes"]) / np.asarray(versions["sectors"])
    used = asked if used is None else used
    return {
        "moved_bytes_per_s": moved,
        "busy_share": moved / peak_bytes_per_s,
        "used_share": used,
        "time_s": np.asarray(versions["needed_bytes"]) / (moved * used),
    }


def under_way(versions, **other):
    """Bytes on one multiprocessor; what is given takes a column's place."""
    column = {name: np.asarray(versions[name]) for name in versions if name != "version"} | other
    return column["blocks"] * column["warps"] * column["loads"] * column["sectors"] * 32


@mistake(
    "m01_decode_flight",
    misconception="the memory has no peak",
    loses=[MOVED, TIME],
    hint="One of your versions moves more than the memory can deliver. Little's law is one limit, the peak the other.",
)
def no_peak(versions, gpu):
    return flown(versions, gpu, under_way(versions), peak=False)


@mistake(
    "m01_decode_flight",
    misconception="what is asked for is what is moved",
    loses=[MOVED, USED, TIME],
    hint="You put under way what the lanes ask for. The memory moves whole sectors, wanted or not.",
)
def asked_is_moved(versions, gpu):
    asked = np.asarray(versions["access_bytes"])
    return flown(versions, gpu, under_way(versions, sectors=asked), used=np.ones(len(asked)))


@mistake(
    "m01_decode_flight",
    misconception="one multiprocessor",
    loses=[MOVED, TIME],
    hint="These are the bytes that one multiprocessor has under way. The GPU has many of them.",
)
def one_multiprocessor(versions, gpu):
    return flown(versions, gpu, under_way(versions), spread=False)


@mistake(
    "m01_decode_flight",
    misconception="loads wait for each other",
    loses=[MOVED, TIME],
    hint="A warp that has three loads under way has three times as many bytes under way. You counted one.",
)
def one_load(versions, gpu):
    return flown(versions, gpu, under_way(versions, loads=1))


@mistake(
    "m01_decode_flight",
    misconception="a busy memory is a useful one",
    loses=[TIME],
    hint="You let all that is moved count. Of some versions' traffic, an eighth is what the kernel needs.",
)
def all_is_useful(versions, gpu):
    table = flown(versions, gpu, under_way(versions))
    return table | {"time_s": np.asarray(versions["needed_bytes"]) / table["moved_bytes_per_s"]}


@mistake(
    "m01_decode_flight",
    misconception="one sector a lane",
    loses=[USED, TIME],
    hint="You held what one lane asks for against one sector. Take the whole warp: 32 lanes, and all of its sectors.",
)
def of_one_sector(versions, gpu):
    return flown(versions, gpu, under_way(versions), used=np.asarray(versions["access_bytes"]) / 32)
