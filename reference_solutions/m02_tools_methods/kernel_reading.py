r"""One run of one kernel, read by two methods: against its roof, and by what the core waited for.

Question
    A kernel ran once, and everything was counted. How near is it to what the machine allows, and what do its clocks
    say about the rest?
Model
    .. math:: I = \frac{F}{Q}, \qquad P = \min(P_{\mathrm{peak}}, I B), \qquad r = \frac{F / T}{P}, \qquad
        L_2 + L_3 + D = \frac{C_1}{C}

    Operations :math:`F` and bytes :math:`Q` are counted, not derived from the kernel's shape; :math:`r` is the share
    of its own roof that it reached. Of the clocks stalled with a load that missed level 1, :math:`C_1`, each belongs
    to level 2, level 3 or DRAM.
Assumes
    The counts are of the same run, of all cores that took part, and nobody else used the memory.
Breaks when
    Operations or bytes belong to others too, or vectors run with masked lanes; a share of clocks is set beside a
    share of slots.
Source
    Williams, Waterman, Patterson, CACM 52(4), 2009, pp. 65-76; Intel's perfmon metrics file for SKX, TMA 5.01, and its
    events FP_ARITH_INST_RETIRED and UNC_M_CAS_COUNT.
Oracle
    A triad counted by hand; closed forms for a kernel on its roof; the telescoping sum.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["gemv_roofline", "gemv_waits"]


def gemv_roofline(
    count: Mapping[str, float], elapsed_s: float, peak_flops_per_s: float, bandwidth_bytes_per_s: float
) -> dict[str, float]:
    """Where a kernel of 16-lane vector instructions stands under its roofline.

    Parameters
    ----------
    count : mapping of str to float
        Event -> count: `FP_ARITH_INST_RETIRED.512B_PACKED_SINGLE` (a fused multiply-add counts twice), and
        `UNC_M_CAS_COUNT.RD` and `.WR` (lines of 64 bytes). [1]
    elapsed_s : float
        Time of the run. [s]
    peak_flops_per_s : float
        Peak of the cores that took part. [flop/s]
    bandwidth_bytes_per_s : float
        Peak bandwidth of their memory. [B/s]

    Returns
    -------
    dict of str to float
        `intensity_flops_per_byte`, `attainable_flops_per_s`, and `roof_share`, performance over attainable.

    Examples
    --------
    A thousand vector additions and 100 lines in 2 us, under roofs of 100 Gflop/s and 10 GB/s:

    >>> count = {"FP_ARITH_INST_RETIRED.512B_PACKED_SINGLE": 1000, "UNC_M_CAS_COUNT.RD": 75, "UNC_M_CAS_COUNT.WR": 25}
    >>> gemv_roofline(count, 2e-6, 100e9, 10e9)
    {'intensity_flops_per_byte': 2.5, 'attainable_flops_per_s': 25000000000.0, 'roof_share': 0.32}
    """
    flops = 16 * count["FP_ARITH_INST_RETIRED.512B_PACKED_SINGLE"]
    moved_bytes = 64 * (count["UNC_M_CAS_COUNT.RD"] + count["UNC_M_CAS_COUNT.WR"])
    intensity = flops / moved_bytes
    attainable = min(peak_flops_per_s, intensity * bandwidth_bytes_per_s)
    return {
        "intensity_flops_per_byte": intensity,
        "attainable_flops_per_s": attainable,
        "roof_share": flops / elapsed_s / attainable,
    }


def gemv_waits(count: Mapping[str, float]) -> dict[str, float]:
    """What a kernel's threads waited for beyond their first-level caches, on Skylake-SP.

    Parameters
    ----------
    count : mapping of str to float
        Event -> count; those that `memory_bound_levels` needs. [1]

    Returns
    -------
    dict of str to float
        `l2_bound`, `l3_bound`, `dram_bound`: shares of the clocks. [1]

    Examples
    --------
    >>> stalls = {"L1D_MISS": 50, "L2_MISS": 40, "L3_MISS": 30}
    >>> count = {f"CYCLE_ACTIVITY.STALLS_{name}": clocks for name, clocks in stalls.items()}
    >>> count |= {"CPU_CLK_UNHALTED.THREAD": 100, "L1D_PEND_MISS.FB_FULL:c1": 42}
    >>> count |= {"MEM_LOAD_RETIRED.L2_HIT": 7, "MEM_LOAD_RETIRED.FB_HIT": 5, "MEM_LOAD_RETIRED.L1_MISS": 5}
    >>> {level: round(share, 3) for level, share in gemv_waits(count).items()}
    {'l2_bound': 0.025, 'l3_bound': 0.1, 'dram_bound': 0.375}
    """
    clocks = count["CPU_CLK_UNHALTED.THREAD"]
    beyond_1, beyond_2, beyond_3 = (
        count[f"CYCLE_ACTIVITY.STALLS_{name}_MISS"] / clocks for name in ("L1D", "L2", "L3")
    )
    riders = count["MEM_LOAD_RETIRED.FB_HIT"] / count["MEM_LOAD_RETIRED.L1_MISS"]
    hits = count["MEM_LOAD_RETIRED.L2_HIT"] * (1 + riders)
    l2_bound = hits / (hits + count["L1D_PEND_MISS.FB_FULL:c1"]) * (beyond_1 - beyond_2)
    l3_bound = beyond_2 - beyond_3
    return {"l2_bound": l2_bound, "l3_bound": l3_bound, "dram_bound": beyond_1 - l2_bound - l3_bound}
