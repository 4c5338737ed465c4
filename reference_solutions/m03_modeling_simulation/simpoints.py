r"""Estimates from simulation points: one statistics file, a dump for each point, and the points' weights.

Question
    Three intervals of a program were simulated in detail, out of three thousand. What is the whole program's CPI?
Model
    .. math:: \widehat{CPI} = \sum_i w_i \frac{C_i}{N_i}, \qquad
        \widehat{MPKI} = 1000 \sum_i w_i \frac{M_i}{N_i}, \qquad
        \hat r = \frac{\sum_i w_i\, h_i / N_i}{\sum_i w_i\, b_i / N_i}

    A point stands for the share :math:`w_i` of the program's *instructions*. What is counted per instruction is
    averaged with these weights; a ratio of two counts (row hits :math:`h` per read burst :math:`b`) is the ratio of two
    averages.
Assumes
    Intervals of (nearly) equal length in instructions, each well warmed before its dump.
Breaks when
    A file is cut off, a statistic is missing or `nan` (0 divided by 0), or the dumps are not the points: then any
    number is worse than none, and the reader refuses.
Source
    gem5's documentation, "Understanding gem5 statistics and output", for the file's form; SimPoint writes a line
    with weight and cluster for each point. SimPoint: Sherwood, Perelman, Hamerly, Calder, "Automatically characterizing
    large scale program behavior", ASPLOS 2002.
Oracle
    Files written from drawn counts, and the same estimate from the counts; corrupted files are refused.
"""

from __future__ import annotations

__all__ = ["simpoint_estimate"]


def simpoint_estimate(stats_text: str, weights_text: str) -> dict[str, float]:
    r"""Whole-program estimates from a statistics file in gem5's format and a file of weights in SimPoint's.

    Parameters
    ----------
    stats_text : str
        Dumps, one for each point, in the order of the weights. A dump lies between the lines `Begin Simulation
        Statistics` and `End Simulation Statistics`; its lines hold a name, a value, and a remark after a number sign.
    weights_text : str
        A line for each point: its weight, and the number of its cluster.

    Returns
    -------
    dict of str to float
        `cpi`, from `system.cpu.numCycles` and `simInsts`; `l2_mpki`, from `system.l2.overallMisses::total`;
        `row_hit_share`, from `system.mem_ctrls.dram.readRowHits` and `readBursts`; shares as such. [1]

    Raises
    ------
    ValueError
        If a dump has no end, there are not as many dumps as weights, weights do not add up to 1 within a thousandth, a
        statistic is missing or no finite number, or no instruction was simulated.

    Examples
    --------
    >>> lines = ["simInsts 1000", "system.cpu.numCycles 1500", "system.l2.overallMisses::total 4"]
    >>> lines += ["system.mem_ctrls.dram.readBursts 4", "system.mem_ctrls.dram.readRowHits 3 # of them (Count)"]
    >>> dump = "- Begin Simulation Statistics -\n" + "\n".join(lines) + "\n- End Simulation Statistics -\n"
    >>> simpoint_estimate(dump, "1.0 0")
    {'cpi': 1.5, 'l2_mpki': 4.0, 'row_hit_share': 0.75}
    """
    dumps: list[dict[str, str]] = []
    inside = False
    for line in stats_text.splitlines():
        if "Begin Simulation Statistics" in line or "End Simulation Statistics" in line:
            if inside == ("Begin" in line):
                raise ValueError("a dump begins before the last one has ended, or ends before it begins")
            inside = not inside
            if inside:
                dumps.append({})
        elif inside and len(line.split("#")[0].split()) > 1:
            name, found = line.split("#")[0].split()[:2]
            dumps[-1][name] = found
    weights = [float(line.split()[0]) for line in weights_text.splitlines() if line.strip()]
    if inside or len(dumps) != len(weights) or not abs(sum(weights) - 1) <= 1e-3:
        raise ValueError("a dump without an end, or weights that do not fit the dumps")
    names = ["simInsts", "system.cpu.numCycles", "system.l2.overallMisses::total"]
    names += [f"system.mem_ctrls.dram.{name}" for name in ("readRowHits", "readBursts")]
    sums = dict.fromkeys(names, 0.0)
    for weight, dump in zip(weights, dumps, strict=True):
        counts = {name: float(dump.get(name, "nan")) for name in names}
        if not all(abs(count) < float("inf") for count in counts.values()) or not counts["simInsts"] > 0:
            raise ValueError("a statistic is missing or no number, or nothing was simulated")
        for name in names:
            sums[name] += weight * counts[name] / counts["simInsts"]
    return {
        "cpi": sums["system.cpu.numCycles"],
        "l2_mpki": 1000 * sums["system.l2.overallMisses::total"],
        "row_hit_share": sums["system.mem_ctrls.dram.readRowHits"] / sums["system.mem_ctrls.dram.readBursts"],
    }
